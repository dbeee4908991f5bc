"""Must show 2: learning curves from 20 to 1,000 labels beside base rate, logistic regression, naive Bayes, LightGBM."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from amity.intelligence import baselines, bench
from amity.intelligence.bench import Problem
from amity.intelligence.benches.scores import NO_SIGNAL, TABLES
from amity.intelligence.benches.table import Line, Say, mean_line
from amity.intelligence.ladder import train
from amity.intelligence.metrics import auc, log_loss

SETS = ("A_xeducation_leads", "B_ibm_telco_churn", "B_churn_modelling", NO_SIGNAL)
SIZES = (20, 50, 100, 200, 500, 1_000)
SEEDS = 20
TEST_ROWS = 3_000


def lines(data: Path, quick: bool, say: Say) -> Iterator[Line]:
    """Means of 20 seeds (``quick``: 3 seeds of three sizes); every model learns from the same rows."""
    for table in (t for t in TABLES if t.name in SETS):
        problem = bench.pose(table.name, table.read(data), table.label, table.opened)
        for size in SIZES[:3] if quick else SIZES:
            yield from _point(problem, size, 3 if quick else SEEDS, say)


def _point(problem: Problem, size: int, seeds: int, say: Say) -> Iterator[Line]:
    found = [one(problem, size, seed) for seed in range(seeds)]
    say(f"   {problem.name} {size}: {seeds} seeds")
    for index, figure in enumerate(("auc", "log_loss")):
        values = {name: [f[name][index] for f in found] for name in found[0]}
        own = values.pop("amity")
        # Where nothing can be learned an AUC is luck; the log loss may not be worse than the base rate's.
        judge = _ahead if figure == "auc" else _not_behind
        met = judge if problem.name != NO_SIGNAL or figure == "log_loss" else None
        yield mean_line("few", problem.name, f"{figure} at {size}", own, values, met)


def _ahead(own: float, others: Mapping[str, float]) -> bool:
    return own >= max(others.values())


def _not_behind(own: float, others: Mapping[str, float]) -> bool:
    return own <= min(others.values()) + 1e-12


def one(problem: Problem, size: int, seed: int) -> dict[str, tuple[float, float]]:
    """AUC and log loss of every model that learned from ``size`` random rows."""
    order = np.random.default_rng(1000 + seed).permutation(len(problem.y))
    parts = bench.parts_of(problem, order[:size], order[size : size + TEST_ROWS], 0, seed)
    truth = problem.y[order[size : size + TEST_ROWS]]
    both = 0 < parts.y.sum() < size
    chances: dict[str, Any] = {
        "amity": train(parts.table, parts.y, parts.opened).model.score(parts.test, parts.later).probability
    }
    for name, baseline in baselines.SMALL.items():
        chances[name] = baseline(parts) if both else baselines.base_rate(parts)
    return {name: (auc(truth, p), log_loss(truth, p)) for name, p in chances.items()}
