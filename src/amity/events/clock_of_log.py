"""Transaction numbers after a move to another cluster: a restored log holds numbers that the new one has yet to reach.

Without care every new row would stand before the cursors and never be read. So the log's clock is the cluster's number
plus an offset, which stands in two SQL functions: ``events_xid()`` (default of the ``xid`` columns) and
``events_horizon()`` (what readers may read up to).
"""

from __future__ import annotations

import logging
from typing import Any

log = logging.getLogger("amity.events")
_HIGHEST = """
SELECT coalesce(max(held), 0), max(reached) FROM (
    SELECT greatest(
        (SELECT xid FROM events_raw ORDER BY xid DESC, id DESC LIMIT 1),
        (SELECT xid FROM events_event ORDER BY xid DESC, seq DESC LIMIT 1),
        (SELECT max(xid::text::bigint)::text::xid8 FROM events_cursor)
    )::text::bigint AS held,
    events_horizon()::text::bigint - pg_snapshot_xmin(pg_current_snapshot())::text::bigint
        + pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS reached
) clock
"""
_AHEAD = """
CREATE OR REPLACE FUNCTION events_xid() RETURNS xid8 LANGUAGE sql VOLATILE AS
    'SELECT (pg_catalog.pg_current_xact_id()::text::bigint + {offset})::text::xid8';
CREATE OR REPLACE FUNCTION events_horizon() RETURNS xid8 LANGUAGE sql STABLE AS
    'SELECT (pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text::bigint + {offset})::text::xid8';
"""


def align(cursor: Any) -> bool:
    """Set the clock ahead when the log holds numbers from the future; whether it did. Call it inside a transaction.

    At every start and after every restore, before anything is written. 2 queries when all is well.
    """
    cursor.execute("SELECT to_regproc('events_horizon') IS NOT NULL")
    if not cursor.fetchone()[0] or not _from_another_cluster(cursor):
        return False
    cursor.execute("LOCK TABLE events_raw, events_event IN SHARE ROW EXCLUSIVE MODE")
    if not (highest := _from_another_cluster(cursor)):  # another process was faster
        return False
    cursor.execute(_AHEAD.format(offset=highest + 1))
    log.warning("events.clock_set_ahead", extra={"by": highest + 1})
    return True


def _from_another_cluster(cursor: Any) -> int:
    """The highest number in the log when no transaction of this cluster can have written it, else 0."""
    cursor.execute(_HIGHEST)
    held, reached = cursor.fetchone()
    return int(held) if held >= reached else 0
