"""The clock of promises, beside a stopwatch that counts every minute."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from amity.desk.hours import ALWAYS, BusinessHours, read_day
from amity.desk.sla import Clock, Fact, Policy, Promise, clock_of, fact_of_policy, policy_of_fact

OFFICE = BusinessHours("Europe/Berlin", (read_day("09:00-12:00, 13:00-17:00"),) * 5 + ((), ()))
GOLD = Policy("gold", "Gold", first_reply=60, next_reply=120, resolution=480)
MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)  # nine o'clock in Berlin


def fact(minutes: int, kind: str, by: str = "system", **data: Any) -> Fact:
    return Fact(kind, MONDAY + timedelta(minutes=minutes), by, data)


def told(clock: Clock, now: int) -> list[tuple[str, str]]:
    broken = {(each.what, each.started_at) for each in clock.breaches(MONDAY + timedelta(minutes=now))}
    rows = [*clock.over, *clock.open]
    return [(each.what, each.outcome or ("late" if (each.what, each.started_at) in broken else "")) for each in rows]


def test_replies_are_kept_or_late_and_a_reopening_owes_a_new_resolution() -> None:
    log = [fact(0, "message_in", "customer"), fact(30, "message_out", "staff"), fact(40, "message_in", "customer"),
           fact(400, "message_out", "staff"), fact(410, "state", "staff", to="solved")]  # fmt: skip
    clock = clock_of(log, GOLD, OFFICE)
    assert told(clock, 500) == [("first_reply", "kept"), ("next_reply", "late"), ("resolution", "kept")]
    assert clock.due is None
    again = clock.after(fact(500, "message_in", "customer")).after(fact(500, "reopened", "customer", to="open"))
    assert [each.what for each in again.open] == ["next_reply", "resolution"]


def test_automatic_mail_starts_and_ends_nothing_and_the_bot_takes_a_promise_back() -> None:
    assert clock_of([fact(0, "message_in", "customer", automatic="list")], GOLD, OFFICE).open == ()
    log = [fact(0, "message_in", "customer"), fact(1, "message_out", "staff", automatic="ours")]
    assert clock_of(log, GOLD, OFFICE).due.what == "first_reply"  # type: ignore[union-attr]
    log = [fact(0, "message_in", "customer"), fact(1, "message_out", "bot"), fact(90, "handed_over")]
    clock = clock_of(log, GOLD, ALWAYS)
    assert told(clock, 91) == [("first_reply", "withdrawn"), ("resolution", ""), ("first_reply", "")]
    assert clock.due.due_at == MONDAY + timedelta(minutes=150)  # type: ignore[union-attr]


def test_waiting_for_the_customer_stops_the_resolution_but_not_the_reply_that_is_owed() -> None:
    log = [fact(0, "message_in", "customer"), fact(10, "state", "staff", to="pending")]
    running = {each.what: each.due_at for each in clock_of(log, GOLD, ALWAYS).open}
    assert running == {"first_reply": MONDAY + timedelta(minutes=60), "resolution": None}
    snoozed = clock_of([*log, fact(20, "snoozed", "staff", to="snoozed")], GOLD, ALWAYS)
    assert snoozed.due is None
    woken = snoozed.after(fact(500, "state", to="open"))
    assert {each.what: each.due_at for each in woken.open} == {
        "first_reply": MONDAY + timedelta(minutes=540), "resolution": MONDAY + timedelta(minutes=970),
    }  # fmt: skip


def test_another_policy_counts_the_time_that_was_spent() -> None:
    log = [fact(0, "message_in", "customer"), fact(50, "sla", **fact_of_policy(Policy("s", "S", 40), OFFICE))]
    clock = clock_of(log, GOLD, OFFICE)
    assert told(clock, 51) == [("resolution", "withdrawn"), ("first_reply", "late")]
    assert policy_of_fact(fact_of_policy(GOLD, OFFICE)) == (GOLD, OFFICE)


KINDS = st.one_of(
    st.sampled_from([("message_in", "customer", {}), ("message_in", "customer", {"automatic": "list"}),
                     ("message_out", "staff", {}), ("message_out", "bot", {}), ("handed_over", "bot", {}),
                     ("paused", "staff", {}), ("resumed", "staff", {}),
                     ("sla", "system", fact_of_policy(Policy("s", "S", 30, 45, 300, pause_pending=False), OFFICE))]),
    st.sampled_from(["open", "pending", "snoozed", "solved"]).map(lambda to: ("state", "staff", {"to": to})),
)  # fmt: skip
LOGS = st.lists(st.tuples(st.integers(1, 700), KINDS), max_size=9)


def _log(steps: list[tuple[int, Any]]) -> list[Fact]:
    at, log = 0, []
    for gap, (kind, by, data) in steps:
        at += gap
        log.append(fact(at, kind, by, **data))
    return log


def stopwatch(log: list[Fact], end: datetime) -> list[Promise]:
    """Broken promises by counting minutes: every minute that is worked and does not stand still is one more."""
    clock, at, facts, spent, broken = Clock(GOLD, OFFICE), MONDAY, list(log), {}, {}
    while at < end:
        while facts and facts[0].at <= at:
            clock = clock.after(facts.pop(0))
        policy = clock.policy or Policy()
        for each in clock.open:
            key = (each.what, each.started_at)
            stands = clock.held or (clock.state == "snoozed" and policy.pause_snoozed)
            stands |= each.what == "resolution" and clock.state == "pending" and policy.pause_pending
            if not stands and clock.hours.works(at):
                if spent.get(key, 0) >= policy.target(each.what):  # type: ignore[operator]
                    broken.setdefault(key, each)
                spent[key] = spent.get(key, 0) + 60
        at += timedelta(minutes=1)
    return list(broken.values())


@settings(max_examples=25, deadline=None)
@given(LOGS)
def test_the_clock_breaks_what_a_stopwatch_breaks(steps: list[tuple[int, Any]]) -> None:
    log = _log(steps)
    end = (log[-1].at if log else MONDAY) + timedelta(minutes=600)
    clock = clock_of(log, GOLD, OFFICE)
    assert {(each.what, each.started_at) for each in clock.breaches(end)} == {
        (each.what, each.started_at) for each in stopwatch(log, end)
    }


@settings(max_examples=60, deadline=None)
@given(LOGS, st.integers(0, 9))
def test_step_by_step_is_the_same_as_all_at_once(steps: list[tuple[int, Any]], cut: int) -> None:
    log = _log(steps)
    clock = clock_of(log[:cut], GOLD, OFFICE)
    for each in log[cut:]:
        clock = clock.after(each)
    assert clock == clock_of(log, GOLD, OFFICE)
    for each in clock.open:
        assert (each.due_at is None) == (each.running_since is None)
