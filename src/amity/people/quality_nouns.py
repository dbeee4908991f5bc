"""People and companies as nouns that data quality looks through."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from amity.access import api as access
from amity.base import live, undo
from amity.base.ids import read_id
from amity.base.models import UndoStep
from amity.people import changes, quality_companies, quality_contacts, quality_gaps, quality_persons, quality_world
from amity.people.golden import is_fixed
from amity.people.models import LISTED, Company, Identifier, Person
from amity.people.profiles import company_names, names
from amity.people.quality_kinds import TRAITS, Found, Kind, Noun, Row, Text, Values
from amity.people.quality_reasons import COMPANY_KINDS, PERSON_KINDS, REASONS
from amity.people.quality_world import World

_PERSON = (
    "given_name", "family_name", "middle_name", "display_name", "email", "phone", "job_title", "company_id", "city",
    "country", "language", "created_at", "lead_created_at", "lead_decided_at", "origin_id", "updated_at",
)  # fmt: skip
_OF_COMPANY = ("company__name", "company__domain", "company__country")
_COMPANY = ("name", "domain", "industry", "city", "country", "phone", "email", "origin_id", "updated_at", "created_at")
_LABELS: Mapping[str, Text] = {
    "given_name": _("First name"), "family_name": _("Last name"), "middle_name": _("Middle name"),
    "display_name": _("Name"), "email": _("E-mail"), "phone": _("Phone"), "job_title": _("Job title"),
    "company_id": _("Company"), "city": _("City"), "country": _("Country"), "name": _("Name"), "domain": _("Domain"),
    "created_at": _("Created"), "lead_created_at": _("Lead since"), "lead_decided_at": _("Lead decided"),
}  # fmt: skip


class Profiles(Noun, ABC):
    """What people and companies have in common: changed and taken back through `changes`."""

    view_permission, edit_permission = "people.view", "people.edit"
    reasons = REASONS
    labels = _LABELS
    model: ClassVar[Any]
    change_kind: ClassVar[str]

    def world(self) -> World:
        return quality_world.read()

    def total(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = %s::regclass",
                           [self.model._meta.db_table])  # fmt: skip
            return int(cursor.fetchone()[0])

    def batch(self, after: UUID | None, limit: int, since: datetime | None, ids: Sequence[UUID] | None) -> list[Row]:
        rows = self.listed()
        rows = rows.filter(pk__gt=after) if after else rows
        rows = rows.filter(updated_at__gte=since) if since else rows
        rows = rows.filter(pk__in=ids) if ids is not None else rows
        return self.rows(rows.order_by("pk")[:limit])

    def current(self, ids: Sequence[UUID], lock: bool = False) -> dict[UUID, Row]:
        rows = self.model.objects.filter(pk__in=list(ids))
        if lock:
            list(rows.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
        return {row.id: row for row in self.rows(rows)}

    @abstractmethod
    def listed(self) -> QuerySet[Any]:
        """Rows that are looked through."""

    @abstractmethod
    def rows(self, rows: QuerySet[Any]) -> list[Row]:
        """Rows with what detectors want to know beside their own columns."""

    def visible_model(self) -> Any:
        return self.model

    def visible(self, principal: access.Principal) -> QuerySet[Any]:
        return self.model.objects.filter(access.rows_of(principal)).values("pk")  # type: ignore[no-any-return]

    def change(self, principal: access.Principal, target_id: UUID, after: Values) -> dict[str, Any] | None:
        values = {name: value for name, value in after.items() if not name.startswith(TRAITS)}
        traits = {name.removeprefix(TRAITS): value for name, value in after.items() if name.startswith(TRAITS)}
        was = self.model.objects.values_list("updated_at", flat=True).get(pk=target_id)
        marks = _identifiers(target_id)
        write = changes.change_person if self.key == "person" else changes.change_company
        group = write(principal, target_id, values, traits or None)
        if group is None:
            return None
        step = UndoStep.objects.filter(group_id=group)
        before: dict[str, Any] = dict(step.values_list("before", flat=True)[0] or {})
        step.delete()  # kept here, and for ever
        now = self.model.objects.values_list("updated_at", flat=True).get(pk=target_id)
        before["rows"][str(target_id)]["was"]["updated_at"] = was.isoformat()
        before["rows"][str(target_id)]["now"]["updated_at"] = now.isoformat()
        after_marks = _identifiers(target_id) if self.key == "person" else marks
        gone = [mark for mark in marks if mark not in after_marks]
        new = [mark["id"] for mark in after_marks if mark not in marks]
        return {**before, "gone": gone, "new": new} if gone or new else before

    def take_back(self, principal: access.Principal, target_id: UUID, undo: Mapping[str, Any]) -> None:
        access.require(principal, self.edit_permission)
        row = self.model.objects.select_for_update(of=("self",)).get(pk=target_id)
        put_back = changes.put_back if self.key == "person" else changes.put_back_companies
        put_back(principal, {}, _by_trait(row, undo, str(target_id)))
        if undo.get("gone") or undo.get("new"):
            _restore_identifiers(target_id, undo)
        live.tell(self.key, [str(target_id)])


class People(Profiles):
    """Everybody who is listed."""

    key, label, url_name = "person", _("People"), "person"
    model, change_kind = Person, changes.PERSON_KIND
    listed_sql = "t.archived_at IS NULL AND t.merged_into_id IS NULL AND NOT t.anonymous"
    kinds: Sequence[Kind] = PERSON_KINDS

    def listed(self) -> QuerySet[Any]:
        return Person.objects.filter(LISTED)

    def rows(self, rows: QuerySet[Any]) -> list[Row]:
        found = list(rows.values("pk", "traits", "origins", *_PERSON, *_OF_COMPANY))
        known = quality_world.sources()
        poor = [row["pk"] for row in found if not row["email"] or not row["phone"]]
        marks: dict[UUID, list[tuple[str, str]]] = {}
        held = Identifier.objects.filter(person_id__in=poor, kind__in=("email", "phone")).order_by("pk")
        for person_id, kind, value in held.values_list("person_id", "kind", "value"):
            marks.setdefault(person_id, []).append((kind, value))
        for row in found:
            row["_identifiers"] = marks.get(row["pk"], ())
            for name in _OF_COMPANY:
                row["_" + name.replace("__", "_")] = row.pop(name)
        return [_row(row, known) for row in found]

    def look(self, row: Row, world: World) -> Iterable[Found]:
        for detectors in (quality_contacts, quality_persons, quality_gaps):
            for found in detectors.look(row, world):
                if not _fixed(row, found):
                    yield found

    def names(self, ids: Iterable[UUID], principal: access.Principal) -> dict[UUID, str]:
        return names(ids, principal)

    def told_ids(self, values: Iterable[tuple[str, Any]], principal: access.Principal) -> dict[str, str]:
        found = company_names([read_id(value) for name, value in values if name == "company_id"], principal)
        return {str(pk): name for pk, name in found.items()}


class Companies(Profiles):
    """All companies that are listed."""

    key, label, url_name = "company", _("Companies"), "company"
    model, change_kind = Company, changes.COMPANY_KIND
    kinds: Sequence[Kind] = COMPANY_KINDS

    def listed(self) -> QuerySet[Any]:
        return Company.objects.filter(archived_at=None)

    def rows(self, rows: QuerySet[Any]) -> list[Row]:
        found = list(rows.values("pk", "traits", "origins", *_COMPANY))
        known, ids = quality_world.sources(), [row["pk"] for row in found]
        countries: dict[UUID, dict[str, int]] = {}
        domains: dict[UUID, dict[str, int]] = {}
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT company_id, country, lower(split_part(email, '@', 2)), count(*) FROM people_person "
                f"WHERE company_id = ANY(%s) AND {quality_world.LISTED} GROUP BY 1, 2, 3",
                [ids],
            )
            for company_id, country, domain, count in cursor.fetchall():
                for name, into in ((country, countries), (domain, domains)):
                    if name:
                        held = into.setdefault(company_id, {})
                        held[name] = held.get(name, 0) + count
        for row in found:
            row["_countries"], row["_domains"] = countries.get(row["pk"], {}), domains.get(row["pk"], {})
        return [_row(row, known) for row in found]

    def look(self, row: Row, world: World) -> Iterable[Found]:
        return (found for found in quality_companies.look(row, world) if not _fixed(row, found))

    def names(self, ids: Iterable[UUID], principal: access.Principal) -> dict[UUID, str]:
        return company_names(ids, principal)


def _row(row: dict[str, Any], known: Mapping[str, str]) -> Row:
    traits = row.pop("traits")
    return Row(row.pop("pk"), row, traits, quality_world.source_of(row["origin_id"], known))


def _fixed(row: Row, found: Found) -> bool:
    """Whether one of us pinned or checked a value that the repair would change."""
    origins = row.values.get("origins") or {}
    return any(is_fixed(origins.get(name.removeprefix(TRAITS))) for name in found.after)


def _identifiers(person_id: UUID) -> list[dict[str, Any]]:
    rows = Identifier.objects.filter(person_id=person_id, kind__in=("email", "phone")).order_by("pk")
    return [{name: undo.plain(value) for name, value in row.items()} for row in rows.values()]


def _restore_identifiers(person_id: UUID, undo: Mapping[str, Any]) -> None:
    """Identifiers as they were, with their source and age: `changes` only knows their values."""
    gone = undo.get("gone") or []
    again = {(mark["kind"], mark["value"]) for mark in gone}
    there = list(Identifier.objects.filter(person_id=person_id, kind__in=("email", "phone")))
    extra = [
        mark.pk for mark in there if (mark.kind, mark.value) in again or str(mark.pk) in set(undo.get("new") or ())
    ]
    Identifier.objects.filter(pk__in=extra).delete()
    Identifier.objects.bulk_create((Identifier(**mark) for mark in gone), ignore_conflicts=True)


def _by_trait(row: Any, told: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The undo of a change, with custom fields taken back one by one: others may have changed since."""
    was, now = dict(told["rows"][key]["was"]), dict(told["rows"][key]["now"])
    for name in ("traits", "origins"):
        if name not in was:
            continue
        current, old, new = dict(getattr(row, name)), was[name], now[name]
        for field in {**old, **new}:
            if old.get(field) != new.get(field) and current.get(field) == new.get(field):
                current.pop(field, None)
                if field in old:
                    current[field] = old[field]
        was[name], now[name] = current, getattr(row, name)
    return {"rows": {key: {"was": was, "now": now}}, "history": told["history"]}
