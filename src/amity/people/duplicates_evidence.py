"""What speaks for and against two profiles being the same, field by field, with the values as they are now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

PERSON_VALUES = {
    "first_name": ("given_name",), "last_name": ("family_name",), "name": ("display_name",), "email": ("email",),
    "phone": ("phone",), "city": ("city",), "country": ("country",), "birth_date": (":birth_date",),
    "postcode": (":postcode",), "street": (":address", ":street"), "company": ("company_name",),
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


def _value(view: Any, names: Iterable[str]) -> str:
    for name in names:
        value = view.traits.get(name[1:]) if name[0] == ":" else getattr(view, name, None)
        if value:
            return str(value)
    return ""
