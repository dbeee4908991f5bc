"""Columns filled in after the outcome: found by content and name, and left to a person."""

# ruff: noqa: DTZ001 - frames keep naive UTC

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from amity.intelligence.leak_words import name_evidence
from amity.intelligence.leakage import held_out, suspicions
from amity.intelligence.tests.worlds import World, world


def held(seen: World, **cheats: list[object]) -> list[str]:
    table = seen.table.with_columns(*(pl.Series(name, values, strict=False) for name, values in cheats.items()))
    return held_out(suspicions(table, seen.outcome))


def noisy(seen: World, right: float, seed: int = 5) -> np.ndarray:
    """The outcome, told rightly in a share of rows and by a coin otherwise."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(len(seen.outcome)) < right, seen.outcome, rng.integers(0, 2, len(seen.outcome)))


def test_honest_columns_raise_no_alarm() -> None:
    assert held(world(3000)) == []
    assert held(world(300, seed=4)) == []


def test_a_column_that_predicts_almost_everything_is_held_out_whatever_its_name() -> None:
    seen = world()
    assert held(seen, zz=[f"k{int(v)}" for v in noisy(seen, 0.9)]) == ["zz"]


def test_a_telling_name_needs_some_support_from_content() -> None:
    seen = world()
    rng = np.random.default_rng(0)
    coin = [str(v) for v in rng.integers(0, 4, len(seen.outcome))]
    some = [str(int(v)) for v in noisy(seen, 0.6)]
    assert held(seen, result=coin, status=coin, notes=coin) == []
    assert held(seen, last_activity=some, tags=some) == ["last_activity", "tags"]
    assert held(seen, region=some) == []


def test_what_is_empty_on_open_records_and_filled_on_decided_ones_is_held_out() -> None:
    seen = world(600)
    outcome = seen.outcome.copy()
    outcome[400:] = np.nan
    late = ["x" if i % 3 else "y" for i in range(400)] + [None] * 200
    found = suspicions(seen.table.with_columns(pl.Series("who_signed", late)), outcome)
    assert [(s.column, s.evidence[0].code) for s in found if s.held] == [("who_signed", "open_differs")]
    assert found[0].evidence[0].params == {"filled_open": 0.0, "filled_decided": 1.0}


def test_a_value_that_makes_a_rare_win_certain_is_held_out() -> None:
    seen = world(4000, strength=0.3)
    rare = seen.outcome * (np.random.default_rng(2).random(4000) < 0.4)
    spent = [float(100 + i) if r and i % 2 else 0.0 for i, r in enumerate(rare)]
    found = suspicions(seen.table.with_columns(pl.Series("basket", spent)), rare)
    assert [s.column for s in found if s.held] == ["basket"]
    assert "certain" in {e.code for e in found[0].evidence}


def test_dates_after_the_decision_are_held_out() -> None:
    seen = world(400)
    decided = pl.Series("decided", [datetime(2024, 5, 1) + timedelta(days=i % 90) for i in range(400)])
    contract = [d + timedelta(days=9) if i % 2 else None for i, d in enumerate(decided)]
    first_call = [d - timedelta(days=20 + i % 7) for i, d in enumerate(decided)]
    table = seen.table.with_columns(pl.Series("handover", contract), pl.Series("first_call", first_call))
    found = suspicions(table, seen.outcome, decided)
    assert [s.column for s in found if s.held] == ["handover"]


def test_a_person_overrules_in_both_directions() -> None:
    seen = world()
    cheat = [f"k{int(v)}" for v in noisy(seen, 0.9)]
    found = suspicions(seen.table.with_columns(pl.Series("zz", cheat)), seen.outcome)
    assert held_out(found, {"zz": True}) == []
    assert held_out(found, {"city": False}) == ["city", "zz"]


def test_too_few_decided_records_accuse_nobody() -> None:
    assert suspicions(world(19).table, world(19).outcome) == []


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("closeDate", "outcome"), ("Lost_Reason", "outcome"), ("Причина отказа", "outcome"), ("Теги", "outcome"),
        ("Powód przegranej", "outcome"), ("Data zamknięcia", "outcome"), ("Verlustgrund", "outcome"),
        ("Abschlussdatum", "outcome"), ("Last Notable Activity", "state"), ("Последняя активность", "state"),
        ("Дата изменения", "state"), ("Ostatni kontakt", "state"), ("Letzte Aktivität", "state"),
        ("duration", "hint"), ("PageValues", "hint"), ("Lead Profile", "hint"), ("City", ""), ("tenure", ""),
        ("Contract", ""), ("Vertragsart", ""), ("Hintergrund", ""), ("Staged rollout", ""), ("Source", ""),
        ("Previous outcome", ""), ("Signed up via", ""), ("Источник", ""), ("Miasto", ""),
    ],
)  # fmt: skip
def test_headings_in_four_languages(heading: str, kind: str) -> None:
    assert name_evidence(heading)[0] == kind
