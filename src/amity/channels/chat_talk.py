"""Web chat: what a visitor says, taken in like the messages of every other channel; and how open chats hear of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from amity.base import clock, live
from amity.base.errors import Refused
from amity.channels.chat import Visitor, person_of, room_of
from amity.channels.models import Outgoing
from amity.channels.receiving import Incoming, Taken, receive

TALK = "chat"  # what open chats of visitors hear of: there is something new to read
TYPING, LOOKING = "chat_typing", "chat_looking"  # staff types; staff asks whether the visitor is there
VISITOR_TYPING, VISITOR_HERE, VISITOR_GONE, VISITOR_READ = (
    "visitor_typing", "visitor_here", "visitor_gone", "visitor_read",
)  # fmt: skip
CHANNEL = "chat"
MAX_TEXT, MAX_FILES = 4_000, 5
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


def say(about: Visitor, message_id: str, text: str, files: Sequence[UUID] = ()) -> Taken:
    """Take in what a visitor says; the same ``message_id`` of the browser is one message. About 20 queries.

    Raises `Refused` for an empty or over-long text, or an id of another form.
    """
    if not _MESSAGE_ID.fullmatch(message_id):
        raise Refused("bad_id", "A message needs an id of 8 to 64 letters, digits, - and _.", 400)
    text = text.replace("\0", "").strip()
    if not text and not files:
        raise Refused("empty", _("Write something first."))
    if len(text) > MAX_TEXT or len(files) > MAX_FILES:
        raise Refused("too_long", _("This message is too long."), 413)
    return receive(
        Incoming(
            about.account_id, f"{about.room}:{message_id}", CHANNEL, about.address, text, clock.now(),
            name=about.name, files=tuple(files), person_id=person_of(about),
        )
    )  # fmt: skip


def tell(account_id: UUID, address: str, kind: str = TALK) -> None:
    """Open chats of this visitor hear, when the transaction commits, that something is new. 1 query."""
    live.tell(kind, [room_of(account_id, address)])


def states_of(outgoing_ids: Iterable[UUID]) -> dict[UUID, str]:
    """What became of messages on their way out. 1 query."""
    return dict(Outgoing.objects.filter(pk__in=list(outgoing_ids)).values_list("pk", "state"))
