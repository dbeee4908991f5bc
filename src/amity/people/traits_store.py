"""Profiles read and written in bulk: one SELECT and at most two UPDATEs for any number of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any
from uuid import UUID

import msgspec

from amity.base import clock
from amity.base.ids import new_id
from amity.people import literals
from amity.people.finding import person_search
from amity.people.traits import OTHERS, TEXTS, Change, State, put_name

_COLUMNS = (*TEXTS, *OTHERS)
_TYPES = {
    "company_id": "uuid", "owner_id": "uuid", "team_id": "uuid", "lead_created_at": "timestamptz",
    "lead_decided_at": "timestamptz",
}  # fmt: skip
_SELECT = (
    "SELECT p.id, p.merged_into_id, p.grade, p.anonymous, p.origin_id, p.observed_at, p.search, p.traits, p.origins, "
    f"{', '.join(f'p.{name}' for name in _COLUMNS)} FROM people_person p WHERE p.id = ANY(%s::uuid[]) "
    "ORDER BY p.id FOR NO KEY UPDATE OF p"
)
_FULL = (*_COLUMNS, "traits", "origins", "search", "anonymous", "observed_at", "updated_at")
_FULL_TYPES = _TYPES | {
    "traits": "jsonb", "origins": "jsonb", "anonymous": "boolean", "observed_at": "timestamptz",
    "updated_at": "timestamptz",
}  # fmt: skip
_TEXT = "text"
_UPDATE = (
    f"UPDATE people_person p SET {', '.join(f'{name} = v.{name}' for name in _FULL[:-1])}, "
    "updated_at = coalesce(v.updated_at, p.updated_at) FROM jsonb_to_recordset(%s::jsonb) AS v (id uuid, "
    f"{', '.join(f'{name} {_FULL_TYPES.get(name, _TEXT)}' for name in _FULL)}) "
    "WHERE p.id = v.id"
)
_CUSTOM = (
    "UPDATE people_person p SET traits = v.traits, origins = v.origins, observed_at = v.at, "
    "updated_at = coalesce(%s, p.updated_at) FROM jsonb_to_recordset(%s::jsonb) "
    "AS v (id uuid, traits jsonb, origins jsonb, at timestamptz) WHERE p.id = v.id"
)
_SEARCHED = frozenset((
    "display_name", "given_name", "middle_name", "family_name", "email", "phone", "job_title", "city", "company_id",
    "source",
))  # fmt: skip
_HISTORY = (
    "INSERT INTO people_traitchange (id, profile_kind, profile_id, name, before, after, origin_id, held, changed_at) "
    "SELECT v.id, %s, v.profile, v.name, coalesce(v.before, 'null'), coalesce(v.after, 'null'), v.origin, v.held, %s "
    "FROM jsonb_to_recordset(%s::jsonb) AS v (id uuid, profile uuid, name text, before jsonb, after jsonb, "
    "origin uuid, held boolean)"
)
decode = msgspec.json.decode
encode = msgspec.json.Encoder(enc_hook=str).encode


def load(cursor: Any, ids: Iterable[UUID]) -> dict[UUID, State]:
    """Rows of these people, locked until the transaction ends. 1 query."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    cursor.execute(_SELECT, [literals.uuids(wanted)])
    return {row[0]: _state(row) for row in cursor.fetchall()}


def _state(row: Sequence[Any]) -> State:
    values = dict(zip(_COLUMNS, row[9:], strict=True))
    values |= {f":{name}": value for name, value in json(row[7]).items()}
    return State(
        row[0], values, json(row[8]), row[4], row[5].astimezone(UTC).isoformat(), row[2], row[3], row[6], row[1]
    )


def json(value: Any) -> Any:
    """A jsonb column as Python data, whichever way this cursor hands it out."""
    return decode(value) if isinstance(value, str | bytes) else value


def text(value: Any) -> str:
    """Python data as JSON text."""
    return encode(value).decode()


def write(cursor: Any, states: Sequence[State], names_changed: Mapping[UUID, set[str]], *, age: bool = True) -> None:
    """Store these profiles: all columns where ``names_changed`` names some, else only where values come from.

    ``age``: their time of change becomes now. 1–3 queries.
    """
    full: list[State] = []
    custom: list[State] = []
    light: list[State] = []
    for state in states:
        names = names_changed.get(state.id)
        part = light if not names else custom if all(name[0] == ":" for name in names) else full
        part.append(state)
    if light:
        cursor.execute(
            "UPDATE people_person p SET origins = v.o FROM jsonb_to_recordset(%s::jsonb) AS v (id uuid, o jsonb) "
            "WHERE p.id = v.id",
            [text([{"id": state.id, "o": state.origins} for state in light])],
        )
    if custom:
        rows = [
            {"id": each.id, "traits": traits_in(each), "origins": each.origins, "at": each.observed} for each in custom
        ]
        cursor.execute(_CUSTOM, [clock.now() if age else None, text(rows)])
    if full:
        refresh(cursor, full, names_changed)
        _update(cursor, full, "now" if age else "")


def refresh(cursor: Any, states: Iterable[State], names_changed: Mapping[UUID, set[str]]) -> None:
    """Name to show, searched words and whether it is a nameless visitor, of profiles whose values changed."""
    worded = [state for state in states if names_changed[state.id] & _SEARCHED]
    firms = company_names(cursor, (state.values["company_id"] for state in worded))
    for state in worded:
        put_name(state)
        state.search = person_search(state.values, firms.get(state.values["company_id"], ""))
    for state in states:
        known = any(state.values[name] for name in ("display_name", "given_name", "family_name", "email", "phone"))
        state.anonymous = state.grade == "visitor" and not known


def company_names(cursor: Any, ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """Names of companies. At most 1 query."""
    wanted = sorted({each for each in ids if each})
    if not wanted:
        return {}
    cursor.execute("SELECT id, name FROM people_company WHERE id = ANY(%s)", [wanted])
    return dict(cursor.fetchall())


def _update(cursor: Any, states: Sequence[State], updated: str) -> None:
    now = clock.now() if updated else None
    rows = [
        {name: state.values[name] for name in _COLUMNS}
        | {
            "id": state.id,
            "traits": traits_in(state),
            "origins": state.origins,
            "search": state.search,
            "anonymous": state.anonymous,
            "observed_at": state.observed,
            "updated_at": now,
        }
        for state in states
    ]
    cursor.execute(_UPDATE, [text(rows)])


def traits_in(state: State) -> dict[str, Any]:
    """The custom fields of a profile, by name."""
    return {key[1:]: value for key, value in state.values.items() if key[0] == ":"}


def note(cursor: Any, changes: Iterable[tuple[UUID, Change]], kind: str = "person") -> None:
    """Put replaced (and held back) values into the history. At most 1 query."""
    told = [(pk, change) for pk, change in changes if change.held or change.before not in (None, "")]
    if not told:
        return
    now = clock.now()
    rows = [
        {
            "id": new_id(),
            "profile": pk,
            "name": change.name[:120],
            "before": change.before,
            "after": change.after,
            "origin": change.source,
            "held": change.held,
        }
        for pk, change in told
    ]
    cursor.execute(_HISTORY, [kind, now, text(rows)])
