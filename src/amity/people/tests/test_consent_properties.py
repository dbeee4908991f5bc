"""Consent through any sequence of giving, withdrawing, confirming, events, merges and unmerges, beside an oracle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from amity.access import api as access
from amity.base import clock, undo
from amity.base.errors import Refused
from amity.people import changes, consent, consent_self, merge, segments
from amity.people.consent import Said
from amity.people.consent_reading import states_of, withdrawn_addresses
from amity.people.consent_rules import address_key, strictest
from amity.people.consent_tables import Consent
from amity.people.consent_tokens import Bearer
from amity.people.members import survivors

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
WHO = access.SYSTEM
N = 4
KEYS = [("newsletter", "email"), ("marketing", "sms")]
PEOPLE = st.integers(0, N - 1)
KEY = st.sampled_from(KEYS)
STATES = ("given", "pending", "withdrawn", "unknown")
_STRICT = {"withdrawn": 3, "pending": 2, "given": 1, "unknown": 0}


class Ledger(RuleBasedStateMachine):
    """The oracle: per row and key the list of states said; groups as a list of sets made by the merges that hold."""

    merges = Bundle("merges")

    @initialize()
    def begin(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.ids: list[UUID] = [
            changes.create_person(
                WHO, {"given_name": f"P{n}", "email": f"p{n}@example.com", "phone": f"+4860010020{n}"}
            )
            for n in range(N)
        ]
        self.said: dict[tuple[int, tuple[str, str]], list[str]] = {}
        self.edges: dict[UUID, tuple[int, int]] = {}
        self.mails: dict[int, dict[int, str]] = {}  # address of n → row → last word about it

    def teardown(self) -> None:
        if hasattr(self, "atomic"):
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def group(self, n: int) -> set[int]:
        found = {n}
        while more := {e for pair in self.edges.values() if set(pair) & found for e in pair} - found:
            found |= more
        return found

    def expected(self, n: int, key: tuple[str, str]) -> str:
        lasts = [self.said[m, key][-1] for m in self.group(n) if (m, key) in self.said]
        return max(lasts, key=_STRICT.__getitem__, default="unknown")

    def tell(self, n: int, key: tuple[str, str], state: str) -> None:
        """Said to the profile: by its survivor, and by every member that has a say."""
        top = self.ids.index(survivors([self.ids[n]])[self.ids[n]])
        for m in self.group(n):
            if m == top or self.said.get((m, key), ["unknown"])[-1] != "unknown":
                last = self.said.get((m, key), [""])[-1]
                if state == "pending" and last == "given":
                    continue
                self.said.setdefault((m, key), []).append(state)

    def at(self) -> Any:
        self.now += timedelta(minutes=1)
        return clock.fixed_at(self.now)

    @rule(n=PEOPLE, key=KEY)
    def give(self, n: int, key: tuple[str, str]) -> None:
        with self.at():
            consent.give(WHO, self.top(n), *key, Said(confirmed=True))
        self.tell(n, key, "given")

    @rule(n=PEOPLE, key=KEY)
    def withdraw(self, n: int, key: tuple[str, str]) -> None:
        with self.at():
            consent.withdraw(WHO, self.top(n), *key)
        self.tell(n, key, "withdrawn")

    @rule(n=PEOPLE)
    def one_click(self, n: int) -> None:
        with self.at():
            consent_self.unsubscribe(Bearer(self.ids[n], address_key("email", f"p{n}@example.com")), "newsletter")
        self.tell(n, KEYS[0], "withdrawn")
        assert self.blocked(n)

    @rule(n=PEOPLE)
    def undone(self, n: int) -> None:
        """An edit and its undo leave everything as it was."""
        key = KEYS[1]
        with self.at():
            group = consent.change(WHO, self.top(n), [(*key, "withdrawn", Said())])
        with self.at():
            undo.put_back(WHO, group)

    @rule(target=merges, a=PEOPLE, b=PEOPLE)
    def merge(self, a: int, b: int) -> Any:
        if b in self.group(a):
            with pytest.raises(Refused):
                merge.merge(WHO, self.top(a), self.top(b))
            return None
        with self.at():
            one, other = self.top(a), self.top(b)
            made = merge.merge(WHO, one, other)
        self.edges[made] = (self.ids.index(one), self.ids.index(other))
        return made

    @precondition(lambda self: self.edges)
    @rule(data=st.data())
    def unmerge(self, data: st.DataObject) -> None:
        made = data.draw(st.sampled_from(sorted(self.edges)))
        before = {n: [self.said.get((n, key)) for key in KEYS] for n in range(N)}
        with self.at():
            merge.unmerge(WHO, made)
        del self.edges[made]
        assert before == {n: [self.said.get((n, key)) for key in KEYS] for n in range(N)}

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "ids"):
            return
        known = states_of(self.ids)
        for n, pk in enumerate(self.ids):
            for key in KEYS:
                assert known[pk].get(key, "unknown") == self.expected(n, key), (n, key)

    @invariant()
    def segments_agree(self) -> None:
        if not hasattr(self, "ids"):
            return
        tops = {pk for pk in self.ids if survivors([pk])[pk] == pk}
        for key in KEYS:
            for state in STATES:
                asked = {"all": [{"consent": {"purpose": key[0], "channel": key[1], "state": state}}]}
                expected = {pk for pk in tops if self.expected(self.ids.index(pk), key) == state}
                assert segments.count(asked).n == len(expected), (key, state)

    def top(self, n: int) -> UUID:
        return survivors([self.ids[n]])[self.ids[n]]

    def blocked(self, n: int) -> bool:
        key = address_key("email", f"p{n}@example.com")
        return (key, "newsletter", "email") in withdrawn_addresses([key])


def test_consent_is_what_was_said_by_the_strictest() -> None:
    assert strictest(["given", "unknown"]) == "given"
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=25, stateful_step_count=16, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    assert not Consent.objects.exists()
