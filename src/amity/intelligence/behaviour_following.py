"""The lead score follows what happens: events as they land, merges and partings, and the passing of time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from amity.base import live, undo
from amity.base.ids import read_id
from amity.events import api as events
from amity.intelligence import behaviour
from amity.intelligence.behaviour_segments import LeadScores
from amity.people import api as people

CONSUMER = "lead_score"
_PROFILE = frozenset(("identify", "group", "alias"))


def follow(rows: Sequence[events.Landed], cursor: Any) -> None:
    """Consumer of the log: score whoever did something, by the sums that were kept in the transaction that landed it.

    A fixed number of statements per batch; safe to be given rows twice.
    """
    about = {row.person_id for row in rows if row.person_id is not None and row.fact.kind != "segment"}
    if not about:
        return
    changed = {row.person_id for row in rows if row.fact.kind in _PROFILE}
    roots = people.activity.roots_of(cursor, about)
    told: dict[UUID, bool] = {roots.get(pk, pk): False for pk in about}
    for row in rows:
        if row.person_id in about and row.fact.kind not in people.fading.TRACKED:
            told[roots.get(row.person_id, row.person_id)] = True
    profiles = {roots.get(pk, pk) for pk in changed if pk is not None}
    behaviour.score(cursor, list(told), {pk: noted for pk, noted in told.items() if pk not in profiles})


def joined(cursor: Any, moves: people.Moves) -> None:
    """Follower of merges: profiles that became one or parted are scored anew, once that is committed.

    Not within: their sums may be counted again after us. Were we to end in between, the daily look mends it.
    """
    moved = {pk for was, now in moves.values() if was != now for pk in (was, now)}
    if moved:
        transaction.on_commit(partial(_score_now, moved))


def _score_now(ids: set[UUID]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        behaviour.score(cursor, ids)


def _sees(principal: Any, ids: frozenset[str]) -> set[str]:
    if not principal.may("people.view") or not principal.may("models.view"):
        return set()
    known = {each: pk for each in ids if (pk := read_id(each))}
    if principal.scope == "all":
        return set(known)
    seen = people.visible_people(principal, list(known.values()))
    return {each for each, pk in known.items() if pk in seen}


def register() -> None:
    """Called when Django starts."""
    consumer = events.Consumer(CONSUMER, follow, 2_000, start="now", of="log", wanted=behaviour.wanted)
    events.register_consumer(consumer)
    people.register_follower(joined)
    people.segments.register(LeadScores())
    live.register(behaviour.LIVE, _sees)
    undo.register(behaviour.PIN_KIND, undo.Handler(behaviour.do_pin, behaviour.put_back_pin))
