"""The base as the matcher reads it: what is compared of people and companies, in normal form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from amity.people.matching import fields

_BORN = ("birth_date", "birthday", "date_of_birth")
_STREET = ("street", "address", "address_street")
_POSTCODE = ("postcode", "zip", "postal_code", "address_postal_code")
_TAX = ("tax_number", "vat_id", "vat", "nip", "inn", "tax_id")
RAW = {
    "person": (
        "first_name", "last_name", "name", "email", "phone", "city", "birth_date", "street", "postcode", "company",
    ),
    "company": ("name", "website", "email", "phone", "city", "street", "postcode", "tax_number"),
}  # fmt: skip


def _trait(names: Iterable[str]) -> str:
    return f"coalesce({', '.join(f'''p.traits ->> '{name}' ''' for name in names)}, '')"


_COLUMNS = {
    "person": (
        f"p.given_name, p.family_name, p.display_name, p.email, p.phone, p.city, {_trait(_BORN)}, {_trait(_STREET)}, "
        f"{_trait(_POSTCODE)}, coalesce(c.name, '')"
    ),
    "company": f"p.name, p.domain, p.email, p.phone, p.city, {_trait(_STREET)}, {_trait(_POSTCODE)}, {_trait(_TAX)}",
}
_FROM = {
    "person": "people_person p LEFT JOIN people_company c ON c.id = p.company_id",
    "company": "people_company p",
}
LISTED = {
    "person": "p.merged_into_id IS NULL AND NOT p.anonymous AND p.archived_at IS NULL",
    "company": "p.merged_into_id IS NULL AND p.archived_at IS NULL",
}


def select(kind: str, where: str = "") -> str:
    """SQL that reads what is compared of listed profiles: id, then `RAW` columns."""
    return f"SELECT p.id, {_COLUMNS[kind]} FROM {_FROM[kind]} WHERE {LISTED[kind]} {where}"


def records(cursor: Any, kind: str, ids: Sequence[UUID]) -> dict[UUID, dict[str, str]]:
    """What is compared of these profiles, in normal form; those that are not listed are left out. 1 query."""
    cursor.execute(select(kind, "AND p.id = ANY(%s)"), [list(ids)])
    names, normal = RAW[kind], fields.NORMAL[kind]
    return {row[0]: normal(dict(zip(names, row[1:], strict=True))) for row in cursor.fetchall()}


def kinds() -> tuple[str, ...]:
    """What has duplicates."""
    return tuple(RAW)
