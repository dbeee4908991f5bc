"""The chance on a card of the board: named where it is sure, for those who see and those who listen alike."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.template.loader import render_to_string

from amity.base import clock
from amity.intelligence import api as intelligence


@pytest.mark.parametrize(("low", "high", "named"), [(0.4, 0.6, True), (0.1, 0.9, False)])
def test_a_chance_that_is_not_sure_is_not_read_aloud(low: float, high: float, named: bool) -> None:
    some = UUID(int=1)
    score = intelligence.ScoreView(
        id=some, target="deal", subject_kind="deal", subject_id=some, value=0.47, low=low, high=high, base=0.5,
        trend=None, gain_minor=None, signal=True, reasons=(), scored_at=clock.now(), data_until=None, rung="linear",
        version_id=some, note="",
    )  # fmt: skip
    label = render_to_string("sales/_card_score.html", {"card": score, "score": score}).partition("</summary>")[0]
    assert ("47%" in label, "not sure enough yet" in label) == (named, not named)
