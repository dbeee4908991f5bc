"""The bench on any table, and reading tables and outcomes from files."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from amity.base.errors import Refused
from amity.base.tables import read_table
from amity.intelligence import bench
from amity.intelligence.outcomes import read_outcomes
from amity.intelligence.tests.worlds import world


@pytest.fixture
def file(tmp_path: Path) -> Path:
    seen = world(700)
    words = ["Won" if w else "Lost" for w in seen.outcome]
    words[:60] = ["Negotiation"] * 60
    table = seen.table.with_columns(pl.Series("stage", words), seen.opened.dt.strftime("%d.%m.%Y"))
    path = tmp_path / "deals.csv.gz"
    path.write_bytes(gzip.compress(table.write_csv(separator=";").encode()))
    return path


@pytest.mark.slow
def test_amity_stands_beside_the_baselines_on_the_same_rows(file: Path) -> None:
    result = bench.bench_table(file, "stage", splits=1, small=False, trials=1)
    assert result["rows"] == 640
    assert {"base_rate", "logistic", "tuned_lightgbm"} <= set(result["baselines"])
    assert result["log_loss"] < result["baselines"]["base_rate"]["log_loss"]
    assert result["baselines"]["base_rate"]["auc"] == 0.5
    assert result["reasons_error"] < 1e-6
    json.dumps(result)


@pytest.mark.slow
def test_the_command_prints_one_json_object(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--file", str(file), "--label", "stage", "--time", "opened", "--splits", "1", "--trials", "1"]
    assert bench.main([*arguments, "--no-few", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["results"][0]["held_out"] == []


def test_what_cannot_be_read_is_refused_with_a_sentence(file: Path, tmp_path: Path) -> None:
    odd = tmp_path / "table.pdf"
    odd.write_bytes(b"%PDF")
    for path, label, code in [
        (tmp_path / "none.csv", "stage", "no_file"),
        (odd, "stage", "unknown_format"),
        (file, "no such", "no_column"),
        (file, "city", "unclear_outcome"),
    ]:
        with pytest.raises(Refused) as refused:
            bench.bench_table(path, label, splits=1)
        assert refused.value.code == code


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
def test_the_usual_formats_are_read_alike(tmp_path: Path, suffix: str) -> None:
    table = pl.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    path = tmp_path / f"t.{suffix}"
    write = {"csv": table.write_csv, "jsonl": table.write_ndjson, "parquet": table.write_parquet}
    table.write_csv(path, separator="\t") if suffix == "tsv" else write[suffix](path)
    assert read_table(path).equals(table)


@pytest.mark.parametrize(
    ("values", "read"),
    [(["Closed_Won", "closed-lost", "open"], [1, 0]), ([1, 0, None], [1, 0]), (["да", "нет", "?"], [1, 0]),
     ([True, False, None], [1, 0]),
     (["churned", "stayed", None], [1, 0]), (["wygrana", "przegrana", "w toku"], [1, 0])],
)  # fmt: skip
def test_outcomes_in_words(values: list[object], read: list[int]) -> None:
    found = read_outcomes(pl.Series("stage", values))
    assert found[:2].tolist() == read
    assert found[2] != found[2]


def test_of_two_unknown_words_the_rarer_one_is_the_outcome() -> None:
    assert read_outcomes(pl.Series("customer", ["existing", "attrited", "existing"])).tolist() == [0, 1, 0]
    assert read_outcomes(pl.Series("customer", ["kept", "churned", "churned"])).tolist() == [0, 1, 1]


def test_with_times_every_test_lies_after_what_was_learned_from() -> None:
    seen = world(500)
    table = seen.table.with_columns(pl.Series("won", seen.outcome), pl.Series("month", range(500, 0, -1)))
    problem = bench.pose("deals", table, "won", "month")
    order = np.array(range(500, 0, -1))
    for number in range(bench.SPLITS):
        early, late = bench.split(problem, number)
        assert order[early].max() < order[late].min()
