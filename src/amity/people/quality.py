"""Data quality, for other rooms: kinds of problems, the log of corrections, and what a base says about itself."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import connection

from amity.access import api as access
from amity.people import quality_decay, quality_log
from amity.people.called import Asking
from amity.people.models import Company, Person
from amity.people.places import country_code
from amity.people.profiles import PersonView
from amity.people.quality_apply import (
    Outcome,
    accept,
    make_rule,
    many,
    refuse,
    retire_rule,
    reverse,
    run_rules,
    visible,
)
from amity.people.quality_doubts import to_confirm
from amity.people.quality_kinds import Found, Kind, Noun, Row, kinds, noun, nouns, plain, register
from amity.people.quality_marks import ABOUT, LABELS
from amity.people.quality_scan import look_again, scan
from amity.people.quality_weekly import unseen as unseen_week
from amity.people.quality_world import companies as _companies
from amity.people.quality_world import company_key, source_of, sources

_NUMBER = re.compile(r"^[A-Za-z]{0,8}[\-_:#]?\d[\d\-]*$")  # C-90001: what an order or deal called it


def companies_by_key() -> dict[str, UUID | None]:
    """Companies by `company_key` of their name; None where several share it. 1 query."""
    with connection.cursor() as cursor:
        return _companies(cursor)[0]


def shells(ids: Iterable[UUID | None]) -> set[UUID]:
    """Those of these people of whom neither name nor address is known. 1 query."""
    rows = Person.objects.filter(pk__in={i for i in ids if i}, email="", phone="", display_name="", given_name="")
    return set(rows.filter(family_name="").values_list("pk", flat=True))


def company_shells(ids: Iterable[UUID | None]) -> set[UUID]:
    """Those of these companies that are only a number of another system. 1 query."""
    rows = Company.objects.filter(pk__in={i for i in ids if i}, domain="", email="", phone="", city="")
    return {pk for pk, name in rows.values_list("pk", "name") if not name or _NUMBER.match(name)}


def panel(principal: access.Principal, person: PersonView) -> Asking[dict[str, Any]]:
    """What the page of a person shows: values in doubt and open proposals. 3 queries."""
    standings = quality_decay.of_view(person)
    held = {each.field for each in standings}
    return {
        "standings": standings,
        "signals": [(one, LABELS[one]) for one, about in ABOUT.items() if held & set(about)],
        "open_fixes": (yield from quality_log.open_about(person.id)),
        "may_edit": principal.may("people.edit"),
        "person_id": person.id,
    }


__all__ = [
    "Found",
    "Kind",
    "Noun",
    "Outcome",
    "Row",
    "accept",
    "companies_by_key",
    "company_key",
    "company_shells",
    "country_code",
    "kinds",
    "look_again",
    "make_rule",
    "many",
    "noun",
    "nouns",
    "panel",
    "plain",
    "refuse",
    "register",
    "retire_rule",
    "reverse",
    "run_rules",
    "scan",
    "shells",
    "source_of",
    "sources",
    "to_confirm",
    "unseen_week",
    "visible",
]
