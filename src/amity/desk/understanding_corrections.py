"""What staff say of a reading: the right tone. (The right intent and urgency: `conversations_changes`.)"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.access import api as access
from amity.base import live, undo
from amity.base.errors import Refused
from amity.desk import happenings
from amity.desk.conversations import WORK, locked
from amity.desk.models import Conversation
from amity.desk.thread import KIND

CHANGE = "desk.tone"
TONES = {
    "negative": gettext_lazy("Negative"), "neutral": gettext_lazy("Neutral"), "positive": gettext_lazy("Positive"),
}  # fmt: skip


def set_tone(principal: access.Principal, conversation_id: UUID, tone: str) -> UUID:
    """The tone as a person hears it; it is learned from. Returns the undo group."""
    access.require(principal, WORK)
    if tone not in TONES:
        raise Refused("bad_tone", _("Choose one of: {ops}.").format(ops=", ".join(TONES)))
    with transaction.atomic():
        (row,) = locked(principal, [conversation_id])
        before = [row.tone, row.tone_phrase]
        _set(principal, row, tone, "" if tone == "neutral" else row.tone_phrase)
        return undo.note(principal, CHANGE, {"id": str(row.pk), "tone": tone}, before)


def _put_back(principal: access.Principal, args: dict[str, Any], before: Any) -> None:
    row = Conversation.objects.select_for_update().filter(pk=args["id"]).first()
    if row is not None and row.tone == args["tone"]:
        _set(principal, row, before[0], before[1])


def _set(principal: access.Principal, row: Conversation, tone: str, phrase: str) -> None:
    happenings.note(row, "tone", "staff", principal.staff_id, {"from": row.tone, "to": tone})
    row.tone, row.tone_phrase = tone, phrase
    row.save(update_fields=["tone", "tone_phrase"])
    access.record(principal, "tone", "conversation", row.pk, {"tone": tone})
    live.tell(KIND, [row.pk])


def register() -> None:
    undo.register(CHANGE, undo.Handler(None, _put_back))
