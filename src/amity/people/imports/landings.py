"""The landings of this room, registered with their nouns."""

from __future__ import annotations

from dataclasses import replace

from amity.people.imports.land_activities import Activities
from amity.people.imports.land_companies import Companies
from amity.people.imports.land_people import People
from amity.people.imports.land_staff import Staff
from amity.people.imports.nouns import ACTIVITY, COMPANY, PERSON, STAFF, register


def register_landings() -> None:
    """Called once when the room starts."""
    register(replace(STAFF, land=Staff()))
    register(replace(COMPANY, land=Companies()))
    register(replace(PERSON, land=People()))
    register(replace(ACTIVITY, land=Activities()))
