"""The log of facts: appended to in bulk, never edited."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import polars as pl

COLUMNS = (
    "id", "kind", "name", "summary", "source", "message_id", "person_id", "company_id", "deal_id", "actor_id", "data",
    "occurred_at",
)  # fmt: skip
_TYPES = {
    "id": "uuid", "person_id": "uuid", "company_id": "uuid", "deal_id": "uuid", "actor_id": "uuid", "data": "jsonb",
    "occurred_at": "timestamptz",
}  # fmt: skip


def append_batch(cursor: Any, frame: pl.DataFrame, origin_id: UUID | None, received_at: Any) -> set[str]:
    """Append facts inside the caller's transaction; returns the message ids that were new.

    ``frame`` has `COLUMNS` (ids as hex, ``data`` as JSON, times aware); a fact whose ``source`` and ``message_id`` are
    in the log already is left alone. 4 queries and one COPY.
    """
    if not frame.height:
        return set()
    columns = ", ".join(f"{name} {_TYPES.get(name, 'text')}" for name in COLUMNS)
    cursor.execute("DROP TABLE IF EXISTS pg_temp.facts")
    cursor.execute(f"CREATE TEMP TABLE facts ({columns}) ON COMMIT DROP")
    with cursor.copy(f"COPY facts ({', '.join(COLUMNS)}) FROM STDIN (FORMAT csv)") as sink:
        sink.write(frame.select(COLUMNS).write_csv(include_header=False).encode())
    names = ", ".join(COLUMNS)
    values = names.replace("data,", "coalesce(data, '{}'::jsonb),").replace("summary,", "coalesce(summary, ''),")
    cursor.execute(
        f"INSERT INTO events_event ({names}, origin_id, received_at) SELECT {values}, %s, %s FROM facts "
        "ON CONFLICT (source, message_id) DO NOTHING RETURNING message_id",
        [origin_id, received_at],
    )
    return {row[0] for row in cursor.fetchall()}
