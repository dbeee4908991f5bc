"""Before "hello": what somebody needs to know about a conversation, at most five lines, each with its source."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amity.access import api as access
from amity.base import words
from amity.desk import conversations, handing
from amity.desk.conversations import ConversationView
from amity.desk.inbox import TONES
from amity.desk.models import Message

MOST = 5
ORDER = ("who", "wanted", "promised", "open", "tone")


@dataclass(frozen=True, slots=True)
class Line:
    """One line; ``kind`` of `ORDER`; ``url``: where it is from."""

    kind: str
    text: str
    url: str


def lines(principal: access.Principal, view: ConversationView, members: list[UUID]) -> list[Line]:
    """What the desk knows: what they last wanted, what was promised, open conversations, tone. 3 queries.

    ``members``: the person, and all that were merged into them.
    """
    others = [each for each in conversations.of_person(principal, members) if each.id != view.id] if members else []
    found = [_wanted(view, others[0] if others else None)]
    promises = handing.promises_to(members, 1) if members else []
    if promises:
        first = promises[0]
        text = _("{what}, until {day}").format(what=first.promise, day=words.day(timezone.localdate(first.due_at)))
        found.append(Line("promised", text, reverse("conversation", args=[first.conversation_id])))
    waiting = [each for each in others if each.state in ("open", "pending", "snoozed")]
    if waiting:
        n = len(waiting)
        told = ngettext("{n} other open conversation", "{n} other open conversations", n).format(n=n)
        found.append(Line("open", told, reverse("conversation", args=[waiting[0].id])))
    if view.tone in TONES and view.tone != "neutral":
        label = str(TONES[view.tone])
        text = f"{label}: “{view.tone_phrase}”" if view.tone_phrase else label
        found.append(Line("tone", text, reverse("conversation", args=[view.id]) + "#thread"))
    return [each for each in found if each.text]


def merged(found: list[Line]) -> list[Line]:
    """Lines of several rooms as one brief: a line per kind, in order, at most five. Pure."""
    by_kind: dict[str, list[Line]] = {}
    for each in found:
        by_kind.setdefault(each.kind, []).append(each)
    told = []
    for kind in ORDER:
        if several := by_kind.get(kind):
            told.append(Line(kind, " · ".join(each.text for each in several), several[0].url))
    return told[:MOST]


def _wanted(view: ConversationView, before: ConversationView | None) -> Line:
    """What they last wanted: the conversation before this one, else their first words here."""
    if before is not None:
        text = before.intent or before.title
        return Line("wanted", f"{text} ({before.state_label})"[:200], reverse("conversation", args=[before.id]))
    first = Message.objects.filter(conversation_id=view.id, direction="in").order_by("at", "seq").first()
    text = view.intent or (" ".join(first.text.split())[:160] if first else "")
    return Line("wanted", text, reverse("conversation", args=[view.id]) + "#thread")
