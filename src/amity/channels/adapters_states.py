"""What providers say about messages of ours after they took them: sent, delivered, read, or failed after all."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from amity.access import api as access
from amity.channels.adapters import Progress
from amity.channels.addressing import kind_of
from amity.channels.deliveries import settled
from amity.channels.models import Account, Outgoing
from amity.channels.suppression import suppress

_RANK = {"": 0, "sent": 0, "delivered": 1, "read": 2}
_OPEN = (Outgoing.State.SENT, Outgoing.State.UNKNOWN)


def note(account: Account, told: Progress) -> bool:
    """Write down what a provider says; False where it is about no message of ours or nothing new.

    States come in any order and more than once: what was read stays read. A message of which nobody knew whether it
    was taken is known to be from now on. Waits for a hand-over of the same message that is under way.
    """
    with transaction.atomic():
        row = _row(account, told)
        if row is None or row.state not in _OPEN:
            return False
        if told.state == "failed":
            return _failed(row, told)
        further = _RANK[told.state] > _RANK[row.progress]
        if row.state == Outgoing.State.SENT and not further:
            return False
        row.state, row.reason = Outgoing.State.SENT, ""
        row.provider_id = row.provider_id or told.provider_id[:300]
        if further:
            row.progress, row.progress_at = told.state, told.at
        row.save(update_fields=["state", "reason", "provider_id", "progress", "progress_at"])
        settled(row)
    return True


def _failed(row: Outgoing, told: Progress) -> bool:
    if row.progress:
        return False  # it arrived: one of its parts may not have
    row.state, row.detail = Outgoing.State.FAILED, told.text[:1_000]
    row.reason = "bounce" if told.dead else told.reason or "returned"
    row.decided_at = told.at
    row.save(update_fields=["state", "detail", "reason", "decided_at"])
    if told.dead and row.address:
        suppress(access.SYSTEM, kind_of(row.channel) or row.channel, row.address, "bounce", told.text)
    access.record(access.SYSTEM, "failed", "outgoing", row.pk, {"reason": row.reason})
    settled(row)
    return True


def _row(account: Account, told: Progress) -> Outgoing | None:
    of_account = Q(account_id=account.pk) | Q(account_id=None)  # other accounts' providers speak for theirs alone
    rows = Outgoing.objects.select_for_update().filter(of_account, channel=account.kind)
    if told.own_id and (found := rows.filter(pk=told.own_id).first()):
        return found
    return rows.filter(provider_id=told.provider_id).first() if told.provider_id else None
