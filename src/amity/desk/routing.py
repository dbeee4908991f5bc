"""Giving conversations to people: rules say where, `routing_choice` says to whom, the log keeps why.

One routing at a time (an advisory lock of Postgres), so that nobody gets more than they have room for; rows that
somebody else is changing are left for the next time, which is at most a minute away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from amity.base import clock, live
from amity.desk import agents, happenings, routing_rules, sla_keeping, sla_policies
from amity.desk.agents import JOB, soon
from amity.desk.models import Conversation, Message, RoutingRule, RoutingSettings, State
from amity.desk.routing_choice import HOLD, WEIGHTS, Case, Choice, Seat, plan
from amity.desk.routing_rules import About, Rule, Verdict
from amity.desk.sla import REPLIES, clock_of
from amity.desk.thread import KIND

BATCH, BATCHES = 200, 10
GRACE = timedelta(minutes=10)  # after which conversations of who is gone are given to others
SETTLE = timedelta(seconds=20)  # that understanding may take before a message is routed without it
_NEEDED = frozenset(("reopened", "queue", "handed_over", "urgency", "understood"))
_LOCK = 0x524F5554
_LAST = """
SELECT DISTINCT ON (c.person_id) c.person_id, m.staff_id FROM desk_message m
JOIN desk_conversation c ON c.id = m.conversation_id
WHERE c.person_id = ANY(%s) AND m.direction = 'out' AND m.author = 'staff' AND m.staff_id IS NOT NULL
  AND m.withdrawn_at IS NULL
ORDER BY c.person_id, m.at DESC
"""
_WORDS = """
SELECT DISTINCT ON (m.conversation_id) m.conversation_id, left(m.text, 2000) FROM desk_message m
WHERE m.conversation_id = ANY(%s) AND m.direction = 'in' AND m.automatic = '' ORDER BY m.conversation_id, m.seq DESC
"""


def heard(conversation: Conversation, message: Message) -> None:
    """`thread` listener: what the customer wrote and nobody has is routed, by a job after this transaction.

    A first message is routed once it was understood (`changed`), or within a minute if that fails.
    """
    if message.direction == "in" and not message.automatic and conversation.understood_at and _wants(conversation):
        soon()
    if message.direction == "out" and message.author == "staff" and message.staff_id:
        agents.seen(message.staff_id)


def changed(conversation: Conversation, kinds: Sequence[str]) -> None:
    """`conversations_changes` listener: room became free, or somebody is needed."""
    freed = {"state", "snoozed", "assigned"}.intersection(kinds)
    needed = _wants(conversation) and _NEEDED.intersection(kinds)
    if needed or (freed and conversation.state != State.OPEN):
        soon()


def route(conversation_id: UUID, why: str = "asked") -> Choice | None:
    """Route one conversation now; None where nobody has room, it waits for somebody better, or it needs nobody."""
    return next(iter(route_waiting([conversation_id], why)), None)


def route_waiting(only: Iterable[UUID] = (), why: str = "waiting") -> list[Choice]:
    """Apply the rules to what waits and give out what can be, the most pressing first. About 12 queries per 200.

    At most 2,000 are looked at: those that nobody can take must not keep others from who is free. Conversations that
    the bot has, that are put off, or that a person was given, are left alone.
    """
    made: list[Choice] = []
    with transaction.atomic():
        _alone()
        steering = settings()
        seen: list[UUID] = []
        for _n in range(BATCHES if steering.enabled else 0):
            rows = _waiting(list(only), seen)
            made += _give_out(rows, why, steering)
            seen += [row.pk for row in rows]
            if len(rows) < BATCH:
                break
        if made:
            live.tell(KIND, [UUID(choice.case) for choice in made])
            live.tell(agents.KIND, {choice.seat for choice in made})
    return made


def _give_out(rows: list[Conversation], why: str, steering: Steering) -> list[Choice]:
    """What is given out of these; about 10 queries, none without rows."""
    if not rows:
        return []
    cases = _cases(rows, sla_policies.book())
    made = plan([each.case for each in cases], agents.seats(), steering.weights, steering.hold)
    known = {each.case.key: each for each in cases}
    for choice in made:
        _give(known[choice.case], choice, why, steering.weights)
    return made


def take_from_absent() -> int:
    """Conversations whose agent is gone and whose customer waits go back; returns how many. Then route."""
    now = clock.now()
    with transaction.atomic():
        gone = _gone(now)
        waits = Conversation.objects.filter(state=State.OPEN, assignee_id__in=gone, merged_into=None)
        waits = waits.filter(waiting_since__lt=now - GRACE)
        rows = list(waits.select_for_update(of=("self",), skip_locked=True)[:BATCH])
        for row in rows:
            was, row.assignee_id = row.assignee_id, None
            row.save(update_fields=["assignee"])
            happenings.note(row, "assigned", data={"from": str(was), "to": None, "why": "absent"})
        live.tell(KIND, [row.pk for row in rows])
    return len(rows)


class Steering:
    """What weighs how much, and whether conversations are given out at all."""

    def __init__(self, row: RoutingSettings | None) -> None:
        told = row.weights if row else {}
        self.enabled = row.enabled if row else True
        self.weights = {name: float(told.get(name, weight)) for name, weight in WEIGHTS.items()}
        self.hold = float(told.get("hold", HOLD))
        self.valuable = int(told.get("valuable_from") or sla_policies.VALUABLE)


def settings() -> Steering:
    """The weights of now. 1 query."""
    return Steering(RoutingSettings.objects.order_by("id").first())


def rules() -> list[Rule]:
    """Rules in force, in order. 1 query."""
    rows = RoutingRule.objects.filter(archived_at=None, enabled=True).order_by("position", "id")
    return [Rule(str(row.pk), row.name, row.when, row.then) for row in rows]


class Waiting:
    """A conversation that waits, with what the rules say of it."""

    def __init__(self, row: Conversation, verdict: Verdict, case: Case) -> None:
        self.row, self.verdict, self.case = row, verdict, case


def about_of(row: Conversation, level: int = 0, text: str = "") -> About:
    """A conversation as rules see it."""
    return About(
        row.channel, row.language, row.intent, row.urgency, str(row.queue_id or ""), level, row.tone,
        f"{row.subject} {text}".lower(),
    )  # fmt: skip


def _wants(row: Conversation) -> bool:
    return row.state == State.OPEN and row.assignee_id is None and row.handler == "staff" and not row.merged_into_id


def _alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _waiting(only: list[UUID], seen: list[UUID]) -> list[Conversation]:
    rows = Conversation.objects.filter(
        Q(waiting_since__isnull=False), state=State.OPEN, assignee=None, handler="staff", merged_into=None
    ).exclude(pk__in=seen)
    if only:
        rows = rows.filter(pk__in=only)
    else:
        rows = rows.filter(Q(understood_at__isnull=False) | Q(customer_at__lt=clock.now() - SETTLE))
    return list(rows.select_for_update(of=("self",), skip_locked=True).order_by("due_at", "waiting_since")[:BATCH])


def _cases(rows: Sequence[Conversation], book: sla_policies.Book) -> list[Waiting]:
    """What the rules make of them, written down where they change something. 5 queries and those changes."""
    ids, people = [row.pk for row in rows], [row.person_id for row in rows if row.person_id]
    known = rules()
    levels = sla_policies.levels(people, book.valuable)
    last, words = _pairs(_LAST, people), _pairs(_WORDS, ids)
    verdicts = []
    for row in rows:
        level = levels.get(row.person_id, 0) if row.person_id else 0
        verdict = routing_rules.decide(known, about_of(row, level, words.get(row.pk, "")))
        _apply(row, verdict, book)
        verdicts.append((row, verdict, level))
    logs, now = sla_keeping.logs(ids), clock.now()
    return [
        Waiting(row, verdict, _case(row, verdict, level, _last_of(row, last), logs[row.pk], now))
        for row, verdict, level in verdicts
    ]


def _case(row: Conversation, verdict: Verdict, level: int, last: str, log: Any, now: datetime) -> Case:
    told = clock_of(log)
    promise = next((each for each in told.open if each.what in REPLIES and each.running_since), None)
    left = None
    if promise is not None and promise.running_since is not None:
        left = promise.target - promise.spent - told.hours.between(promise.running_since, now)
    return Case(
        str(row.pk), row.channel, str(row.queue_id or ""), row.language.partition("-")[0], verdict.skill, row.urgency,
        level, left, promise.target if promise else None, last, (row.waiting_since or row.started_at).timestamp(),
    )  # fmt: skip


def _apply(row: Conversation, verdict: Verdict, book: sla_policies.Book) -> None:
    """Write down what the rules changed about a conversation; what a person set is not set again."""
    said: dict[str, dict[str, Any]] = {}
    if (
        verdict.queue
        and verdict.queue != str(row.queue_id or "")
        and not row.log.filter(kind="queue", by="staff").exists()
    ):
        said["queue"] = {
            "from": str(row.queue_id or "") or None,
            "to": verdict.queue,
            "rule": verdict.rules.get("queue"),
        }
        row.queue_id = UUID(verdict.queue)
    if verdict.urgency != row.urgency and not row.log.filter(kind="urgency", by="staff").exists():
        said["urgency"] = {"from": row.urgency, "to": verdict.urgency, "rule": verdict.rules.get("urgency")}
        row.urgency = verdict.urgency
    if said:
        row.save(update_fields=["queue", "urgency"])
        for kind, data in said.items():
            happenings.note(row, kind, data=data)
        sla_keeping.refresh(row, book)


def _give(waiting: Waiting, choice: Choice, why: str, weights: dict[str, float]) -> None:
    row, case = waiting.row, waiting.case
    row.assignee_id = UUID(choice.seat)
    row.save(update_fields=["assignee"])
    data = {
        "from": None, "to": choice.seat, "why": why, "score": choice.score, "parts": dict(choice.parts),
        "weights": weights, "skill": case.skill, "language": case.language, "left": case.left,
        "second": choice.second or None, "second_score": choice.second_score, "rules": dict(waiting.verdict.rules),
    }  # fmt: skip
    happenings.note(row, "assigned", data=data)


def _gone(now: datetime) -> list[UUID]:
    from amity.desk.models import Agent

    rows = Agent.objects.filter(archived_at=None).select_related("staff")
    return [
        row.staff_id
        for row in rows
        if not row.staff.is_active
        or (row.seen_at is not None and row.seen_at < now - GRACE)
        or (row.status != "available" and row.status_at < now - GRACE)
    ]


def _last_of(row: Conversation, last: dict[UUID, Any]) -> str:
    return str(last.get(row.person_id) or "") if row.person_id else ""


def _pairs(sql: str, ids: Sequence[UUID]) -> dict[UUID, Any]:
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(ids)])
        return dict(cursor.fetchall())


__all__ = ["JOB", "Seat", "changed", "heard", "route", "route_waiting", "rules", "settings", "soon", "take_from_absent"]
