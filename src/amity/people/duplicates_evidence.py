"""What speaks for and against two profiles being the same, field by field, with the values as they are now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

PERSON_VALUES = {
    "first_name": ("given_name", "display_name"), "last_name": ("family_name", "display_name"),
    "name": ("display_name",), "email": ("email",), "phone": ("phone",), "city": ("city",), "country": ("country",),
    "company": ("company_name",), "birth_date": (":birth_date", ":birthday", ":date_of_birth"),
    "street": (":street", ":address", ":address_street"),
    "postcode": (":postcode", ":zip", ":postal_code", ":address_postal_code"),
}  # fmt: skip
COMPANY_VALUES = {
    "name": ("name",), "website": ("domain",), "email": ("email",), "phone": ("phone",), "city": ("city",),
    "country": ("country",), "postcode": (":postcode",), "street": (":address", ":street"),
    "tax_number": (":tax_number", ":vat_id", ":vat", ":nip", ":inn", ":tax_id"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Evidence:
    """One field of two profiles. ``level``: ``same``, ``alike``, ``close``, ``different``, ``missing``.

    ``weight``: bits for (positive) or against (negative) the two being the same.
    """

    field: str
    left: str
    right: str
    level: str
    weight: float


def told(evidence: Iterable[Mapping[str, Any]], left: Any, right: Any) -> tuple[Evidence, ...]:
    """The kept evidence with both profiles' values, the weightiest first. No query."""
    known = COMPANY_VALUES if hasattr(left, "domain") else PERSON_VALUES
    found = [
        Evidence(
            one["field"],
            _value(left, known.get(one["field"], ())),
            _value(right, known.get(one["field"], ())),
            one["level"],
            float(one["weight"]),
        )
        for one in evidence
    ]
    return tuple(sorted(found, key=lambda one: (-abs(one.weight), one.field)))


def value_of(row: Any, field: str) -> str:
    """What a row of people or companies says in a field."""
    if field == "company":
        return row.company.name if row.company_id else ""
    known = COMPANY_VALUES if hasattr(row, "domain") else PERSON_VALUES
    return _value(row, known.get(field, ()))


def _value(view: Any, names: Iterable[str]) -> str:
    for name in names:
        value = view.traits.get(name[1:]) if name[0] == ":" else getattr(view, name, None)
        if value:
            return str(value)
    return ""
