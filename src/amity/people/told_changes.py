"""Replaced values in words: fields by the names that forms give them, ids as names, times as people read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.base import words
from amity.base.ids import read_id
from amity.people.called import Names, Wanted
from amity.people.forms import CompanyForm, PersonForm
from amity.people.models import LeadStatus
from amity.people.profiles import ChangeView

_LABELS: Mapping[str, str | Promise] = {
    **{name: field.label or name for form in (CompanyForm, PersonForm) for name, field in form.base_fields.items()},
    "owner_id": gettext_lazy("Owner"),
    "company_id": gettext_lazy("Company"),
    "parent_id": gettext_lazy("Belongs to"),
    "archived_at": gettext_lazy("Archived"),
    "middle_name": gettext_lazy("Middle name"),
    "display_name": gettext_lazy("Name"),
    "revenue_minor": gettext_lazy("Annual revenue"),
}
_COMPANIES = ("company_id", "parent_id")


def wanted_by(changes: Sequence[ChangeView]) -> Wanted:
    """The staff and companies that stand in changes as ids."""
    return Wanted(staff=_ids(changes, ("owner_id",)), companies=_ids(changes, _COMPANIES))


def told_changes(changes: Iterable[ChangeView], names: Names) -> list[ChangeView]:
    """The same changes as a person reads them, with the names of what they are `wanted_by`."""
    return [
        replace(
            each,
            name=label_of(each.name),
            before=_told(each.name, each.before, names),
            after=_told(each.name, each.after, names),
        )
        for each in changes
    ]


def label_of(name: str) -> str:
    """What forms call a field; a custom field by its name."""
    return str(_LABELS.get(name) or name.replace("_", " "))


def _ids(changes: Iterable[ChangeView], fields: tuple[str, ...]) -> list[UUID]:
    values = [value for each in changes if each.name in fields for value in (each.before, each.after)]
    return [found for value in values if (found := read_id(value))]


def _told(name: str, value: Any, names: Names) -> Any:
    special = _SPECIAL.get(name)
    if special:
        return special(value, names)
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    moment = _moment(value)
    return words.exact(moment) if moment else value


def _moment(value: Any) -> datetime | None:
    try:
        return parse_datetime(value) if isinstance(value, str) and "T" in value else None
    except ValueError:
        return None


def _archived(value: Any, names: Names) -> str:
    return _("yes") if value else _("no")


def _owner(value: Any, names: Names) -> str:
    found = read_id(value)
    return names.staff.get(found, _("somebody who has left")) if found else _("Nobody")


def _company(value: Any, names: Names) -> str:
    found = read_id(value)
    return names.companies.get(found, _("a company that you do not see")) if found else ""


def _lead(value: Any, names: Names) -> str:
    return str(LeadStatus(value).label) if value in LeadStatus.values else str(value or "")


def _whole_money(value: Any, names: Names) -> str:
    return words.number(value / 100) if isinstance(value, int | float) else ""


_SPECIAL: dict[str, Callable[[Any, Names], str]] = {
    "archived_at": _archived,
    "owner_id": _owner,
    "company_id": _company,
    "parent_id": _company,
    "lead_status": _lead,
    "revenue_minor": _whole_money,
}
