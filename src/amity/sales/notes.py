"""Notes and call notes: written down, changed with their history kept, deleted, each with undo and audit.

Whoever sees the record may read and write them; a note on a deal is read by those who see the deal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amity.access import api as access
from amity.base import clock, live, undo
from amity.base.errors import NotFound, Refused
from amity.base.ids import new_id
from amity.events import api as events
from amity.sales import meetings, notes_facts, todo
from amity.sales.notes_models import Note
from amity.sales.notes_subjects import KINDS, about, check, in_sight

ADD, CHANGE, REMOVE = "notes.add", "notes.change", "notes.remove"
PERMISSION = "tasks.edit"
MAX_TEXT, MAX_HISTORY, MAX_MINUTES = 20_000, 50, 1_440
SAID = ("body", "promised", "direction", "outcome", "minutes", "happened_at")


@dataclass(frozen=True, slots=True)
class NoteView:
    """A note as pages and the API see it; ``minutes`` and what follows only of a call."""

    id: UUID
    kind: str
    person_id: UUID | None
    company_id: UUID | None
    deal_id: UUID | None
    author_id: UUID | None
    body: str
    promised: str
    direction: str
    outcome: str
    minutes: int | None
    happened_at: datetime
    history: Sequence[Mapping[str, Any]]
    created_at: datetime
    updated_at: datetime

    @property
    def is_call(self) -> bool:
        return self.kind == Note.Kind.CALL

    @property
    def title(self) -> str:
        """What it is, in words: ``Call note · We called · Spoke with them · 5 minutes``."""
        parts = [str(Note.Kind(self.kind).label)]
        parts += [str(Note.Direction(self.direction).label)] if self.direction else []
        parts += [str(Note.Outcome(self.outcome).label)] if self.outcome else []
        if self.minutes:
            parts.append(ngettext("{n} minute", "{n} minutes", self.minutes).format(n=self.minutes))
        return " · ".join(parts)

    @property
    def text(self) -> str:
        """What was said and promised, in one text."""
        promised = _("Promised: {what}").format(what=self.promised) if self.promised else ""
        return "\n".join(filter(None, (self.body, promised)))


FIELDS = tuple(NoteView.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A task that comes with a note."""

    subject: str = ""
    due_on: date | None = None


def notes_of(principal: access.Principal, kind: str, ids: Sequence[UUID], limit: int = 20) -> list[NoteView]:
    """Notes about a record that the reader was shown, newest first. ``ids``: it, and all merged into it. 1 query."""
    rows = Note.objects.filter(in_sight(principal), **{f"{kind}_id__in": list(ids)}, deleted_at=None)
    return [NoteView(**row) for row in rows.order_by("-happened_at", "-id").values(*FIELDS)[:limit]]


def get_note(principal: access.Principal, note_id: UUID) -> NoteView:
    """The note, if ``principal`` sees what it is about; raises `NotFound`. 2 queries."""
    row = Note.objects.filter(pk=note_id, deleted_at=None).values(*FIELDS).first()
    if row is None:
        raise NotFound(_("This note is not here, or not about a record that you see."))
    view = NoteView(**row)
    check(principal, view)
    return view


def add_note(
    principal: access.Principal, kind: str, record_id: UUID, values: Mapping[str, Any], follow: FollowUp | None = None
) -> tuple[UUID, UUID]:
    """A note about a record, and a task that follows from it, undone together: (id of the note, undo group).

    ``values``: ``kind`` (note, call) and of `SAID`. Raises `Refused` for a note that says nothing.
    """
    note_id, group = new_id(), new_id()
    said = {name: undo.plain(value) for name, value in _cleaned(values).items()}
    with transaction.atomic():
        args = {"id": str(note_id), "about": kind, "record": str(record_id), "kind": values.get("kind", "note")}
        undo.perform(principal, ADD, {**args, "said": said}, group)
        if follow and follow.subject.strip():
            due = follow.due_on.isoformat() if follow.due_on else ""
            args = {"kind": kind, "ids": [str(record_id)], "subject": follow.subject, "due_on": due}
            undo.perform(principal, todo.TASK_ADD, args, group)
    return note_id, group


def change_note(principal: access.Principal, note_id: UUID, values: Mapping[str, Any]) -> UUID:
    """Say it otherwise; what it said before stays in its history. Returns the undo group."""
    said = {name: undo.plain(value) for name, value in _cleaned(values).items()}
    return undo.perform(principal, CHANGE, {"ids": [str(note_id)], "said": said})


def remove_note(principal: access.Principal, note_id: UUID) -> UUID:
    """Delete a note; returns the undo group."""
    return undo.perform(principal, REMOVE, {"ids": [str(note_id)]})


def in_words(
    principal: access.Principal, shown: Sequence[events.EventView]
) -> list[events.EventView]:  # fmt: skip
    """Facts of the log with the notes behind them in words; 1 query where there is such a fact."""
    wanted = [each.id for each in shown if each.data.get("note")]
    if not wanted:
        return _others_in_words(principal, shown)
    rows = Note.objects.filter(in_sight(principal), fact_id__in=wanted, deleted_at=None).values(*FIELDS, "fact_id")
    views = {row.pop("fact_id"): NoteView(**row) for row in rows}
    told = notes_facts.with_words(shown, {fact: (view.title, view.text) for fact, view in views.items()})
    return _others_in_words(principal, told)


def _others_in_words(principal: access.Principal, shown: Sequence[events.EventView]) -> list[events.EventView]:
    """Meetings and answers to quotes."""
    met = [each.id for each in shown if each.data.get("meeting")]
    words = meetings.words_of(met, principal) if met else {}
    for each in shown:
        if each.data.get("quote"):
            number = each.data.get("number", "")
            accepted = _("Quote {number} accepted"), _("Quote {number} declined")
            words[each.id] = (accepted["declined" in each.kind].format(number=number), "")
    return notes_facts.with_words(shown, words)


def add(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: write a note down."""
    access.require(principal, PERMISSION)
    subject = about(principal, args["about"], UUID(args["record"]))
    note = Note(pk=UUID(args["id"]), kind=Note.Kind(args["kind"]), author_id=principal.staff_id, **subject.ids)
    _say(note, args["said"])
    note.fact_id = _tell(note, principal)
    note.save(force_insert=True)
    access.record(principal, "create", "note", note.pk, {"about": subject.kind, "kind": str(note.kind)})
    return {"id": str(note.pk)}


def unadd(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: a note that was written down is gone."""
    note = Note.objects.select_for_update().filter(pk=before["id"]).first()
    if note is not None:
        notes_facts.take_back([note.fact_id])
        _heard(note)
        note.delete()
    access.record(principal, "undo", "note", before["id"])


def change(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: another text, the one before in the history."""
    note = _locked(principal, args["ids"][0])
    before = _said(note)
    _say(note, args["said"])
    after = _said(note)
    if before == after:
        return {}
    entry = {**before, "by": str(principal.staff_id or ""), "at": clock.now().isoformat()}
    note.history = [entry, *note.history][:MAX_HISTORY]
    note.updated_at = clock.now()
    _tell_again(note, principal)
    note.save()
    changed = [name for name in SAID if before[name] != after[name]]
    access.record(principal, "change", "note", note.pk, {"fields": changed})
    return {"was": before, "now": after}


def unchange(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: what it said before, unless somebody changed it since."""
    note = Note.objects.select_for_update().filter(pk=args["ids"][0]).first()
    if note is not None and before and _said(note) == before["now"]:
        _say(note, before["was"])
        note.history = note.history[1:]
        _tell_again(note, principal)
        note.save()
    access.record(principal, "undo", "note", args["ids"][0])


def remove(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: take a note away; it is kept for the undo only."""
    note = _locked(principal, args["ids"][0])
    notes_facts.take_back([note.fact_id])
    note.fact_id, note.deleted_at = None, clock.now()
    note.save(update_fields=["fact_id", "deleted_at"])
    _heard(note)
    access.record(principal, "delete", "note", note.pk)
    return {}


def unremove(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: the note is there again."""
    note = Note.objects.select_for_update().filter(pk=args["ids"][0]).exclude(deleted_at=None).first()
    if note is not None:
        note.deleted_at = None
        note.fact_id = _tell(note, principal)
        note.save(update_fields=["fact_id", "deleted_at"])
        _heard(note)
    access.record(principal, "undo", "note", args["ids"][0])


def clear_old() -> int:
    """Notes deleted longer ago than undo reaches are gone for good. 1 query."""
    return Note.objects.filter(deleted_at__lt=clock.now() - undo.KEPT).delete()[0]


def _cleaned(values: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: values[name] for name in SAID if name in values}
    for name in ("body", "promised"):
        said[name] = str(said.get(name) or "").replace("\x00", "").strip()[:MAX_TEXT]
    if (at := said.get("happened_at")) and at.tzinfo is None:
        said["happened_at"] = at.replace(tzinfo=UTC)
    minutes = said.get("minutes")
    if minutes is not None and not 0 <= minutes <= MAX_MINUTES:
        raise Refused("note_minutes", _("A call lasts between 0 and 1,440 minutes."))
    if not any((said["body"], said["promised"], said.get("outcome"))):
        raise Refused("note_empty", _("Write down what was said, or how it ended."))
    return said


def _say(note: Note, said: Mapping[str, Any]) -> None:
    for name in SAID:
        if name in said:
            value = said[name]
            setattr(note, name, parse_datetime(value) if name == "happened_at" and isinstance(value, str) else value)
    note.happened_at = note.happened_at or clock.now()


def _said(note: Note) -> dict[str, Any]:
    return {name: undo.plain(getattr(note, name)) for name in SAID}


def _locked(principal: access.Principal, note_id: str) -> Note:
    access.require(principal, PERMISSION)
    note = Note.objects.select_for_update().filter(pk=note_id, deleted_at=None).first()
    if note is None:
        raise NotFound(_("This note is not here, or not about a record that you see."))
    check(principal, note)
    return note


def _tell(note: Note, principal: access.Principal) -> UUID:
    told = {"note": str(note.pk)}
    told |= {name: value for name in ("direction", "outcome", "minutes") if (value := getattr(note, name))}
    ids = {f"{kind}_id": getattr(note, f"{kind}_id") for kind in KINDS}
    _heard(note)
    return notes_facts.tell(str(note.kind), ids, principal.staff_id, note.happened_at, told)


def _tell_again(note: Note, principal: access.Principal) -> None:
    notes_facts.take_back([note.fact_id])
    note.fact_id = _tell(note, principal)


def _heard(note: Note) -> None:
    """Open pages of the records are told."""
    for kind in KINDS:
        live.tell(kind, [pk for pk in (getattr(note, f"{kind}_id"),) if pk])


def changes_of(view: NoteView) -> Iterable[tuple[datetime | None, str, Mapping[str, Any]]]:
    """What a note said before: (until when, who changed it then, what it said), newest first."""
    return [(parse_datetime(each.get("at", "")), each.get("by", ""), each) for each in view.history]
