"""Promises of living conversations: the policy is noted in the log, the next deadline kept at hand, breaches told once.

What is kept on a conversation (``due_at``, ``due_what``, ``breached_at``) is computed from its log and can be dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from amity.base import clock, live
from amity.desk import happenings, sla_policies
from amity.desk.models import Conversation, Happening, Message, State
from amity.desk.sla import Clock, Fact, clock_of, fact_of_policy
from amity.desk.thread import KIND

FACTS = ("message_in", "message_out", "state", "snoozed", "reopened", "merged", "handed_over", "sla", "paused",
         "resumed")  # fmt: skip
_MATTERS = frozenset(FACTS) | {"queue", "urgency", "person", "taken_over", "unmerged"}
BATCH = 200


def heard(conversation: Conversation, message: Message) -> None:
    """`thread` listener: a message was added. About 4 queries, 2 for an answer: the policy stands."""
    if message.direction != "note" and not message.automatic:
        refresh(conversation, choose=message.direction == "in")


def changed(conversation: Conversation, kinds: Sequence[str]) -> None:
    """`conversations_changes` listener."""
    if _MATTERS.intersection(kinds):
        refresh(conversation)


def refresh(conversation: Conversation, book: sla_policies.Book | None = None, *, choose: bool = True) -> Clock:
    """Note the policy that holds where it changed, and keep the next deadline. In the caller's transaction.

    ``choose`` False: the policy in the log stands.
    """
    log = logs([conversation.pk])[conversation.pk]
    told = clock_of(log)
    if choose and conversation.state not in (State.SOLVED, State.SPAM) and conversation.merged_into_id is None:
        told = _with_policy(conversation, told, log, book or sla_policies.book())
    _keep(conversation, told, clock.now())
    return told


def logs(ids: Iterable[UUID]) -> dict[UUID, list[Fact]]:
    """The part of their logs that clocks are computed from, in order. 1 query."""
    found: dict[UUID, list[Fact]] = {pk: [] for pk in ids}
    rows = Happening.objects.filter(conversation_id__in=list(found), kind__in=FACTS).order_by("at", "id")
    for pk, kind, at, by, data in rows.values_list("conversation_id", "kind", "at", "by", "data"):
        found[pk].append(Fact(kind, at, by, data))
    return found


def breach_due() -> int:
    """Write down promises that were broken since, each once; returns how many. At most 200 conversations."""
    now = clock.now()
    due = Conversation.objects.filter(due_at__lt=now).filter(Q(breached_at=None) | Q(due_at__gt=F("breached_at")))
    with transaction.atomic():
        rows = list(due.select_for_update(skip_locked=True).order_by("due_at", "id")[:BATCH])
        if not rows:
            return 0
        log, known = logs([row.pk for row in rows]), _known_breaches([row.pk for row in rows])
        written = sum(_write(row, clock_of(log[row.pk]), known, now) for row in rows)
        live.tell(KIND, [row.pk for row in rows])
    return written


def mend(limit: int = 500) -> int:
    """Bring what is kept in line with the log and the settings of now, oldest-checked first; returns how many."""
    book = sla_policies.book()
    alive = Conversation.objects.filter(merged_into=None).exclude(state__in=(State.SOLVED, State.SPAM))
    ids = list(alive.order_by("-last_at").values_list("pk", flat=True)[:limit])
    for pk in ids:
        with transaction.atomic():
            row = Conversation.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
            if row is not None:
                refresh(row, book)
    return len(ids)


def _with_policy(conversation: Conversation, told: Clock, log: list[Fact], book: sla_policies.Book) -> Clock:
    if not book.rows and told.policy is None:
        return told
    policy, hours = sla_policies.policy_for(conversation, book)
    if policy == told.policy and (policy is None or hours == told.hours):
        return told
    at = max([clock.now(), *(each.at for each in log[-1:])])
    happenings.note(conversation, "sla", data=fact_of_policy(policy, hours), at=at)
    return clock_of(logs([conversation.pk])[conversation.pk])


def _keep(conversation: Conversation, told: Clock, now: datetime) -> None:
    """Write what is kept, where it changed. 0 or 1 query."""
    broken = {(each.what, each.started_at): each.breached_at for each in told.breaches(now) if not each.ended_at}
    left = [each for each in told.open if each.due_at and (each.what, each.started_at) not in broken]
    first = min(left, key=lambda each: (each.due_at, each.what), default=None)
    kept = {
        "due_at": first.due_at if first else max((at for at in broken.values() if at), default=None),
        "due_what": first.what if first else next((what for what, _since in broken), ""),
        "breached_at": max((at for at in broken.values() if at), default=None),
    }
    if first is None:
        kept["breach_chance"] = None
    changed_ = {name: value for name, value in kept.items() if getattr(conversation, name) != value}
    for name, value in changed_.items():
        setattr(conversation, name, value)
    if changed_:
        Conversation.objects.filter(pk=conversation.pk).update(**changed_)


def _known_breaches(ids: list[UUID]) -> set[tuple[UUID, str, str]]:
    rows = Happening.objects.filter(conversation_id__in=ids, kind="breached")
    return {(pk, data["what"], data["since"]) for pk, data in rows.values_list("conversation_id", "data")}


def _write(row: Conversation, told: Clock, known: set[tuple[UUID, str, str]], now: datetime) -> int:
    written = 0
    for each in told.breaches(now):
        since = each.started_at.isoformat()
        if (row.pk, each.what, since) in known or each.breached_at is None:
            continue
        data = {"what": each.what, "since": since, "policy": told.policy.key if told.policy else ""}
        happenings.note(row, "breached", data=data, at=each.breached_at)
        written += 1
    _keep(row, told, now)
    return written
