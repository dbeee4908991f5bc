"""The label source of customers under contract: who leaves within 90 days. There only where somebody says who left."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.access import api as access
from amity.intelligence.leads import Leads, times
from amity.intelligence.training import Frame, table_of
from amity.people import api as people

KEY = "churn"
_LABELS = {
    "events_30": gettext_lazy("Events in 30 days"),
    "events_90": gettext_lazy("Events in 90 days"),
    "days_quiet": gettext_lazy("Days since the last event"),
    "days_known": gettext_lazy("Days known"),
}


class Churn:
    """Customers at each look back; those who are here now are scored."""

    key = KEY
    subject_kind = "person"
    wins = False  # a risk: nobody is called first for it, and it is no chance of winning

    def label(self) -> str:
        return _("Churn risk")

    def there(self) -> bool:
        """Whether anybody says who left. 1 query."""
        return people.leaving_known()

    def load(self, ids: Sequence[UUID] | None = None) -> Frame:
        rows = people.leaving_rows(ids)
        dated = any(row.told_at for row in rows)
        return Frame(
            ids=[row.id for row in rows],
            columns=table_of(row.columns for row in rows),
            outcome=np.array([np.nan if row.left is None else float(row.left) for row in rows], dtype=np.float64),
            to_score=np.array([row.here for row in rows], dtype=bool),
            opened_at=times("at", [row.at for row in rows]) if dated else None,
            decided_at=times("told_at", [row.told_at for row in rows]) if dated else None,
            counted_from_opening=dated,
        )

    def visible(self, principal: access.Principal, ids: Sequence[UUID]) -> set[UUID]:
        return people.visible_people(principal, ids)

    def names(self, ids: Sequence[UUID]) -> dict[UUID, str]:
        """What people call them. 1 query."""
        return people.names(ids)

    def column_label(self, column: str) -> str:
        return str(_LABELS.get(column) or Leads().column_label(column))
