"""Every value of a profile with why it holds, how old it is, who says so, and the other values that are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import OuterRef, Subquery
from django.utils.dateparse import parse_datetime

from amity.people import golden_policy
from amity.people.golden import CHECKED, MANUAL, PIN, USUAL, Candidate, Policy, golden, mark_of
from amity.people.members import members_of
from amity.people.merge_groups import own_of
from amity.people.models import Company, Own, Person, TraitChange
from amity.people.profiles import COMPANY_FIELDS, PERSON_FIELDS, CompanyView, PersonView
from amity.people.traits import State, candidate, said
from amity.people.traits_store import json

MOST_MEMBERS, MOST_EVENTS, MOST_CHANGES, MOST_OTHERS = 100, 200, 300, 10
PERSON_SHOWN = (
    "display_name", "given_name", "family_name", "middle_name", "email", "phone", "job_title", "company_id", "city",
    "country", "language", "source",
)  # fmt: skip
COMPANY_SHOWN = ("name", "domain", "industry", "email", "phone", "city", "country", "employees", "founded_year")
UNKNOWN = str(UUID(int=0))
_TOLD = (
    "SELECT data, occurred_at, message_id, source_id, person_id FROM events_event WHERE {column} = ANY(%s) "
    "AND kind = %s ORDER BY occurred_at DESC LIMIT %s"
)
_BARE = ("id", "key", "traits", "origins", "origin_id", "observed_at", "grade", "merged_into_id")


@dataclass(frozen=True, slots=True)
class Value:
    """A value with its source (None: typed in here) and time. ``key`` names the field: a column or ``:name``."""

    key: str
    value: Any
    source: str
    at: str
    row: str

    @property
    def manual(self) -> bool:
        return self.source == MANUAL

    @property
    def origin_id(self) -> UUID | None:
        return None if self.manual or self.source == "None" else UUID(self.source)

    @property
    def observed_at(self) -> datetime | None:
        return parse_datetime(self.at) if self.at else None


@dataclass(frozen=True, slots=True)
class Shown:
    """The value that holds, why, whether it is fixed (by whom, when), and what else is known of this field."""

    name: str
    value: Value
    why: str
    pinned: tuple[str, str] | None
    checked: tuple[str, str] | None
    others: tuple[Value, ...]


def values_of(view: PersonView | CompanyView, members: Sequence[UUID] = ()) -> list[Shown]:
    """Every value of a profile that the caller was already shown, fields first.

    ``members``: a person's rows, where the caller has them. 4 queries, 5 for a person without ``members``.
    """
    with connection.cursor() as cursor:
        policy = golden_policy.current(cursor) or USUAL
        if isinstance(view, PersonView):
            states = states_of(view, members or members_of([view.id])[view.id])
            spoken = spoken_of(cursor, "person_id", "identify", list(states))
        else:
            states = _companies(view)
            spoken = spoken_of(cursor, "company_id", "group", list(states))
    changes = list(TraitChange.objects.filter(profile_id__in=list(states)).order_by("-changed_at")[:MOST_CHANGES])
    shown = _values(view)
    names = [key for key, value in shown.items() if value not in (None, "")]
    return [_shown(view, key, shown[key], candidates_of(key, states, spoken, changes), policy) for key in names]


def states_of(view: PersonView, members: Sequence[UUID]) -> dict[UUID, State]:
    """What each member of a person says by itself, of the first 100. 1 query."""
    own = Own.objects.filter(person_id=view.id, person=OuterRef("pk")).values("values")
    rows = Person.objects.filter(pk__in=members[:MOST_MEMBERS]).values("id", *PERSON_FIELDS, own=Subquery(own))
    return {row["id"]: own_of(row["own"]) if row["own"] else _state(row, PERSON_FIELDS, row["grade"]) for row in rows}


def _values(view: PersonView | CompanyView) -> dict[str, Any]:
    fields: Sequence[str] = COMPANY_SHOWN
    if isinstance(view, PersonView):  # the whole name is shown where it is not made of its parts
        fields = PERSON_SHOWN[1:] if view.given_name or view.family_name else PERSON_SHOWN
    traits = sorted(view.traits.items(), key=lambda pair: pair[0].casefold())
    return {name: getattr(view, name) for name in fields} | {f":{name}": value for name, value in traits}


def _shown(
    view: PersonView | CompanyView, key: str, value: Any, candidates: Sequence[Candidate], policy: Policy
) -> Shown:
    name = key.lstrip(":")
    won = golden(candidates, policy, name)
    origin = view.origins.get(name)
    marks = mark_of(origin)
    known = next((each for each in candidates if each.value == value), None)
    own = str(view.origin_id) if view.origin_id else MANUAL
    source = (origin[0] or MANUAL) if origin else own
    at = (origin[1] if origin else "") or view.observed_at.astimezone(UTC).isoformat()
    others: dict[str, Value] = {}
    for each in [*won.others, won.winner] if won else []:
        if each.value not in (None, "", value):
            others.setdefault(repr(each.value), Value(key, each.value, each.source, each.at, each.row))
    why = won.why if won and won.value == value else ("manual" if source == MANUAL else "kept")
    told = Value(key, value, str(source), str(at), known.row if known else str(view.id))
    return Shown(name, told, why, _mark(marks, PIN), _mark(marks, CHECKED), tuple(others.values())[:MOST_OTHERS])


def _mark(marks: Mapping[str, Any], what: str) -> tuple[str, str] | None:
    found = marks.get(what)
    return (str(found[0]), str(found[1])) if found else None


def _companies(view: CompanyView) -> dict[UUID, State]:
    rows = Company.objects.filter(pk=view.id) | Company.objects.filter(merged_into_id=view.id)
    found = rows.values("id", *COMPANY_FIELDS)[:MOST_MEMBERS]
    return {row["id"]: _state(row, COMPANY_FIELDS, "record") for row in found}


def _state(row: Mapping[str, Any], fields: Iterable[str], grade: str) -> State:
    values = {name: row[name] for name in fields if name not in _BARE}
    values |= {f":{name}": value for name, value in row["traits"].items()}
    observed = row["observed_at"].astimezone(UTC).isoformat()
    return State(row["id"], values, row["origins"], row["origin_id"], observed, grade)


def spoken_of(cursor: Any, column: str, kind: str, ids: list[UUID]) -> list[tuple[str, dict[str, Candidate]]]:
    """What the newest events say of these profiles."""
    cursor.execute(_TOLD.format(column=column), [ids, kind, MOST_EVENTS])
    found = []
    for data, at, message, source, person in cursor.fetchall():
        marks = said(json(data), at, message, source or UUID(int=0), company=kind == "group")
        row = str(person)
        found.append((row, {key: Candidate(m.value, m.source, m.iso, message, m.verified, row=row)
                            for key, m in marks.items()}))  # fmt: skip
    return found


def candidates_of(
    key: str, states: Mapping[UUID, State], spoken: Sequence[Any], changes: Sequence[TraitChange]
) -> list[Candidate]:
    """What profiles, events and the history say of one field; of what was typed by hand only the last."""
    name = key.lstrip(":")
    found = [each for state in states.values() if (each := candidate(state, key)) is not None]
    there = {(each.source, each.message) for each in found}
    for row, marks in spoken:
        state = states.get(UUID(row)) if row != "None" else None
        if key in marks and (marks[key].source, marks[key].message) not in there:
            found.append(_known(marks[key], state))
    said_already = {(each.source, repr(each.value)) for each in found}
    return found + _of_history(name, changes, said_already, states)


def _of_history(
    name: str, changes: Sequence[TraitChange], there: set[tuple[str, str]], states: Mapping[UUID, State]
) -> list[Candidate]:
    """Values that were replaced or held back. Who said a replaced one is told by the change that brought it.

    Changes without a source (a merge, another policy) brought nothing new.
    """
    mine = [
        each for each in changes if each.name == name and (each.actor_id or str(each.origin_id or UNKNOWN) != UNKNOWN)
    ]
    brought = {repr(each.after): each for each in reversed(mine)}
    found = []
    for change in mine:
        for value in (change.after, change.before):
            source, at = _brought(brought.get(repr(value)), states.get(change.profile_id))
            if value in (None, "") or source == MANUAL or (source, repr(value)) in there:
                continue
            there.add((source, repr(value)))
            found.append(Candidate(value, source, at, row=str(change.profile_id)))
    return found


def _brought(change: TraitChange | None, state: State | None) -> tuple[str, str]:
    """Source and time of a value of the history: of the change that brought it, else of the profile itself."""
    if change is None:
        return str(state.origin_id) if state and state.origin_id else UNKNOWN, ""
    at = change.changed_at.astimezone(UTC).isoformat()
    return (MANUAL if change.actor_id else str(change.origin_id or UNKNOWN)), at


def _known(said_value: Candidate, state: State | None) -> Candidate:
    if state is None or state.grade != "visitor":
        return said_value
    return Candidate(
        said_value.value, said_value.source, said_value.at, said_value.message, said_value.proved, known=False,
        row=said_value.row,
    )  # fmt: skip
