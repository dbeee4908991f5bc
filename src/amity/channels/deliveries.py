"""What became of messages of other rooms, taking one back before it leaves, and hearing when one was settled."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock
from amity.channels.models import Outgoing
from amity.channels.receiving_models import Attachment, Received
from amity.channels.refusals import REASONS

_WAITING = (Outgoing.State.QUEUED, Outgoing.State.HELD)
Hears = Callable[[list[UUID]], None]
_listeners: dict[str, Hears] = {}


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where a message stands: its state (`Outgoing.State`), ``label`` and ``why`` in words, and when it is tried."""

    id: UUID
    state: str
    reason: str
    progress: str
    engine: str
    due_at: datetime
    handed_at: datetime | None

    @property
    def label(self) -> str:
        if self.state == Outgoing.State.SENT and self.engine == "local":
            return _("In the local outbox")
        if self.state == Outgoing.State.SENT and self.progress:
            return str(Outgoing.Progress(self.progress).label)
        return str(Outgoing.State(self.state).label)

    @property
    def why(self) -> str:
        return str(REASONS.get(self.reason, self.reason))

    @property
    def waiting(self) -> bool:
        """It can still be taken back."""
        return self.state in _WAITING and self.due_at > clock.now()


_SHOWN = tuple(Delivery.__dataclass_fields__)


def deliveries(ids: Iterable[UUID]) -> dict[UUID, Delivery]:
    """Where these messages stand, for who has been shown what they belong to. 1 query, none without ids."""
    wanted = [each for each in ids if each]
    rows = Outgoing.objects.filter(pk__in=wanted).values_list(*_SHOWN) if wanted else ()
    return {row[0]: Delivery(*row) for row in rows}


def known_keys(keys: Iterable[str]) -> set[str]:
    """Those of these keys under which a message was proposed already. 1 query."""
    return set(Outgoing.objects.filter(key__in=list(keys)).values_list("key", flat=True))


def withdraw(principal: access.Principal, outgoing_id: UUID) -> bool:
    """Take a message back that has not left; False when it has. In the caller's transaction; audited."""
    row = Outgoing.objects.select_for_update().filter(pk=outgoing_id, state__in=_WAITING).first()
    if row is None:
        return False
    row.state, row.reason, row.decided_at = Outgoing.State.REFUSED, "taken_back", clock.now()
    row.save(update_fields=["state", "reason", "decided_at"])
    access.record(principal, "withdrawn", "outgoing", row.pk, {"purpose": row.purpose, "channel": row.channel})
    return True


def on_settled(prefix: str, hears: Hears) -> None:
    """Have ``hears(ids)`` called, in its transaction, when a message whose key begins so is sent or stopped."""
    _listeners[prefix] = hears


def settled(row: Outgoing) -> None:
    """Tell who listens for messages with such a key."""
    for prefix, hears in _listeners.items():
        if row.key.startswith(prefix):
            hears([row.pk])


def move_received(ids: Iterable[UUID], **to: Any) -> None:
    """Messages that came in belong to another person (``person_id``) or conversation (``conversation_id``) now."""
    known = list(ids)
    if known:
        Received.objects.filter(pk__in=known).update(**to)
        Attachment.objects.filter(received_id__in=known).update(**to)
