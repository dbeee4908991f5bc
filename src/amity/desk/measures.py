"""What the desk did, from the log of conversations: volume, replies, resolution, handling, content customers.

A conversation belongs to the day it was opened. Its queue, agent, channel and intent are those it has now. Handling is
what lies between an agent's own actions: from the later of their action before (anywhere) and the customer's last
message to the reply, note or change itself, at most 15 minutes each; nobody's screen is watched.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from statistics import mean, median
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, live, undo
from amity.base.errors import NotFound, Refused
from amity.base.ids import read_id
from amity.desk import conversations, happenings, resolution
from amity.desk.models import Conversation, Happening
from amity.desk.resolution import Case, Share
from amity.desk.thread import KIND

RIGHT = "desk.manage"
UNDO = "desk.judgement"
PERIODS = (7, 28, 90)  # days
BY = ("queue", "agent", "channel", "intent")
MOST, CAP_S = 50_000, 900
_COLUMNS = {"queue": "queue_id", "agent": "assignee_id", "channel": "channel", "intent": "intent"}
_CASES = """
WITH f AS (
  SELECT h.*, min(h.at) FILTER (WHERE h.kind = 'state' AND h.data ->> 'to' = 'solved')
    OVER (PARTITION BY h.conversation_id) AS ended
  FROM desk_happening h WHERE h.conversation_id = ANY(%s)
)
SELECT f.conversation_id,
  min(f.at) FILTER (WHERE f.kind = 'message_in' AND coalesce(f.data ->> 'automatic', '') = '') AS first_in,
  min(f.at) FILTER (WHERE f.kind = 'message_out' AND f.by = 'staff') AS first_reply,
  min(f.ended) AS ended,
  min(f.at) FILTER (WHERE f.kind = 'message_in' AND coalesce(f.data ->> 'automatic', '') = '' AND f.at > f.ended),
  least(
    min(f.at) FILTER (WHERE f.kind = 'reopened' AND f.at >= f.ended),
    (SELECT min(o.started_at) FROM desk_conversation c JOIN desk_conversation o ON o.person_id = c.person_id
      AND o.id <> c.id AND o.intent = c.intent AND o.merged_into_id IS NULL AND o.state <> 'spam'
      WHERE c.id = f.conversation_id AND o.started_at > min(f.ended))
  ),
  coalesce(bool_or(f.kind = 'message_out' AND f.by = 'bot'), false),
  coalesce(bool_or(f.kind = 'message_out' AND f.by = 'staff'), false),
  coalesce(bool_or(f.kind = 'handed_over'), false),
  coalesce(bool_or(f.kind = 'sla' AND f.data ->> 'policy' IS NOT NULL), false),
  coalesce(bool_or(f.kind = 'breached'), false),
  (array_agg((f.data ->> 'score')::int ORDER BY f.at DESC, f.id DESC) FILTER (WHERE f.kind = 'csat'))[1],
  (array_agg((f.data ->> 'resolved')::bool ORDER BY f.at DESC, f.id DESC) FILTER (WHERE f.kind = 'judged'))[1]
FROM f GROUP BY f.conversation_id
"""
_HANDLING = """
WITH acts AS (
  SELECT conversation_id, at, kind, lag(at) OVER (PARTITION BY staff_id ORDER BY at, id) AS before FROM desk_happening
  WHERE by = 'staff' AND staff_id IS NOT NULL AND at >= %s AND at < %s
)
SELECT a.conversation_id, sum(least(extract(epoch FROM a.at - greatest(a.before, (
    SELECT max(m.at) FROM desk_happening m
    WHERE m.conversation_id = a.conversation_id AND m.kind = 'message_in' AND m.at < a.at
  ))), %s))
FROM acts a WHERE a.conversation_id = ANY(%s) AND a.kind IN ('message_out', 'note', 'state', 'handed_over', 'intent')
GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which conversations: the last ``days``, and values of `BY` to narrow down to."""

    days: int = 28
    queue: str = ""
    agent: str = ""
    channel: str = ""
    intent: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """Of some conversations. Times in seconds of the clock on the wall; shares 0 to 1; None: nothing to tell."""

    key: str
    volume: int
    first_response: float | None  # median
    resolution: float | None  # median
    breached: Share
    again: Share  # came again within 7 days, of those that ended 7 days ago
    handling: float | None  # mean
    csat: float | None  # mean, 1 to 5
    rated: int
    resolved: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Measures:
    """All of them together, day by day, and in groups."""

    whole: Summary
    days: tuple[tuple[date, int], ...]
    groups: tuple[Summary, ...]
    until: datetime


def measures(principal: access.Principal, asked: Asked, by: str = "queue") -> Measures:
    """Everything the page shows. 3 queries; raises `Forbidden`. About 1 s per 20,000 conversations."""
    found, now = cases(principal, asked), clock.now()
    groups: dict[str, list[Case]] = defaultdict(list)
    for each in found:
        groups[str(getattr(each, _field(by)) or "")].append(each)
    counted = Counter(timezone.localdate(each.started) for each in found)
    first = timezone.localdate(now - timedelta(days=asked.days))
    days = tuple((first + timedelta(days=n), counted[first + timedelta(days=n)]) for n in range(asked.days + 1))
    told = [summary(key, rows, now) for key, rows in groups.items()]
    return Measures(summary("", found, now), days, tuple(sorted(told, key=lambda each: -each.volume)), now)


def cases(principal: access.Principal, asked: Asked) -> list[Case]:
    """The conversations behind, newest first, at most 50,000. 3 queries."""
    access.require(principal, RIGHT)
    now = clock.now()
    since = now - timedelta(days=asked.days)
    rows = Conversation.objects.filter(conversations.sight(principal), _narrow(asked), merged_into=None)
    rows = rows.filter(started_at__gte=since).exclude(state="spam").order_by("-started_at", "-id")
    names = (
        "pk", "number", "started_at", "channel", "queue_id", "assignee_id", "intent", "subject", "opening", "snippet",
    )  # fmt: skip
    base = list(rows.values_list(*names)[:MOST])
    ids = [row[0] for row in base]
    facts, handling = _facts(ids), _handling(ids, since, now)
    return [_case(row, facts.get(row[0], ()), handling.get(row[0])) for row in base]


def summary(key: str, rows: Sequence[Case], now: datetime) -> Summary:
    """The figures of some conversations."""
    replies = [
        (each.first_reply - each.first_in).total_seconds() for each in rows if each.first_reply and each.first_in
    ]
    ends = [(each.ended - each.started).total_seconds() for each in rows if each.ended]
    handled = [each.handling for each in rows if each.handling is not None]
    rated = [each.csat for each in rows if each.csat]
    again = [not told for each in rows if (told := resolution.verdict("true", each, now)) is not None]
    return Summary(
        key, len(rows), median(replies) if replies else None, median(ends) if ends else None,
        _share("breached", [each.breached for each in rows if each.promised]), _share("again", again),
        mean(handled) if handled else None, mean(rated) if rated else None, len(rated),
        tuple(resolution.shares(rows, now)),
    )  # fmt: skip


def judge(principal: access.Principal, conversation_id: UUID, resolved: bool) -> UUID:
    """A colleague says whether a conversation was resolved; the last word counts. Returns the undo group."""
    access.require(principal, RIGHT)
    conversations.get(principal, conversation_id)
    with transaction.atomic():
        row = Conversation.objects.select_for_update().get(pk=conversation_id)
        last = Happening.objects.filter(conversation=row, kind="judged").order_by("-at", "-id").first()
        mine = happenings.note(row, "judged", "staff", principal.staff_id, {"resolved": resolved})
        access.record(principal, "judged", "conversation", conversation_id, {"resolved": resolved})
        live.tell(KIND, [row.pk])
        before = {"was": last.data.get("resolved") if last else None, "mine": str(mine.pk)}
        return undo.note(principal, UNDO, {"id": str(row.pk)}, before)


def put_back(principal: access.Principal, args: dict[str, Any], before: Any) -> None:
    """`undo` handler: what was said before is the last word again, unless somebody said another since."""
    access.require(principal, RIGHT)
    row = Conversation.objects.select_for_update().filter(pk=args["id"]).first()
    if row is None:
        raise NotFound(_("This is no longer here."))
    last = Happening.objects.filter(conversation=row, kind="judged").order_by("-at", "-id").first()
    if last is None or str(last.pk) != before["mine"]:
        return
    happenings.note(row, "judged", "staff", principal.staff_id, {"resolved": before["was"]})
    access.record(principal, "undo", "conversation", str(row.pk), {"resolved": before["was"]})


def _case(row: Sequence[Any], facts: Sequence[Any], handling: float | None) -> Case:
    names = [each.name for each in fields(Case)]
    told = dict(zip(names, [*row[:7], row[7] or row[8] or row[9], *facts], strict=False))
    return Case(**told, handling=handling)


def _field(by: str) -> str:
    if by not in BY:
        raise Refused("bad_group", _("Choose one of: {ops}.").format(ops=", ".join(BY)))
    return _COLUMNS[by]


def _narrow(asked: Asked) -> Q:
    found = Q()
    for name in (each.name for each in fields(asked) if each.name in BY):
        value = getattr(asked, name)
        if value:
            column = _COLUMNS[name]
            known = read_id(value) or UUID(int=0) if column.endswith("_id") else value
            found &= Q(**{column: None if value == "-" and column.endswith("_id") else known})
    return found


def _facts(ids: Sequence[UUID]) -> Mapping[UUID, tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_CASES, [list(ids)])
        return {row[0]: row[1:] for row in cursor.fetchall()}


def _handling(ids: Sequence[UUID], since: datetime, until: datetime) -> dict[UUID, float]:
    with connection.cursor() as cursor:
        cursor.execute(_HANDLING, [since, until, CAP_S, list(ids)])
        return {pk: float(seconds) for pk, seconds in cursor.fetchall() if seconds is not None}


def _share(name: str, told: Iterable[bool]) -> Share:
    rows = list(told)
    return Share(name, sum(rows), len(rows), *(resolution.wilson(sum(rows), len(rows)) or (None, None)))
