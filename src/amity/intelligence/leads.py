"""The label source of leads: which become customers. The people room owns the rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import numpy as np
import polars as pl
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.access import api as access
from amity.intelligence.training import Frame, table_of
from amity.people import api as people

_LABELS = {
    "source": gettext_lazy("Source"),
    "city": gettext_lazy("City"),
    "country": gettext_lazy("Country"),
    "language": gettext_lazy("Language"),
    "job_title": gettext_lazy("Job title"),
    "company_industry": gettext_lazy("Company's industry"),
    "company_country": gettext_lazy("Company's country"),
    "company_employees": gettext_lazy("Company's employees"),
    "company_revenue": gettext_lazy("Company's revenue"),
    "company_founded": gettext_lazy("Company founded in"),
    "email_domain": gettext_lazy("E-mail domain"),
    "has_phone": gettext_lazy("Has a phone number"),
    "created_at": gettext_lazy("When the lead came in"),
}


class Leads:
    """Open, converted and lost leads."""

    key = "lead"
    subject_kind = "person"

    def label(self) -> str:
        return _("Leads")

    def load(self, ids: Sequence[UUID] | None = None) -> Frame:
        rows = people.lead_rows(ids)
        outcome = np.array([np.nan if r.won is None else float(r.won) for r in rows], dtype=np.float64)
        return Frame(
            ids=[r.id for r in rows],
            columns=table_of(r.columns for r in rows),
            outcome=outcome,
            to_score=np.isnan(outcome),
            opened_at=times("created_at", [r.created_at for r in rows]),
            decided_at=times("decided_at", [r.decided_at for r in rows]),
        )

    def visible(self, principal: access.Principal, ids: Sequence[UUID]) -> set[UUID]:
        return people.visible_people(principal, ids)

    def lately(self, limit: int) -> list[tuple[UUID, bool, datetime]]:
        """The latest decisions: which lead, whether won, when. 1 query."""
        return people.lately_decided(limit)

    def names(self, ids: Sequence[UUID]) -> dict[UUID, str]:
        """What people call them. 1 query."""
        return people.names(ids)

    def column_label(self, column: str) -> str:
        return str(_LABELS.get(column, column))


def times(name: str, moments: Sequence[datetime | None]) -> pl.Series:
    """Aware moments as naive UTC microseconds, the way frames keep them."""
    plain = [None if m is None else m.astimezone(UTC).replace(tzinfo=None) for m in moments]
    return pl.Series(name, plain, dtype=pl.Datetime("us"))
