"""Merges in chains, taken back in any order, of people with everything that hangs on them: equal to before.

Deals, orders, tasks, messages, consent, segments and events are attached; what holds depends only on which merges hold.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from amity.access import api as access
from amity.base import clock
from amity.channels.models import Outgoing
from amity.events.models import Event
from amity.people import api as people
from amity.people import consent, consent_reading, merge, merge_many, segments, segments_work, segments_world
from amity.people.models import Identifier, Person, SegmentMember
from amity.people.tests.identity_kit import feed, forget, identify, track
from amity.sales.holders import deal_words
from amity.sales.models import Deal, Guest, Meeting, Note, Order, Pipeline, Quote, Stage, Task
from amity.sales.tests.test_merge import digest

pytestmark = pytest.mark.django_db
BOSS = access.SYSTEM
FOUR = ("ada", "bea", "cyd", "dot")
SEEN = {"all": [{"event": "Seen", "times": {"op": "ge", "n": 3}}]}
MAY_WRITE = {"all": [{"consent": {"purpose": "marketing", "channel": "email", "state": "given"}}]}
STATES = st.sampled_from(("given", "withdrawn", ""))


class Everything(RuleBasedStateMachine):
    """Four people; merges by hand and by a policy, taken back in any order."""

    @initialize(
        words=st.lists(STATES, min_size=4, max_size=4), seen=st.lists(st.integers(0, 3), min_size=4, max_size=4)
    )
    def begin(self, words: list[str], seen: list[int]) -> None:
        feed([identify(1, name, email=f"{name}@nowak.pl", plan=name) for name in FOUR])
        self.ids = [Identifier.objects.get(kind="user_id", value=name).person_id for name in FOUR]
        stage = Stage.objects.create(pipeline=Pipeline.objects.create(name="P"), name="S", position=1)
        for pk, name, word in zip(self.ids, FOUR, words, strict=True):
            Deal.objects.create(title=f"Deal of {name}", person_id=pk, stage=stage)
            Order.objects.create(number=f"O {name}", person_id=pk)
            Task.objects.create(subject=f"Call {name}", person_id=pk)
            Note.objects.create(body=f"{name} said", person_id=pk)
            Quote.objects.create(title=f"For {name}", person_id=pk, currency="EUR")
            meeting = Meeting.objects.create(uid=name, person_id=pk, starts_at=clock.now(), ends_at=clock.now())
            Guest.objects.create(meeting=meeting, person_id=pk, email=f"{name}@nowak.pl")
            Outgoing.objects.create(key=name, person_id=pk, channel="email", purpose="marketing", body=f"Dear {name}")
            if word:
                act = consent.give if word == "given" else consent.withdraw
                act(BOSS, pk, "marketing", "email", people.consent.Said(confirmed=True))
        with connection.cursor() as cursor:  # found by the words that a deal made in the pages has
            deal_words(cursor, list(Deal.objects.values_list("pk", flat=True)))
        feed([track(2 + at, name) for name, n in zip(FOUR, seen, strict=True) for at in range(n)])
        for name, definition in (("Seen", SEEN), ("May write", MAY_WRITE)):
            segments.recompute(segments.create(BOSS, name, definition).id)
        self.held: list[tuple[UUID, tuple[UUID, UUID]]] = []
        self.known: dict[Any, Any] = {}

    @rule(ends=st.permutations(range(4)), by_hand=st.booleans())
    def merge(self, ends: list[int], by_hand: bool) -> None:
        a, b = self.ids[ends[0]], self.ids[ends[1]]
        now = merge.survivors((a, b))
        if now[a] == now[b]:
            return
        made: UUID | str
        if by_hand:
            made = merge.merge(BOSS, a, b)
        else:
            (made,) = merge_many.merge_many("person", [merge_many.Wanted(a, b, {"p": 0.99})], "duplicates")
        if isinstance(made, UUID):
            self.held.append((made, (now[a], now[b])))

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def unmerge(self, data: st.DataObject) -> None:
        made, ends = self.held.pop(data.draw(st.integers(0, len(self.held) - 1), label="which"))
        assert merge.unmerge(BOSS, made) in ends

    @invariant()
    def it_is_what_the_merges_say(self) -> None:
        if not hasattr(self, "held"):
            return
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT xid::text::bigint, id, people, names, at FROM people_segment_work ORDER BY xid, id")
            notes = [segments_work.TABLE.make(row) for row in cursor.fetchall()]
            if notes:
                segments_work.look(notes, cursor)
        everything: dict[str, Any] = {
            **digest(),
            "events_event": list(Event.objects.exclude(kind="segment").order_by("pk").values()),  # moves stay told
            "messages": list(Outgoing.objects.order_by("pk").values()),
            "segments": sorted(SegmentMember.objects.values_list("segment_no", "person_id")),
            "consent": consent_reading.states_of(sorted(Person.objects.values_list("pk", flat=True))),
        }
        if self.held:  # what merges remember for themselves
            del everything["people_holding"], everything["people_own"]
        same = tuple(ends for _made, ends in self.held)
        before = self.known.setdefault(same, everything)
        assert [name for name in everything if everything[name] != before[name]] == []


@pytest.mark.slow
def test_everything_is_as_before_in_whatever_order_merges_are_taken_back() -> None:
    class Rolled(Everything):
        def __init__(self) -> None:
            self.frame = transaction.atomic()
            self.frame.__enter__()
            forget()
            segments_world._plan = None
            super().__init__()

        def teardown(self) -> None:
            transaction.set_rollback(True)
            self.frame.__exit__(None, None, None)
            forget()
            segments_world._plan = None

    run_state_machine_as_test(
        Rolled,
        settings=settings(
            max_examples=40, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate],
        ),
    )  # fmt: skip
