"""Conversations of the past, as another system or the sample company tells them: written whole, each once, removable.

Nothing is sent, routed or understood because of them; clocks of those that are open run from what they say.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from amity.access import api as access
from amity.base import undo
from amity.desk import sla_keeping, sla_policies, thread
from amity.desk.models import Conversation, Happening, Message, State

KIND, RIGHT = "desk.histories", "desk.manage"
_AUTHOR = {"in": "customer", "out": "staff", "note": "staff"}


@dataclass(frozen=True, slots=True)
class Line:
    """Something that was said: in, out or note, by whom of the staff, when."""

    direction: str
    text: str
    at: datetime
    staff_id: UUID | None = None
    staff_name: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """A conversation with its lines in the order of time. ``key``: its id where it comes from.

    ``intent`` is what staff called it, ``tone`` how staff heard it, with the customer's words that show it; ``csat``
    1–5; ``state`` open, pending or solved (as of ``ended_at``).
    """

    key: str
    person_id: UUID | None
    channel: str
    address: str
    subject: str
    lines: tuple[Line, ...]
    account_id: UUID | None = None
    queue_id: UUID | None = None
    assignee_id: UUID | None = None
    language: str = ""
    intent: str = ""
    urgency: int = 1
    state: str = State.SOLVED
    ended_at: datetime | None = None
    csat: int | None = None
    tone: str = ""
    tone_phrase: str = ""


def write(principal: access.Principal, source: str, histories: Sequence[History]) -> dict[str, UUID]:
    """Write down those that are not here yet; returns the conversations of all by their key. About 11 queries, and 6
    for each that is open. Raises `Forbidden`."""
    access.require(principal, RIGHT)
    with transaction.atomic():
        known = _known(source, [each.key for each in histories])
        new = [each for each in histories if each.key not in known and each.lines]
        rows = [_row(each, number) for each, number in zip(new, _numbers(len(new)), strict=True)]
        Conversation.objects.bulk_create(rows)
        pairs = list(zip(new, rows, strict=True))
        Message.objects.bulk_create([m for each, row in pairs for m in _messages(source, each, row)])
        Happening.objects.bulk_create([h for each, row in pairs for h in _facts(each, row)])
        book = sla_policies.book()
        for row in rows:
            if row.state != State.SOLVED:
                sla_keeping.refresh(row, book)
        if rows:
            undo.note(principal, KIND, {"source": source, "ids": [str(row.pk) for row in rows]}, {})
            access.record(principal, "import", "conversation", f"{len(rows)} records", {"source": source})
    return known | {each.key: row.pk for each, row in pairs}


def remove(principal: access.Principal, source: str) -> int:
    """Take every conversation of a source away, with all that was said in it since; returns how many."""
    access.require(principal, RIGHT)
    with transaction.atomic():
        ids = Message.objects.filter(key__startswith=f"past:{source}:", seq=1).values("conversation_id")
        rows = Conversation.objects.filter(pk__in=list(ids.values_list("conversation_id", flat=True)))
        count = rows.count()
        rows.delete()
        access.record(principal, "undo", "conversation", f"{count} records", {"source": source})
    return count


def put_back(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: they were not here; one that went on since stays, with what was told of it."""
    access.require(principal, RIGHT)
    since = Message.objects.filter(conversation_id__in=args["ids"]).exclude(key__startswith=f"past:{args['source']}:")
    went_on = since.values_list("conversation_id", flat=True)
    rows = Conversation.objects.filter(pk__in=args["ids"]).exclude(pk__in=list(went_on))
    access.record(principal, "undo", "conversation", f"{rows.count()} records", {"source": args["source"]})
    rows.delete()


def _known(source: str, keys: Sequence[str]) -> dict[str, UUID]:
    wanted = {_key(source, key, 1): key for key in keys}
    rows = Message.objects.filter(key__in=list(wanted)).values_list("key", "conversation_id")
    return {wanted[key]: pk for key, pk in rows}


def _row(told: History, number: int) -> Conversation:
    spoken = [each for each in told.lines if each.direction != "note"] or list(told.lines)
    asked = [each.at for each in told.lines if each.direction == "in"]
    answered = [each.at for each in told.lines if each.direction == "out"]
    open_since = [at for at in asked if not answered or at > answered[-1]]
    last = spoken[-1]
    first = next((each for way in ("in", "out") for each in told.lines if each.direction == way and each.text), None)
    row = Conversation(
        number=number, person_id=told.person_id, channel=told.channel, account_id=told.account_id,
        address=told.address[:254], subject=told.subject[:900], snippet=thread.line_of(last.text),
        opening=thread.line_of(first.text) if first else "",
        state=told.state, queue_id=told.queue_id, assignee_id=told.assignee_id, urgency=told.urgency,
        language=told.language, intent=told.intent[:80], intent_by="staff" if told.intent else "",
        tone=told.tone, tone_phrase=told.tone_phrase[:200],
        last_seq=len(told.lines), started_at=told.lines[0].at, last_at=last.at,
        customer_at=asked[-1] if asked else None, first_reply_at=answered[0] if answered else None,
        waiting_since=open_since[0] if open_since and told.state != State.SOLVED else None,
        solved_at=told.ended_at if told.state == State.SOLVED else None, csat=told.csat, mark=secrets.token_hex(8),
    )  # fmt: skip
    row.search = thread.found_by(row, last.text)
    return row


def _messages(source: str, told: History, row: Conversation) -> list[Message]:
    return [
        Message(
            conversation=row, seq=seq, key=_key(source, told.key, seq), person_id=told.person_id,
            direction=each.direction, author=_AUTHOR[each.direction], staff_id=each.staff_id,
            author_name=each.staff_name, channel=told.channel, text=each.text, at=each.at,
        )
        for seq, each in enumerate(told.lines, 1)
    ]  # fmt: skip


def _facts(told: History, row: Conversation) -> list[Happening]:
    first, last = told.lines[0], told.lines[-1]
    found: list[tuple[str, str, UUID | None, dict[str, Any], datetime]] = [
        ("opened", "customer", None, {"channel": told.channel}, first.at)
    ]
    for each in told.lines:
        kind = "note" if each.direction == "note" else f"message_{each.direction}"
        data: dict[str, Any] = {"channel": told.channel, "automatic": ""}
        found.append((kind, _AUTHOR[each.direction], each.staff_id, data, each.at))
    if told.assignee_id:
        found.append(("assigned", "staff", told.assignee_id, {"from": None, "to": str(told.assignee_id)}, first.at))
    if told.intent:
        found.append(("intent", "staff", told.assignee_id, {"from": "", "to": told.intent}, last.at))
    if told.state != State.OPEN:
        data = {"from": "open", "to": told.state, "until": None}
        found.append(("state", "staff", told.assignee_id, data, told.ended_at or last.at))
    if told.csat:
        found.append(("csat", "customer", None, {"score": told.csat, "words": ""}, told.ended_at or last.at))
    return [
        Happening(conversation=row, person_id=told.person_id, kind=kind, by=by, staff_id=staff, data=data, at=at)
        for kind, by, staff, data, at in found
    ]


def _key(source: str, key: str, seq: int) -> str:
    return f"past:{source}:{key}:{seq}"[:200]


def _numbers(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('desk_conversation_number') FROM generate_series(1, %s)", [count])
        return [int(number) for (number,) in cursor.fetchall()]


def register() -> None:
    undo.register(KIND, undo.Handler(None, put_back))
