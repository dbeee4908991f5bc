"""Must show 6: how fast a million people are scored with exact reasons, one is scored on demand, and a model learned.

The people are invented: 20 columns (six categories, up to 40 levels; 14 numbers; gaps), an outcome that needs pairs of
columns. Beside Amity stands what people usually deploy: LightGBM's own ``predict`` with 31 leaves, default learning
rate and early-stopped rounds, on the same encoded rows and with the same threads. It gives a number; its own reasons
(``pred_contrib``) are timed on a part of the rows.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from amity.intelligence.benches.table import Line, Say
from amity.intelligence.features import Matrix
from amity.intelligence.fitted import Model
from amity.intelligence.ladder import train
from amity.intelligence.metrics import auc, sigmoid

if TYPE_CHECKING:
    import lightgbm as lgb

Array = NDArray[np.float64]

LEARNED, PEOPLE, CALLS, ROUNDS_OF_TIMING = 100_000, 1_000_000, 300, 3
CONTRIB_ROWS = 5_000
TIMES_PREDICT, ON_DEMAND_MS, TRAIN_SECONDS, TRAIN_MIB = 2.0, 50.0, 120.0, 2_048.0
_DATA = "invented people"


def people(rows: int, seed: int) -> tuple[pl.DataFrame, Array]:
    """``rows`` invented people and whether each bought."""
    rng = np.random.default_rng(seed)
    levels = {"plan": 4, "region": 16, "channel": 7, "industry": 40, "language": 5, "device": 3}
    codes = {name: rng.integers(0, count, rows) for name, count in levels.items()}
    numbers = {f"number_{i}": rng.normal(size=rows) for i in range(6)}
    numbers |= {f"count_{i}": rng.poisson(3, rows).astype(float) for i in range(4)}
    numbers |= {f"amount_{i}": np.exp(rng.normal(3, 1.2, rows)).round(2) for i in range(4)}
    z = 0.5 * numbers["number_0"] + 0.6 * numbers["number_1"] * (codes["plan"] == 2) - 1.5
    z += 0.4 * np.abs(numbers["number_2"]) + 0.2 * numbers["count_0"] * (codes["device"] == 1)
    z += 0.3 * np.sin(codes["industry"]) + 0.3 * np.log(numbers["amount_0"]) * (numbers["number_3"] > 0)
    bought = (rng.random(rows) < sigmoid(z)).astype(np.float64)
    gaps = {name: rng.random(rows) < 0.05 for name in numbers}
    columns = {name: pl.Series(code).cast(pl.String) for name, code in codes.items()}
    known = {n: pl.Series(np.where(gaps[n], np.nan, v)).fill_nan(None) for n, v in numbers.items()}
    return pl.DataFrame({**{n: f"{n} " + c for n, c in columns.items()}, **known}), bought


def lines(_data: Path, quick: bool, say: Say) -> Iterator[Line]:
    """``quick``: a tenth of the people, a third of the rows to learn from."""
    share = 10 if quick else 1
    table, bought = people(LEARNED // 3 if quick else LEARNED, 1)
    started = time.perf_counter()
    trained = train(table, bought)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    note = f"{table.height:,} rows, rung {trained.model.rung}"
    yield Line("speed", _DATA, "training seconds", seconds, met=seconds <= TRAIN_SECONDS, note=note)
    yield Line("speed", _DATA, "training MiB", peak, met=peak <= TRAIN_MIB, note="peak of the whole process")
    beside = _usual(trained.model.spec.transform(table), bought)
    crowd, truth = people(PEOPLE // share, 2)
    say("   trained; scoring")
    yield from _bulk(trained.model, beside, crowd, truth)
    yield _on_demand(trained.model, crowd)


def _usual(matrix: Matrix, y: Array) -> lgb.Booster:
    """31 leaves, everything else as LightGBM has it, as many rounds as a held-out fifth asks for."""
    import lightgbm as lgb

    values, categorical, _ = matrix.tree()
    cut = len(y) * 4 // 5
    settings = {"objective": "binary", "num_leaves": 31, "verbosity": -1, "num_threads": _threads()}
    data = lgb.Dataset(values[:cut], y[:cut], categorical_feature=categorical, params=settings)
    late = data.create_valid(values[cut:], y[cut:])
    return lgb.train(settings, data, 2_000, [late], callbacks=[lgb.early_stopping(50, verbose=False)])


def _bulk(model: Model, beside: lgb.Booster, crowd: pl.DataFrame, truth: Array) -> Iterator[Line]:
    started = time.perf_counter()
    matrix = model.spec.transform(crowd)
    encoding = time.perf_counter() - started
    values = matrix.tree()[0]
    started = time.perf_counter()
    first = model.explain(matrix)  # builds the tables
    building = time.perf_counter() - started
    own, whole, theirs = [], [], []
    for _ in range(ROUNDS_OF_TIMING):  # in turn: both meet the same neighbours on a shared machine
        own.append(_seconds(lambda: model.explain(matrix)))
        whole.append(_seconds(lambda: model.score_and_explain(matrix)))
        theirs.append(_seconds(lambda: beside.predict(values, num_threads=_threads())))
    part = values[:CONTRIB_ROWS]
    contrib = (
        _seconds(lambda: beside.predict(part, pred_contrib=True, num_threads=_threads())) * len(values) / len(part)
    )
    mine, usual = float(np.median(own)), float(np.median(theirs))
    rounds = beside.best_iteration
    note = (
        f"{len(values):,} people; first time {building:.1f} s with building tables; encoding {encoding:.1f} s for both"
    )
    others = {"predict": usual, "its pred_contrib": contrib, "rounds": rounds}
    yield Line("speed", _DATA, "seconds, with reasons", mine, min(own), max(own), others, note=note)
    yield Line("speed", _DATA, "times LightGBM predict", mine / usual, met=mine <= TIMES_PREDICT * usual)
    both = float(np.median(whole))
    note = "as scores are written: with reasons and intervals"
    yield Line("speed", _DATA, "seconds, all", both, min(whole), max(whole), {"predict": usual}, note=note)
    yield Line("speed", _DATA, "times predict, all", both / usual, met=both <= TIMES_PREDICT * usual)
    yield from _exact(model, matrix, first.by_column.sum(axis=1) + first.base + first.rest, first.log_odds)
    aucs = {"LightGBM": auc(truth, np.asarray(beside.predict(values)))}
    yield Line("speed", _DATA, "auc", auc(truth, sigmoid(first.log_odds)), beside=aucs)


def _exact(model: Model, matrix: Matrix, added: Array, log_odds: Array) -> Iterator[Line]:
    """The sum of the reasons against the score as LightGBM computes it, and the tables against its TreeSHAP."""
    some = matrix.take(np.arange(min(matrix.rows, 2_000)))
    off = max(
        float(np.abs(added - log_odds).max()),
        float(np.abs(model.score_matrix(some).log_odds - log_odds[: some.rows]).max()),
    )
    yield Line("speed", _DATA, "reasons off by", off, met=off < 1e-6)
    if model.boosted is not None:
        values = some.tree()[0]
        gap = float(np.abs(model.boosted.contributions(values) - model.boosted.shap(values)).max())
        yield Line("speed", _DATA, "off TreeSHAP by", gap, met=gap < 1e-6)


def _on_demand(model: Model, crowd: pl.DataFrame) -> Line:
    """One person from the raw record: encode, score with interval, reasons."""

    def once(row: int) -> None:
        model.score_and_explain(model.spec.transform(crowd[row : row + 1]))

    once(0)
    taken = 1_000 * np.array([_seconds(lambda row=row: once(row)) for row in range(1, CALLS + 1)])  # type: ignore[misc]
    p95 = float(np.quantile(taken, 0.95))
    return Line(
        "speed", _DATA, "on demand ms p95", p95, float(np.median(taken)), float(taken.max()), met=p95 <= ON_DEMAND_MS,
        note="one record, interval and reasons; bounds are median and worst; without the database",
    )  # fmt: skip


def _seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _threads() -> int:
    return os.cpu_count() or 1
