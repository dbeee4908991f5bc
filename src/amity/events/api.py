"""The door of room `events`."""

from amity.events.facts import EventFacts, facts

__all__ = ["EventFacts", "facts"]
