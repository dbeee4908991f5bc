"""Events that could not be handled go to the quarantine of their source, where they can be seen and replayed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from amity.base.ids import new_id
from amity.events.schemas import Bad, RawRow

log = logging.getLogger("amity.consumers")
_PUT = """
INSERT INTO events_quarantine (id, source_id, kind, message_id, body, shared, sent_at, code, sentence, received_at)
SELECT %s, id, %s, %s, %s, %s, %s, %s, %s, %s FROM events_source WHERE id = %s
"""


def put(cursor: Any, consumer: str, rejects: Sequence[tuple[Any, Bad]]) -> None:
    """Put rows away with their reasons, inside the transaction that passes over them. One query per row.

    Facts of the log (which stay where they are) and events of sources that are no more are counted only.
    """
    for row, reason in rejects:
        if not isinstance(row, RawRow):
            continue
        message_id = row.message_id.replace("\x00", "")[:100]
        cursor.execute(_PUT, [new_id(), row.kind[:20], message_id, row.body, row.shared, row.sent_at, reason.code[:40],
                              reason.sentence.replace("\x00", "")[:300], row.received_at, row.source_id])  # fmt: skip
    cursor.execute(
        "UPDATE events_cursor SET quarantined = quarantined + %s WHERE name = "
        "(SELECT min(name) FROM events_cursor WHERE name = %s OR starts_with(name, %s))",
        [len(rejects), consumer, f"{consumer}/"],
    )
    log.warning("events.quarantined", extra={"consumer": consumer, "rows": len(rejects), "code": rejects[0][1].code})
