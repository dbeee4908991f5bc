"""After the policy changed: values that are here already are judged again, from what events and the history say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from amity.base import jobs
from amity.people import golden_policy, pipeline
from amity.people.golden import USUAL, Policy, golden
from amity.people.golden_reading import candidates_of, spoken_of
from amity.people.golden_rows import PersonRows
from amity.people.merge_groups import lock, regroup
from amity.people.models import Person, TraitChange
from amity.people.traits import VERIFIED, State

BATCH = 20
_LEFT_ALONE = frozenset(("display_name", "company_id", "owner_id", "team_id", "lead_status", "archived_at"))
_GROUPS = """SELECT person_id FROM people_own WHERE coalesce(("values" ->> 'policy')::int, 0) <> %s ORDER BY 1"""
_ALTERNATIVES = """
SELECT p.id FROM people_person p WHERE p.id > %s AND p.merged_into_id IS NULL AND (
    EXISTS (SELECT FROM people_traitchange c WHERE c.profile_id = p.id)
    OR EXISTS (SELECT FROM people_own o WHERE o.person_id = p.id)
    OR EXISTS (SELECT FROM events_event e WHERE e.person_id = p.id AND e.kind = 'identify' OFFSET 1))
ORDER BY 1 LIMIT %s
"""


def apply(report: jobs.Report) -> None:
    """Profiles with members show what the policy says of them, then every one for which several values are known.

    About 10 ms per person of whom several things were said.
    """
    done = 0
    for ids in _groups():
        _show_again(ids)
        done += len(ids)
        report(done, None, "")
    last = UUID(int=0)
    while ids := _with_alternatives(last):
        judge_again(ids)
        done, last = done + len(ids), ids[-1]
        report(done, None, "")


def judge_again(ids: Sequence[UUID]) -> int:
    """Let the policy of today choose among what is known of these people; how many values changed. One transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        lock(cursor)
        policy = golden_policy.current(cursor) or USUAL
        there = Person.objects.filter(pk__in=ids, merged_into=None).values_list("pk", flat=True)
        return sum(_judge(cursor, PersonRows(pk), policy) for pk in sorted(there))


def _groups() -> list[list[UUID]]:
    with connection.cursor() as cursor:
        policy = golden_policy.current(cursor)
        cursor.execute(_GROUPS, [policy.version if policy else 0])
        ids = [row[0] for row in cursor.fetchall()]
    return [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]


def _with_alternatives(last: UUID) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_ALTERNATIVES, [last, BATCH])
        return [row[0] for row in cursor.fetchall()]


def _show_again(ids: Sequence[UUID]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        lock(cursor)
        regroup(cursor, ids)
        pipeline.touch(cursor, ids)


def _judge(cursor: Any, rows: PersonRows, policy: Policy) -> int:
    """Every member by what was said of it. What a survivor showed of others is in its history: that says nothing."""
    members = rows.rows
    spoken = spoken_of(cursor, "person_id", "identify", list(members))
    alone = len(members) == 1
    history = list(TraitChange.objects.filter(profile_id=rows.id).order_by("-changed_at", "-id")) if alone else []
    changed = [state for state in members.values() if _choose(state, spoken, history, policy)]
    if changed:
        rows.store(*changed)
    return len(changed)


def _choose(state: State, spoken: Sequence[Any], history: Sequence[TraitChange], policy: Policy) -> bool:
    mine = [(row, marks) for row, marks in spoken if row == str(state.id)]
    names = {change.name for change in history}
    keys = {key for _row, marks in mine for key in marks} | {_key(state, name) for name in names}
    touched = False
    for key in sorted(keys - _LEFT_ALONE):
        won = golden(candidates_of(key, {state.id: state}, mine, history), policy, key.lstrip(":"))
        if won is None or won.value in (None, "") or won.value == state.values.get(key):
            continue
        state.values[key] = won.value
        origin = [won.winner.source, won.winner.at, won.winner.message]
        state.origins[key.lstrip(":")] = [*origin, VERIFIED] if won.winner.proved else origin
        touched = True
    return touched


def _key(state: State, name: str) -> str:
    return name if name in state.values else f":{name}"
