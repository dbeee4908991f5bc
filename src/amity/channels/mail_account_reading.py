"""Reading mailboxes over IMAP: every message once, with the mark of how far in the same transaction as the message."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from django.db import DataError, connection, transaction

from amity.base import clock
from amity.base.errors import Refused
from amity.channels import mail_account, mail_arriving
from amity.channels.models import Account
from amity.engines import api as engines

BATCH = 300  # messages of a mailbox at one look; the next minute reads on
BEGIN = timedelta(days=7)  # how far back a new mailbox is read
log = logging.getLogger("amity.channels")


def read_all() -> int:
    """Read every mailbox that is switched on; how many new messages came. One that fails stops no other."""
    rows = Account.objects.filter(kind=Account.Kind.EMAIL, enabled=True).exclude(settings__host=None)
    wanted = list(rows.order_by("checked_at", "id").values_list("pk", flat=True)[: mail_account.MOST])
    return sum(read(account_id) for account_id in wanted)


def read(account_id: UUID) -> int:
    """Read what is new in one mailbox; how many messages were new. What went wrong is shown at the account."""
    lock = f"channels.mailbox:{account_id}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [lock])
        if not cursor.fetchone()[0]:
            return 0
        try:
            return _read(mail_account.row_of(account_id))
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [lock])


def _read(row: Account) -> int:
    state, detail, new = "ok", "", 0
    try:
        box = mail_account.box_of(row)
        if box is None:
            return 0
        with engines.open_mailbox(box) as folder:
            for uid in _wanted(row, folder):
                new += _one(row, folder, uid)
    except engines.ImapProblem as problem:
        state, detail = "failing", f"{problem.code}: {problem.detail}"
    except Refused as refused:
        state, detail = "failing", refused.message
    except engines.BlobsDown as down:
        state, detail = "failing", f"blobs: {down}"
    Account.objects.filter(pk=row.pk).update(state=state, detail=detail[:1_000], checked_at=clock.now())
    log.info("mailbox.read", extra={"account_id": str(row.pk), "state": state, "new": new})
    return new


def _wanted(row: Account, folder: engines.MailFolder) -> list[int]:
    """UIDs to read: above the mark, or those of the last days where there is none that still means anything."""
    if row.mark.get("validity") == folder.validity and "uid" in row.mark:
        return folder.after(int(row.mark["uid"]), BATCH)
    found = folder.since((clock.now() - BEGIN).date(), BATCH)
    if not found:
        _mark(row, folder, folder.newest())
    return found


def _one(row: Account, folder: engines.MailFolder, uid: int) -> int:
    seen = folder.read(uid)
    new = 0
    with transaction.atomic():
        if seen is not None:
            new = int(_taken(row, seen.raw))
        _mark(row, folder, uid)
    return new


def _taken(row: Account, raw: bytes) -> bool:
    """Take a mail in; one that the database cannot hold as it is comes in as a file, so that it stops no other."""
    try:
        with transaction.atomic():
            return mail_arriving.take(row.pk, raw).new
    except (DataError, ValueError, RecursionError) as error:
        log.exception("mailbox.unreadable", extra={"account_id": str(row.pk)})
        return mail_arriving.take_as_file(row.pk, raw, type(error).__name__).new


def _mark(row: Account, folder: engines.MailFolder, uid: int) -> None:
    row.mark = {"validity": folder.validity, "uid": uid}
    Account.objects.filter(pk=row.pk).update(mark=row.mark)
