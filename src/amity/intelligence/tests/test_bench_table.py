"""The one table of ``amity bench intelligence``."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from amity.intelligence.bench import pose
from amity.intelligence.benches import few
from amity.intelligence.benches.main import main
from amity.intelligence.benches.table import Line, mean_line, printed
from amity.intelligence.tests.worlds import world


def test_a_line_is_the_mean_of_splits_with_an_interval_and_a_verdict() -> None:
    line = mean_line("scores", "A", "auc", [0.8, 0.9], {"base_rate": [0.5, 0.5]}, lambda own, o: own > o["base_rate"])
    assert (line.amity, line.beside, line.met) == (pytest.approx(0.85), {"base_rate": 0.5}, True)
    assert line.low == pytest.approx(0.85 - 1.645 * 0.05)
    assert "0.8500" in printed(line)
    assert json.loads(json.dumps(line.as_dict()))["beside"] == {"base_rate": 0.5}


def test_what_was_not_kept_says_no() -> None:
    assert " NO " in printed(Line("few", "B", "log_loss at 20", 0.7, met=False))
    assert " NO " not in printed(Line("few", "B", "auc at 20", 0.7))


@pytest.mark.slow
def test_with_fifty_labels_every_model_learns_from_the_same_rows_and_amity_stands_first() -> None:
    seen = world(1500)
    problem = pose("made up", seen.table.with_columns(pl.Series("won", seen.outcome)), "won")
    found = [few.one(problem, 50, seed) for seed in range(4)]
    assert set(found[0]) == {"amity", "base_rate", "logistic", "naive_bayes", "lightgbm"}
    assert sum(f["amity"][1] for f in found) < min(
        sum(f[name][1] for f in found) for name in found[0] if name != "amity"
    )


def test_without_data_the_command_says_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--only", "few"])
    assert left.value.code == 2
