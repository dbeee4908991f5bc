"""The last misses: records that ended on the other side than was said before, with why it was said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from amity.access import api as access
from amity.intelligence import reasons
from amity.intelligence.models import Score
from amity.intelligence.training import source_of

LOOKED_AT = 1_000  # latest decisions
SHOWN = 20
FAR = 0.5


@dataclass(frozen=True, slots=True)
class Miss:
    """One decided record: the last chance said before, and what happened."""

    score_id: UUID
    subject_id: UUID
    name: str
    value: float
    won: bool
    why: tuple[str, ...]
    decided_at: datetime


def last_misses(principal: access.Principal, key: str) -> tuple[list[Miss], int]:
    """The latest 20 misses among the last 1,000 decisions that ``principal`` may see, and how many of those had a
    score before. 4 queries. Empty where a source cannot tell its latest decisions."""
    source: Any = source_of(key)
    if not hasattr(source, "lately"):
        return [], 0
    decided = {pk: (won, at) for pk, won, at in source.lately(LOOKED_AT)}
    rows = Score.objects.filter(target=key, subject_id__in=list(decided), shadow=False).order_by("scored_at")
    plain = rows.values_list("subject_id", "id", "value", "scored_at")
    said = {pk: (score, value) for pk, score, value, at in plain if at < decided[pk][1]}
    wrong = [pk for pk in decided if pk in said and abs(said[pk][1] - decided[pk][0]) >= FAR]
    seen = source.visible(principal, wrong) if wrong else set()
    shown = [pk for pk in wrong if pk in seen]
    return _told(source, shown[:SHOWN], decided, said), len(said)


def _told(source: Any, ids: list[UUID], decided: dict[UUID, Any], said: dict[UUID, Any]) -> list[Miss]:
    names = source.names(ids) if ids else {}
    stored = dict(Score.objects.filter(pk__in=[said[pk][0] for pk in ids]).values_list("id", "reasons"))
    label: Callable[[str], str] = source.column_label
    return [
        Miss(
            said[pk][0], pk, names.get(pk, ""), said[pk][1], decided[pk][0],
            tuple(_strongest(stored[said[pk][0]], decided[pk][0], label)), decided[pk][1],
        )
        for pk in ids
    ]  # fmt: skip


def _strongest(stored: list[Any], won: bool, label: Callable[[str], str]) -> list[str]:
    """The two reasons that pointed the wrong way hardest."""
    wrong = [r for r in reasons.worded(stored, label) if r.code == "column" and (r.effect < 0) == won]
    return [r.text for r in sorted(wrong, key=lambda r: -abs(r.effect))[:2]]
