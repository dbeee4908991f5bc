"""What the bot changed for a customer stands in the conversation, and an agent can undo it there for 24 hours."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import live, undo
from amity.base.errors import NotFound, Refused
from amity.desk import conversations, happenings, thread
from amity.desk.conversations import locked
from amity.desk.models import Conversation, Happening


def note(conversation_id: UUID, what: str, group: UUID) -> None:
    """The bot has changed ``what`` (address); ``group`` undoes it. In the caller's transaction. 2 queries."""
    row = Conversation.objects.get(pk=conversation_id)
    happenings.note(row, "changed", "bot", None, {"what": what, "undo": str(group)})


def take_back(principal: access.Principal, conversation_id: UUID, happening_id: UUID) -> None:
    """Undo a change of the bot as who says so; raises `NotFound`, `Refused`, `Forbidden`."""
    access.require(principal, conversations.WORK)
    access.require(principal, "people.edit")
    with transaction.atomic():
        (row,) = locked(principal, [conversation_id])
        said = Happening.objects.filter(pk=happening_id, conversation=row, kind="changed", by="bot").first()
        if said is None or not said.data.get("undo"):
            raise NotFound(_("This is no longer here."))
        if Happening.objects.filter(conversation=row, kind="changed", data__undone=str(said.pk)).exists():
            raise Refused("undone_already", _("This was undone already."), 409)
        group = UUID(said.data["undo"])
        undo.adopt(principal, group)
        undo.put_back(principal, group)
        told = {"what": said.data["what"], "undone": str(said.pk)}
        happenings.note(row, "changed", "staff", principal.staff_id, told)
        live.tell(thread.KIND, [row.pk])
        access.record(principal, "undo", "conversation", row.pk, {"what": said.data["what"], "undo": str(group)})
