"""The text that people and companies are found by, and the exact keys that show that two rows are the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import phonenumbers
from django.db.models import Case, IntegerField, Q, Value, When
from django.db.models.functions import Coalesce

from amity.access import api as access
from amity.base.searching import prefix_query, search_text, words_of
from amity.people.models import LISTED, Company, Identifier, Person
from amity.people.profiles import NAME_FIELDS, told_name

MAX_LOOKALIKES = 5
MAX_SUGGESTED = 10
_LOOKED_AT = 1_000  # matches that are ranked


@dataclass(frozen=True, slots=True)
class Suggested:
    """A company to choose."""

    id: UUID
    name: str
    city: str


def person_search(values: Mapping[str, Any], company: str = "") -> str:
    """What a person is found by: names, e-mail, phone, company, job title, city, source."""
    words = ("display_name", "given_name", "middle_name", "family_name", "email", "job_title", "city", "source")
    return search_text([*(values.get(name) for name in words), company], [values.get("phone")])


def company_search(values: Mapping[str, Any]) -> str:
    """What a company is found by: name, domain, e-mail, phone, industry, city."""
    words = ("name", "domain", "email", "industry", "city")
    return search_text([values.get(name) for name in words], [values.get("phone")])


def normal_email(text: str) -> str:
    """An e-mail address as it is compared: trimmed, lower case."""
    return text.strip().lower()


def normal_phone(text: str, country: str = "") -> str:
    """E.164 where the number is valid (``country``: ISO code for national numbers), else the text as typed."""
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return text.strip()
    if not phonenumbers.is_possible_number(number):
        return text.strip()
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def lookalikes(principal: access.Principal, email: str, phone: str, but: UUID | None = None) -> list[tuple[UUID, str]]:
    """People that the principal sees with exactly this e-mail or phone among their identifiers. 1 query."""
    keys = Q(pk__in=[])
    if email.strip():
        keys |= Q(kind="email", value=normal_email(email))
    if phone.strip():
        keys |= Q(kind="phone", value=normal_phone(phone))
    same = Identifier.objects.filter(keys).values(found=Coalesce("person__merged_into_id", "person_id"))
    rows = Person.objects.filter(access.rows_of(principal), LISTED, pk__in=same).exclude(pk=but or UUID(int=0))
    return [(row["pk"], told_name(row)) for row in rows.values("pk", *NAME_FIELDS)[:MAX_LOOKALIKES]]


def company_called(principal: access.Principal, name: str) -> UUID | None:
    """The company of exactly this name (upper or lower case), if the principal sees one. 1 query."""
    words = prefix_query(name)
    if words is None:
        return None
    rows = Company.objects.filter(
        access.rows_of(principal), search_vector=words, name__iexact=name.strip(), archived_at=None
    )
    return rows.order_by("created_at").values_list("pk", flat=True).first()


def companies_like(principal: access.Principal, typed: str) -> list[Suggested]:
    """At most ten companies in sight that have all these words: first those that begin so, then by name. 1 query."""
    words = prefix_query(typed)
    if words is None:
        return []
    rows = Company.objects.filter(access.rows_of(principal), archived_at=None, search_vector=words)
    begins = When(search__startswith=" ".join(words_of(typed)), then=Value(0))
    rank = Case(begins, default=Value(1), output_field=IntegerField())
    found = Company.objects.filter(pk__in=rows.order_by().values("pk")[:_LOOKED_AT]).order_by(rank, "name", "pk")
    return [Suggested(*row) for row in found.values_list("pk", "name", "city")[:MAX_SUGGESTED]]


def company_meant(principal: access.Principal, name: str, picked: UUID | None) -> UUID | None:
    """The company chosen from the suggestions while its name stands there, else the one of that name. 1-2 queries."""
    rows = Company.objects.filter(access.rows_of(principal), pk=picked, archived_at=None) if picked else None
    if rows is not None and (rows.values_list("name", flat=True).first() or "").strip() == name.strip():
        return picked
    return company_called(principal, name)
