"""Handing messages over, each at most once, each only while it may.

1. A message is claimed: marked as being handed over, and that is committed.
2. In a second transaction its consent is locked and the gate asked again; only then is it handed over, inside that
   transaction, and what came of it written down.

A process that dies in between leaves a message "being handed over". Nobody can know whether it was sent, so it is not
sent again: it becomes "not known", visibly, and a person decides. Who withdraws meanwhile waits for the one hand-over
that is under way to them; nothing is handed over after that.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction

from amity.access import api as access
from amity.base import clock
from amity.channels import gate, letters, mail_threads
from amity.channels.addressing import kind_of
from amity.channels.carriers import Ways, ways
from amity.channels.deliveries import settled
from amity.channels.models import Outgoing
from amity.channels.outbox import settle
from amity.channels.suppression import suppress
from amity.engines import api as engines
from amity.people import api as people

BATCH, MAX_BATCHES = 100, 100
STALE = timedelta(minutes=2)  # in state handing for so long, and nobody holds the row: its process died
# Pauses before the second, third, … attempt.
PAUSES = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 480))
_NOTED = (
    "state", "reason", "detail", "due_at", "decided_at", "handed_at", "body", "html", "files", "provider_id",
    "engine",
)  # fmt: skip
log = logging.getLogger("amity.channels")


def send_due() -> int:
    """Hand over everything that is due; returns how many messages were looked at."""
    recover()
    looked = 0
    for _n in range(MAX_BATCHES):
        due = _due()
        if not due:
            break
        with ways() as opened:
            for outgoing_id in due:
                send_one(outgoing_id, opened)
        looked += len(due)
    return looked


def send_one(outgoing_id: UUID, opened: Ways) -> str:
    """Claim one message, ask the gate, hand over; the state it is in now ("" when somebody else has it)."""
    state = _claim(outgoing_id, opened)
    return _hand_over(outgoing_id, opened) if state == Outgoing.State.HANDING else state


def recover() -> int:
    """Messages whose process died while handing over become "not known"; how many."""
    with transaction.atomic():
        rows = Outgoing.objects.select_for_update(skip_locked=True).filter(
            state=Outgoing.State.HANDING, handed_at__lt=clock.now() - STALE
        )
        ids = [row.pk for row in rows]
        for outgoing_id in ids:
            Outgoing.objects.filter(pk=outgoing_id).update(
                state=Outgoing.State.UNKNOWN, reason="interrupted", decided_at=clock.now()
            )
            access.record(access.SYSTEM, "unknown", "outgoing", outgoing_id, {"reason": "interrupted"})
    return len(ids)


def _due() -> list[UUID]:
    rows = Outgoing.objects.filter(state__in=("queued", "held"), due_at__lte=clock.now())
    return list(rows.order_by("due_at", "id").values_list("pk", flat=True)[:BATCH])


def _claim(outgoing_id: UUID, opened: Ways) -> str:
    with transaction.atomic(), connection.cursor() as cursor:
        rows = Outgoing.objects.select_for_update(skip_locked=True).filter(
            pk=outgoing_id, state__in=("queued", "held"), due_at__lte=clock.now()
        )
        row = rows.first()
        if row is None:
            return ""
        verdict = gate.decide(cursor, row)
        if verdict.answer != "go":
            _stop(row, verdict)
        else:
            row.state, row.reason, row.engine = Outgoing.State.HANDING, "", opened.of(row.channel).name
            row.handed_at, row.attempts = clock.now(), row.attempts + 1
            row.save(update_fields=["state", "reason", "engine", "handed_at", "attempts"])
    return row.state


def _hand_over(outgoing_id: UUID, opened: Ways) -> str:
    with transaction.atomic(), connection.cursor() as cursor:
        row = Outgoing.objects.select_for_update().filter(pk=outgoing_id, state=Outgoing.State.HANDING).first()
        if row is None:
            return ""
        verdict = gate.decide(cursor, row)
        if verdict.answer != "go":
            _stop(row, verdict)
            return row.state
        row.handed_at = clock.now()
        receipt = opened.of(row.channel).hand_over(row)
        _note(row, receipt)
    log.info("outgoing.handed", extra={"outgoing_id": str(row.pk), "state": row.state, "attempt": row.attempts})
    return row.state


def _stop(row: Outgoing, verdict: gate.Verdict) -> None:
    """The gate said no, or not now."""
    before = row.reason
    settle(row, verdict)
    row.handed_at = None
    row.save(update_fields=["state", "reason", "due_at", "decided_at", "handed_at"])
    settled(row)
    if row.reason != before:
        access.record(access.SYSTEM, str(row.state), "outgoing", row.pk, {"reason": row.reason})


def _note(row: Outgoing, receipt: engines.Receipt) -> None:
    """What came of a hand-over, with its line in the audit log."""
    now = clock.now()
    row.detail, row.decided_at, row.provider_id = receipt.text[:1_000], now, receipt.id[:300]
    if receipt.result == "accepted":
        row.state, row.reason = Outgoing.State.SENT, ""
        row.files = letters.without_content(row.files)
        mail_threads.sent(row)
        if row.purpose == people.consent.ACCOUNT:
            row.body = row.html = ""  # it held a link that opens something
    elif receipt.result == "unknown":
        row.state, row.reason = Outgoing.State.UNKNOWN, "connection_lost"
    elif receipt.result == "refused":
        row.state, row.reason = Outgoing.State.FAILED, "bounce" if receipt.dead else receipt.reason or "engine_refused"
    elif row.attempts > len(PAUSES):
        row.state, row.reason = Outgoing.State.FAILED, "gave_up"
    else:
        row.state, row.reason, row.handed_at = Outgoing.State.QUEUED, "later", None
        row.due_at = now + max(PAUSES[row.attempts - 1], timedelta(seconds=receipt.after))
    row.save(update_fields=_NOTED)
    settled(row)
    if receipt.dead and row.address:
        suppress(access.SYSTEM, kind_of(row.channel) or row.channel, row.address, "bounce", receipt.text)
    detail = {"reason": row.reason, "purpose": row.purpose, "engine": row.engine, "attempt": row.attempts}
    access.record(access.SYSTEM, str(row.state), "outgoing", row.pk, detail)
