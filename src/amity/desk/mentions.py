"""Colleagues who are named in notes: found in the text, told, and listed until they have looked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import live
from amity.base.errors import NotFound, Refused
from amity.desk import conversations
from amity.desk.models import Conversation, Mention, Message

MOST = 20


def named_in(text: str, staff: Iterable[tuple[UUID, str]]) -> list[UUID]:
    """Staff whose ``@Full name``, or ``@First`` where one person is called so, stands in ``text``. Pure."""
    known = [(name, pk) for pk, name in staff if name.strip()]
    first: dict[str, list[UUID]] = {}
    for name, pk in known:
        first.setdefault(name.split()[0].casefold(), []).append(pk)
    handles = {name.casefold(): pk for name, pk in known}
    handles |= {word: ids[0] for word, ids in first.items() if len(ids) == 1 and word not in handles}
    if not handles:
        return []
    longest = sorted(map(re.escape, handles), key=len, reverse=True)
    found = re.findall(rf"(?<!\w)@({'|'.join(longest)})(?!\w)", text.casefold())
    return list(dict.fromkeys(handles[each] for each in found))


def check(conversation: Conversation, staff_ids: Sequence[UUID]) -> None:
    """Raise `Refused` for a colleague who does not see the conversation: a note would tell them of it."""
    for staff_id in staff_ids[: MOST + 1]:
        try:
            reader = access.principal_by_id(staff_id)
        except NotFound:
            reader = None
        seen = reader and reader.may(conversations.SEE) and conversations.rows_of(reader).filter(pk=conversation.pk)
        if not seen or not seen.exists():
            name = access.staff_names([staff_id]).get(staff_id, "")
            raise Refused("out_of_sight", _("{name} does not see this conversation.").format(name=name))
    if len(staff_ids) > MOST:
        raise Refused("too_many", _("A note names at most 20 colleagues."))


def keep(message: Message, staff_ids: Sequence[UUID]) -> None:
    """Remember who was named; their open pages are told. In the caller's transaction."""
    Mention.objects.bulk_create(
        [Mention(conversation_id=message.conversation_id, message=message, staff_id=each) for each in staff_ids]
    )
    live.tell("mention", staff_ids)


def waiting(principal: access.Principal) -> int:
    """How many conversations name the reader in a note that they have not seen. 1 query."""
    me = access.own_id(principal)
    rows = Mention.objects.filter(conversations.sight(principal, "conversation__"), staff_id=me)
    return rows.filter(seen_at=None, message__withdrawn_at=None).values("conversation").distinct().count()


def register_hearing() -> None:
    """Pages may listen for one's own mentions."""
    live.register("mention", lambda principal, ids: {str(principal.staff_id)} & ids)
