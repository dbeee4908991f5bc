"""How often is too often: fixed windows counted in Postgres, so that every process counts together."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.db import connection
from django.utils.translation import gettext as _

from amity.base import clock
from amity.base.errors import TooMany

_COUNT = """
INSERT INTO access_ratecount AS r (bucket, opened_at, count) VALUES (%(bucket)s, %(now)s, 1)
ON CONFLICT (bucket) DO UPDATE SET
  count = CASE WHEN r.opened_at <= %(old)s THEN 1 ELSE r.count + 1 END,
  opened_at = CASE WHEN r.opened_at <= %(old)s THEN %(now)s ELSE r.opened_at END
RETURNING count, opened_at
"""


def spend(what: str, whose: str, limit: int, seconds: int) -> int:
    """Count one use of ``what`` by ``whose``; returns what is left of ``limit`` per ``seconds``.

    Raises ``TooMany`` beyond it. Call outside a transaction that may be rolled back. 1 query.
    """
    now = clock.now()
    old = now - timedelta(seconds=seconds)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"bucket": _bucket(what, whose), "now": now, "old": old})
        count, opened_at = cursor.fetchone()
    if count > limit:
        wait = max(1, int((opened_at - old).total_seconds()))
        raise TooMany(_("Too many attempts. Try again in {seconds} seconds.").format(seconds=wait), wait)
    return limit - int(count)


def _bucket(what: str, whose: str) -> str:
    return hashlib.sha256(f"{what}\x1f{whose}".encode()).hexdigest()
