"""Companies as `group` calls tell of them: found by their group id, their values, and who belongs to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from amity.base import clock
from amity.base.ids import new_id
from amity.events.api import Fact
from amity.people.finding import company_search
from amity.people.golden import Policy
from amity.people.identity_junk import plain_id
from amity.people.renaming import renamed
from amity.people.traits import COMPANY_TEXTS, Change, Mark, State, apply, later, said
from amity.people.traits_store import json, note, text, traits_in

_COLUMNS = (*COMPANY_TEXTS, "employees")
_SELECT = (
    f"SELECT id, origin_id, observed_at, search, traits, origins, {', '.join(_COLUMNS)} FROM people_company "
    "WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
)
_MAKE = (
    "INSERT INTO people_company (id, key, name, origin_id, observed_at, created_at, updated_at, traits, origins, "
    "search, domain, industry, city, country, phone, email, currency) SELECT u.id, u.key, u.name, u.origin, u.at, "
    "%s, %s, '{}', '{}', '', '', '', '', '', '', '', '' FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::uuid[], "
    "%s::timestamptz[]) AS u (id, key, name, origin, at)"
)
_SETS = ", ".join(f"{name} = v.{name}" for name in (*_COLUMNS, "traits", "origins", "search"))
_STORE = (
    f"UPDATE people_company c SET {_SETS}, updated_at = %s FROM unnest(%s::uuid[], "
    f"{', '.join('%s::text[]' for _ in COMPANY_TEXTS)}, %s::int[], %s::jsonb[], %s::jsonb[], %s::text[]) "
    f"AS v (id, {', '.join(_COLUMNS)}, traits, origins, search) WHERE c.id = v.id"
)


def resolve(cursor: Any, facts: Sequence[Fact]) -> dict[str, UUID]:
    """Companies by group id; unknown ones are made. At most 2 queries."""
    first: dict[str, Fact] = {}
    for fact in facts:
        if fact.kind == "group" and (group := plain_id(fact.group_id)):
            first.setdefault(group, fact)
    if not first:
        return {}
    keys = {f"group:{group}"[:300]: group for group in first}
    cursor.execute("SELECT key, id FROM people_company WHERE key = ANY(%s)", [list(keys)])
    found = {keys[key]: pk for key, pk in cursor.fetchall()}
    new = [(key, group) for key, group in keys.items() if group not in found]
    if new:
        now = clock.now()
        ids = [new_id() for _ in new]
        made = [first[group] for _key, group in new]
        cursor.execute(
            _MAKE,
            [
                now, now, ids, [key for key, _g in new], [group for _k, group in new],
                [fact.source_id for fact in made], [fact.occurred_at for fact in made],
            ],
        )  # fmt: skip
        found |= {group: pk for (_key, group), pk in zip(new, ids, strict=True)}
    return found


def company_of(companies: Mapping[str, UUID], fact: Fact) -> UUID | None:
    """The company that a group call is about."""
    return companies.get(plain_id(fact.group_id)) if fact.kind == "group" else None


def write_said(cursor: Any, facts: Iterable[Fact], companies: Mapping[str, UUID], policy: Policy | None = None) -> None:
    """What group calls say of companies; the last value wins unless the policy says otherwise. At most 3 queries."""
    said_of: dict[UUID, dict[str, Mark]] = {}
    for fact in facts:
        company = company_of(companies, fact)
        if company is not None and fact.traits:
            marks = said(fact.traits, fact.occurred_at, fact.message_id, fact.source_id, company=True)
            later(said_of.setdefault(company, {}), marks, policy)
    if not said_of:
        return
    cursor.execute(_SELECT, [sorted(said_of)])
    states = [_state(row) for row in cursor.fetchall()]
    told: list[tuple[UUID, Change]] = []
    changed: list[State] = []
    for state in states:
        changes, touched = apply(state, said_of[state.id], policy)
        told += [(state.id, change) for change in changes]
        if touched:
            changed.append(state)
    _store(cursor, changed)
    note(cursor, told, "company")
    renamed({pk for pk, change in told if change.name == "name" and not change.held})


def belong(cursor: Any, facts: Sequence[Fact], homes: Sequence[UUID | None], companies: Mapping[str, UUID]) -> None:
    """Who belongs to which company since when. At most 1 query."""
    since: dict[tuple[UUID, UUID], datetime] = {}
    for fact, home in zip(facts, homes, strict=True):
        company = company_of(companies, fact)
        if home is not None and company is not None:
            since[home, company] = min(since.get((home, company), fact.occurred_at), fact.occurred_at)
    if since:
        pairs = sorted(since)
        cursor.execute(
            "INSERT INTO people_membership AS m (id, person_id, company_id, since) "
            "SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::timestamptz[]) "
            "ON CONFLICT (person_id, company_id) DO UPDATE SET since = least(m.since, EXCLUDED.since)",
            [
                [new_id() for _ in pairs],
                [p for p, _c in pairs],
                [c for _p, c in pairs],
                [since[pair] for pair in pairs],
            ],
        )


def belong_again(cursor: Any, people: Iterable[UUID]) -> None:
    """The same for rows whose events changed hands, from those events. 2 queries, none where there are no rows."""
    ids = sorted(set(people))
    if ids:
        cursor.execute("DELETE FROM people_membership WHERE person_id = ANY(%s)", [ids])
        cursor.execute(
            "INSERT INTO people_membership (id, person_id, company_id, since) "
            "SELECT gen_random_uuid(), person_id, company_id, min(occurred_at) FROM events_event "
            "WHERE person_id = ANY(%s) AND kind = 'group' AND company_id IS NOT NULL GROUP BY 2, 3",
            [ids],
        )


def _state(row: Sequence[Any]) -> State:
    values = dict(zip(_COLUMNS, row[6:], strict=True))
    values |= {f":{name}": value for name, value in json(row[4]).items()}
    origins = json(row[5])
    state = State(row[0], values, origins, row[1], row[2].astimezone(UTC).isoformat(), "record", False, row[3])
    if row[1] is not None and "name" not in origins:
        state.origins["name"] = [str(row[1]), "", ""]  # so far the group id stands for the name
    return state


def _store(cursor: Any, states: Sequence[State]) -> None:
    if not states:
        return
    for state in states:
        state.search = company_search(state.values)
    columns: list[list[Any]] = [[state.id for state in states]]
    columns += [[state.values[name] for state in states] for name in _COLUMNS]
    columns.append([text(traits_in(state)) for state in states])
    columns.append([text(state.origins) for state in states])
    columns.append([state.search for state in states])
    cursor.execute(_STORE, [clock.now(), *columns])
