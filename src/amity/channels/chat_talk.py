"""Web chat: what a visitor says, taken in like the messages of every other channel; and how open chats hear of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from amity.base import clock, live
from amity.base.errors import Refused
from amity.base.ids import read_id
from amity.channels import attaching
from amity.channels.chat import Visitor, person_of, room_of
from amity.channels.models import Outgoing
from amity.channels.receiving import Incoming, Taken, receive
from amity.channels.receiving_models import Attachment

TALK = "chat"  # what open chats of visitors hear of: there is something new to read
CHANNEL = "chat"
MAX_TEXT, MAX_FILES = 4_000, 5
_WAITS = timedelta(hours=1)  # a file without a message
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


def say(about: Visitor, message_id: str, text: str, files: Sequence[UUID] = ()) -> Taken:
    """Take in what a visitor says; the same ``message_id`` of the browser is one message. About 15 queries.

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
            name=about.name, files=tuple(files), person_id=person_of(about), account_kind=CHANNEL,
        )
    )  # fmt: skip


def give_file(about: Visitor, name: str, content: bytes, declared_type: str = "") -> UUID:
    """Keep a file that a visitor sends, until a message takes it along. Raises `Refused` for what is not kept."""
    file_id = attaching.attach(about.account_id, name, content, person_of(about), declared_type)
    kept = attaching.files([file_id])[file_id]
    if kept.refused:
        raise Refused("file_refused", str(kept.refused), 415)
    return file_id


def own_files(about: Visitor, ids: Sequence[str]) -> list[UUID]:
    """Those of ``ids`` that this visitor gave and no message has taken yet. 1 query, none without ids."""
    wanted = [known for each in ids[:MAX_FILES] if (known := read_id(each))]
    if not wanted or about.person_id is None:
        return []
    rows = Attachment.objects.filter(
        pk__in=wanted, person_id=about.person_id, received=None, message_id=None, created_at__gt=clock.now() - _WAITS
    )
    found = set(rows.values_list("pk", flat=True))
    return [each for each in wanted if each in found]


def tell(account_id: UUID, address: str) -> None:
    """Open chats of this visitor hear, when the transaction commits, that something is new. 1 query."""
    live.tell(TALK, [room_of(account_id, address)])


def states_of(outgoing_ids: Iterable[UUID]) -> dict[UUID, str]:
    """What became of messages on their way out. 1 query."""
    return dict(Outgoing.objects.filter(pk__in=list(outgoing_ids)).values_list("pk", "state"))
