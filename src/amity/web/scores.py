"""Scores beside other rooms' records: one batch per list page, one per record page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.template.loader import get_template
from django.utils.translation import gettext_lazy as _

from amity.base.listing import Column, Row
from amity.base.templatetags.amity_ui import NOTHING
from amity.intelligence import api as intelligence


def column(kind: str) -> Column:
    """The score of each row of a list of ``kind`` (person, deal). 2 queries."""

    def load(reader: Any, rows: Sequence[Row]) -> dict[UUID, Any]:
        if not reader.may("models.view"):
            return {}
        return dict(intelligence.scores_for(kind, [row.id for row in rows] or [UUID(int=0)]))

    return Column(
        "score", _("Chance"), load=load, cell=_cell, text=lambda row: getattr(row.loaded["score"], "value", None)
    )


def _cell(row: Row) -> Any:
    view = row.loaded["score"]
    return get_template("intelligence/_score.html").render({"view": view}) if view else NOTHING
