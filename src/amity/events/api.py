"""The door of room `events`."""

from amity.events.facts import EventFacts, facts
from amity.events.log import append_batch
from amity.events.timeline import EventView, Subject, Timeline, kinds_of, timeline
from amity.events.webhooks import TOPICS, publish, publish_many

__all__ = [
    "TOPICS",
    "EventFacts",
    "EventView",
    "Subject",
    "Timeline",
    "append_batch",
    "facts",
    "kinds_of",
    "publish",
    "publish_many",
    "timeline",
]
