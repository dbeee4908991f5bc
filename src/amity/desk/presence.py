"""Who looks at a conversation or writes in it, right now: told to open pages through NOTIFY, nothing is stored."""

from __future__ import annotations

from uuid import UUID

from amity.access import api as access
from amity.base import live
from amity.base.errors import Refused
from amity.desk import agents, conversations
from amity.desk.thread import KIND

DOES = ("looks", "writes", "left")


def tell(principal: access.Principal, conversation_id: UUID, does: str) -> None:
    """Tell open pages of a conversation what the principal does there. 2 queries."""
    if does not in DOES:
        raise Refused("bad_presence", "looks, writes, left", 400)
    conversations.get(principal, conversation_id)
    if principal.staff_id is not None:
        agents.seen(principal.staff_id)
    live.say(KIND, conversation_id, {"who": principal.name, "id": str(principal.staff_id), "does": does})
