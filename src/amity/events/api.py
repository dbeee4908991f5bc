"""The door of room `events`."""

from amity.events.facts import EventFacts, facts
from amity.events.log import append_batch
from amity.events.timeline import KINDS, EventView, Subject, Timeline, timeline
from amity.events.webhooks import TOPICS, publish, publish_many

__all__ = [
    "KINDS",
    "TOPICS",
    "EventFacts",
    "EventView",
    "Subject",
    "Timeline",
    "append_batch",
    "facts",
    "publish",
    "publish_many",
    "timeline",
]
