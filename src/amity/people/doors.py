"""What the doors of room `events` ask about people: how a file is read, what columns mean, whom an event reaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import polars as pl
from django.urls import reverse

from amity.access import api as access
from amity.events import api as events
from amity.people import profiles
from amity.people.identity_junk import plain_email
from amity.people.identity_models import Slot
from amity.people.imports import reading
from amity.people.imports.recognise import recognise
from amity.people.imports.tables import Table
from amity.people.models import Identifier, Person

_SURE = 0.6


def register_doors() -> None:
    """Called once, when Django starts."""
    events.register_reader(FileReader())
    events.register_columns(columns)
    events.register_landing(landings)


class FileReader:
    """Files as imports read them: any encoding, separator, workbook or archive."""

    def tables(self, path: Path) -> list[events.FileTable]:
        """The tables in a file, each fully counted."""
        found = reading.sources(path)
        return [events.FileTable(each.name, each.columns, each.n_rows, each.as_json()) for each in found]

    def rows(self, table: events.FileTable, skip: int, size: int) -> events.FilePiece:
        """At most ``size`` rows after the first ``skip``; memory is bounded by the batch."""
        source = reading.Source.from_json(table.memo)
        batch = next(reading.batches(source, skip_rows=skip, size=size), None)
        if batch is None:
            return events.FilePiece([], (), table.rows)
        rows = list(zip(batch.numbers.to_list(), batch.frame.to_dicts(), strict=True))
        return events.FilePiece(rows, tuple(_why(each) for each in batch.rejected), batch.last_row)


def columns(names: Sequence[str], rows: Sequence[dict[str, Any]]) -> list[events.Guess]:
    """Columns of people as the imports recognise them; nothing when the rows are not people."""
    texts = {name: [_text(row.get(name)) for row in rows] for name in names}
    frame = pl.DataFrame(texts, schema=dict.fromkeys(names, pl.String))
    (proposal,) = recognise([Table("rows", frame)])
    if proposal.mapping.noun != "person":
        return []
    return [
        events.Guess(each.column, each.target, each.reason.text())
        for each in proposal.columns
        if each.confidence >= _SURE and ":" not in each.target and each.target not in ("", "ignore")
    ]


def landings(principal: access.Principal, facts: Sequence[events.Fact]) -> list[events.Landing | None]:
    """Whom events would reach today, by the identifier that decides; nothing is changed. 4 queries."""
    told = {fact.anonymous_id: email for fact in facts if (email := _email(fact)) and fact.anonymous_id}
    asked = [_deciding(fact, told) for fact in facts]
    found = _owners({each for each in asked if each[1]})
    merged = Person.objects.filter(pk__in=set(found.values())).values_list("pk", "merged_into")
    shown = {pk: winner or pk for pk, winner in merged}
    names = profiles.names(shown.values(), principal)
    owners = [shown.get(found.get(each, UUID(int=0))) for each in asked]
    return [_landing(each[0], owner, names) if each[1] else None for each, owner in zip(asked, owners, strict=True)]


def _landing(kind: str, owner: UUID | None, names: dict[UUID, str]) -> events.Landing:
    if owner is None or owner not in names:
        return events.Landing("", "", owner is not None, kind)
    return events.Landing(names[owner], reverse("person", args=[owner]), True, kind)


def _deciding(fact: events.Fact, told: Mapping[str, str]) -> tuple[str, str]:
    """What says whose an event is: the user id, else the e-mail (``told`` of its visitor), else the anonymous id."""
    if fact.user_id:
        return "user_id", fact.user_id
    email = _email(fact) or told.get(fact.anonymous_id, "")
    return ("email", email) if email else ("anonymous_id", fact.anonymous_id)


def _email(fact: events.Fact) -> str:
    told = fact.traits.get("email")
    return plain_email(told) if isinstance(told, str) else ""


def _owners(asked: set[tuple[str, str]]) -> dict[tuple[str, str], UUID]:
    values = {value for kind, value in asked if kind != "anonymous_id"}
    rows = Identifier.objects.filter(value__in=values, kind__in=("user_id", "email")).order_by("observed_at")
    found: dict[tuple[str, str], UUID] = {}
    for kind, value, person in rows.values_list("kind", "value", "person_id"):
        found.setdefault((kind, value), person)
    devices = {value for kind, value in asked if kind == "anonymous_id"}
    slots = Slot.objects.filter(device__value__in=devices).order_by("-pk")
    for value, login, person in slots.values_list("device__value", "login", "person"):
        found.setdefault(("anonymous_id", value), login or person)
    return found


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _why(rejected: Any) -> str:
    return f"{rejected.row}: {rejected.reason}"
