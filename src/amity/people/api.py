"""The door of room `people`."""

from amity.people.readiness import ProfileFacts, facts

__all__ = ["ProfileFacts", "facts"]
