"""Telegram without a public address: updates are asked for once a minute, with the mark of how far beside them."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from django.db import connection

from amity.base import clock
from amity.base.errors import Refused
from amity.channels import adapters_taking
from amity.channels.adapters import hook_url
from amity.channels.models import Account
from amity.channels.telegram import TelegramAdapter
from amity.engines import api as engines

BATCHES = 20  # of 100 updates at one look
_ADAPTER = TelegramAdapter()
log = logging.getLogger("amity.channels")


def read_all() -> int:
    """Ask for the updates of every bot that has no webhook; how many new messages came. One that fails stops none."""
    rows = Account.objects.filter(kind=Account.Kind.TELEGRAM, enabled=True).exclude(secret="").order_by("checked_at")
    wanted = [row.pk for row in rows[:100] if not hook_url(row).startswith("https://")]
    return sum(read(account_id) for account_id in wanted)


def read(account_id: UUID) -> int:
    """Ask for what is new; how many messages were new. What went wrong is shown at the account."""
    lock = f"channels.telegram:{account_id}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [lock])
        if not cursor.fetchone()[0]:
            return 0
        try:
            return _read(Account.objects.get(pk=account_id))
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [lock])


def _read(row: Account) -> int:
    if not _ADAPTER.ready(row):
        return 0
    state, detail, new = "ok", "", 0
    try:
        for _n in range(BATCHES):
            updates = _ADAPTER.bot(row).updates(int(row.mark.get("offset", 0)))
            if not updates:
                break
            new += _taken(row, updates)
    except engines.ProviderTrouble as trouble:
        state, detail = "failing", str(trouble)
    except engines.BlobsDown as down:
        state, detail = "failing", f"blobs: {down}"
    except Refused as refused:
        state, detail = "failing", refused.message
    Account.objects.filter(pk=row.pk).update(state=state, detail=detail[:1_000], checked_at=clock.now())
    log.info("telegram.read", extra={"account_id": str(row.pk), "state": state, "new": new})
    return new


def _taken(row: Account, updates: list[dict[str, Any]]) -> int:
    """Take updates in, then move the mark: a process that dies in between reads them again, and knows them."""
    result = adapters_taking.take(row, _ADAPTER, _ADAPTER.parse_updates(updates, row))
    row.mark = {"offset": max(int(each.get("update_id", 0)) for each in updates) + 1}
    Account.objects.filter(pk=row.pk).update(mark=row.mark)
    return result.new
