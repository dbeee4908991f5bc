"""The door of room `events`."""

from amity.events.facts import EventFacts, facts
from amity.events.log import append_batch
from amity.events.timeline import KINDS, EventView, Subject, Timeline, timeline

__all__ = [
    "KINDS",
    "EventFacts",
    "EventView",
    "Subject",
    "Timeline",
    "append_batch",
    "facts",
    "timeline",
]
