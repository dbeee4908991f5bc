"""What was done about complaints is written down: in their own log, in the conversation's, in the audit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from amity.access import api as access
from amity.base import clock, live
from amity.desk import happenings
from amity.desk.models import Complaint, ComplaintStep
from amity.desk.thread import KIND as TALK


def note(
    row: Complaint, name: str, was: str, principal: access.Principal | None, data: Mapping[str, Any],
    at: datetime | None = None, by: str = "",
) -> None:  # fmt: skip
    """A line of both logs, the audit, and news to open pages; in the caller's transaction."""
    staff_id = principal.staff_id if principal else None
    by = by or ("staff" if staff_id else "system")
    told = {"complaint": str(row.pk), "number": row.number, "step": name, "state": row.state, **data}
    ComplaintStep.objects.create(
        complaint=row, person_id=row.person_id, step=name, was=was, now=row.state, by=by, staff_id=staff_id,
        data=dict(data), at=at or clock.now(),
    )  # fmt: skip
    happenings.note(row.conversation, "complaint", by, staff_id, told, at=at)
    access.record(principal or access.SYSTEM, name, "complaint", row.pk, dict(data))
    live.tell(TALK, [row.conversation_id])
