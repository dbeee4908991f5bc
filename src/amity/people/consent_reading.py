"""What was said about consent, read from the ledger: by profile row, by profile, by address. A few queries each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from amity.people.consent_rules import BY_MAILBOX, RANK, UNKNOWN, Standing, State, strictest

Key = tuple[str, str]  # purpose, channel
_COLUMNS = "c.id, c.person_id, c.purpose, c.channel, c.state, c.at, c.how, c.text_version, c.address"
_ROWS = f"""
SELECT DISTINCT ON (c.person_id, c.purpose, c.channel) {_COLUMNS} FROM people_consent c
WHERE c.person_id = ANY({{rows}}::uuid[]) ORDER BY c.person_id, c.purpose, c.channel, c.at DESC, {RANK} DESC, c.id DESC
"""
_WHOLE = "ARRAY(SELECT id FROM people_person WHERE id = %s OR merged_into_id = %s)"
_MEMBERS = """
SELECT a.id, m.id FROM (SELECT id, coalesce(merged_into_id, id) AS top FROM people_person WHERE id = ANY(%s::uuid[])) a
JOIN LATERAL (SELECT a.top AS id UNION SELECT id FROM people_person WHERE merged_into_id = a.top) m ON true
"""
_BARRED = """
SELECT p.archived_at IS NOT NULL,
    EXISTS (SELECT FROM people_restriction r WHERE r.person_id = ANY(%s::uuid[]) AND r.lifted_at IS NULL)
FROM people_person p WHERE p.id = %s
"""
# Somebody's last word about the address is a withdrawal, and no reader of the mailbox gave it later.
_WITHDRAWN = f"""
WITH said AS (
    SELECT c.address_key, c.purpose, c.channel, c.person_id, c.state, c.at, c.how, c.id, {RANK} AS rank
    FROM people_consent c WHERE c.address_key = ANY(%s::text[]) AND c.state <> 'pending'),
words AS (
    SELECT DISTINCT ON (address_key, purpose, channel, person_id) * FROM said WHERE person_id IS NOT NULL
    ORDER BY address_key, purpose, channel, person_id, at DESC, rank DESC, id DESC),
standing AS (SELECT * FROM words UNION ALL SELECT * FROM said WHERE person_id IS NULL)
SELECT DISTINCT w.address_key, w.purpose, w.channel FROM standing w WHERE w.state = 'withdrawn' AND NOT EXISTS (
    SELECT 1 FROM said y WHERE y.address_key = w.address_key AND y.purpose = w.purpose AND y.channel = w.channel
    AND y.state = 'given' AND y.how = ANY(%s) AND y.at > w.at)
"""


def members(ids: Iterable[UUID], cursor: Any = None) -> dict[UUID, set[UUID]]:
    """Each id with all rows of the profile that it is part of. Unknown ids are left out. 1 query."""
    found: dict[UUID, set[UUID]] = {}
    for asked, member in _rows(cursor, _MEMBERS, [list(ids)]):
        found.setdefault(asked, set()).add(member)
    return found


def words_of(rows: Iterable[UUID], cursor: Any = None) -> dict[UUID, dict[Key, Standing]]:
    """The last word of each profile *row* by purpose and channel; merges play no part. 1 query."""
    return _by_row(_rows(cursor, _ROWS.format(rows="%s"), [list(rows)]))


def said_by(survivor_id: UUID) -> dict[Key, State]:
    """Everything that a profile that stands for itself said, with all that were merged into it. 1 query."""
    words = _by_row(_rows(None, _ROWS.format(rows=_WHOLE), [survivor_id, survivor_id]))
    return together(words, words)


def together(rows: Iterable[UUID], words: Mapping[UUID, Mapping[Key, Standing]]) -> dict[Key, State]:
    """What these rows amount to as one profile."""
    said: dict[Key, list[State]] = {}
    for row in rows:
        for key, word in words.get(row, {}).items():
            said.setdefault(key, []).append(word.state)
    return {key: strictest(states) for key, states in said.items()}


def states_of(ids: Iterable[UUID], cursor: Any = None) -> dict[UUID, dict[Key, State]]:
    """Everything that these profiles said, the strictest word of all members. 2 queries."""
    groups = members(ids, cursor)
    words = words_of({row for rows in groups.values() for row in rows}, cursor)
    return {pk: together(rows, words) for pk, rows in groups.items()}


def state(ids: Sequence[UUID], purpose: str, channel: str, cursor: Any = None) -> dict[UUID, State]:
    """The state of each profile for one purpose and channel, strictest over all members. 2 queries."""
    known = states_of(ids, cursor)
    return {pk: known.get(pk, {}).get((purpose, channel), UNKNOWN) for pk in ids}


def barred(person_id: UUID, rows: Iterable[UUID]) -> str:
    """Why nothing goes to a person with these profile rows: ``gone`` (or archived), ``restricted``; or empty. 1 query.

    Who asks sees everybody.
    """
    found = _rows(None, _BARRED, [list(rows), person_id])
    if not found or found[0][0]:
        return "gone"
    return "restricted" if found[0][1] else ""


def withdrawn_addresses(keys: Iterable[str], cursor: Any = None) -> set[tuple[str, str, str]]:
    """(address key, purpose, channel) that were withdrawn, whoever holds the address now. 1 query."""
    wanted = [key for key in keys if key]
    return set(_rows(cursor, _WITHDRAWN, [wanted, list(BY_MAILBOX)])) if wanted else set()


def _by_row(rows: Iterable[Any]) -> dict[UUID, dict[Key, Standing]]:
    found: dict[UUID, dict[Key, Standing]] = {}
    for row in rows:
        word = Standing(*row)
        found.setdefault(row[1], {})[word.purpose, word.channel] = word
    return found


def _rows(cursor: Any, sql: str, params: list[Any]) -> list[Any]:
    if cursor is not None:
        cursor.execute(sql, params)
        return list(cursor.fetchall())
    with connection.cursor() as own:
        own.execute(sql, params)
        return list(own.fetchall())
