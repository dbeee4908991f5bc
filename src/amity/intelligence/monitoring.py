"""Drift: does what is scored and decided now still look like what the live version learned from?

Columns are compared bin by bin with Fisher's exact test, outcomes with what was said before them. An alarm needs both:
surprise beyond chance after correction for everything that is looked at in a month (Bonferroni), and a size that
matters. So an undrifted company hears nothing, and one bad day of a hundred records is enough.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from amity.intelligence.features import Matrix
from amity.intelligence.fitted import Model
from amity.intelligence.metrics import Array, auc, ece, log_loss, logit, row_losses

FALSE_ALARMS = 0.02  # of undrifted months that raise anything
DAYS = 30  # looks that share it
SPANS = (1, 7)  # days of records that are compared with the training window
LEAST = 20  # records of a span below which nothing is said
LEAST_DECIDED = 40
MOVED = 0.1  # population stability index of a column that counts as moved (Siddiqi 2006: 0.1 moderate, 0.25 major)
GAP = 0.05  # chance said against share won
LOSS_GAP = 0.05  # nats by which outcomes may surprise the model more than it expects
BINS = 10
HEAVY = 0.5  # share of what tells records apart that lies in moved columns: then the model no longer knows its world


@dataclass(frozen=True, slots=True)
class Alarm:
    """One finding. ``code``: column, gaps, base_rate, calibration, misled; ``size`` in the unit of its threshold."""

    code: str
    column: str
    size: float
    p: float
    rows: int
    days: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Look:
    """What one day's look found. ``breach``: the live version may no longer be trusted, and why."""

    alarms: tuple[Alarm, ...]
    figures: dict[str, float]
    breach: str  # "", calibration or columns


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Records decided within ``days``, with the chance that had been said before: (n,) each."""

    days: int
    said: Array
    happened: Array


def window_of(model: Model, matrix: Matrix) -> dict[str, Any]:
    """Distributions of all records known at the training, per column, as plain JSON; `examine` compares with it."""
    if not matrix.rows:
        return {"columns": [], "rows": 0, "wins": model.wins, "losses": model.losses}
    parts = np.abs(model.contributions(matrix.take(np.arange(min(matrix.rows, 2_000)))).by_column).mean(axis=0)
    weight = parts / parts.sum() if parts.sum() > 0 else parts
    columns = []
    for i, column in enumerate(model.spec.columns):
        values = matrix.blocks[i][:, 0]
        edges = _edges(column.kind, values, len(column.levels))
        columns.append({"name": column.name, "edges": edges, "counts": counts_of(values, edges), "weight": weight[i]})
    plain = [{**c, "weight": float(c["weight"]), "counts": [int(n) for n in c["counts"]]} for c in columns]
    return {"columns": plain, "rows": matrix.rows, "wins": model.wins, "losses": model.losses}


def examine(
    window: dict[str, Any], model: Model, spans: Sequence[tuple[int, Matrix]], outcomes: Sequence[Outcomes]
) -> Look:
    """One day's look: ``spans`` are the newest records by days, encoded by the model's definition."""
    looked = [c for c in window.get("columns", ()) if model.rung != "base"]
    tests = (2 * len(looked) + 3) * len(SPANS)
    least = FALSE_ALARMS / DAYS / max(tests, 1)
    names = [c.name for c in model.spec.columns]
    alarms, figures = [], dict[str, float]()
    for days, matrix in spans:
        for stored in looked:
            values = matrix.blocks[names.index(stored["name"])][:, 0]
            alarms += _column(stored, values, days, least, figures)
    for span in outcomes:
        alarms += _outcomes(span, window, least, figures)
    unique = {(a.code, a.column): a for a in sorted(alarms, key=lambda a: -a.p)}
    found = tuple(sorted(unique.values(), key=lambda a: a.p))
    return Look(found, figures, _breach(found, looked))


def recent(opened: pl.Series | None, now: datetime, days: int) -> NDArray[np.bool_]:
    """Records opened within ``days`` before ``now`` (n,); all of them where no times are known."""
    if opened is None or opened.null_count() == len(opened):
        return np.ones(0 if opened is None else len(opened), dtype=bool)
    age = (pl.Series([now.replace(tzinfo=None)], dtype=pl.Datetime("us")) - opened).dt.total_seconds() / 86_400
    return np.asarray(((age >= 0) & (age <= days)).fill_null(False).to_numpy(), dtype=bool)


def _breach(alarms: Sequence[Alarm], columns: Sequence[dict[str, Any]]) -> str:
    if any(a.code in ("calibration", "misled") for a in alarms):
        return "calibration"
    moved = {a.column for a in alarms if a.code in ("column", "gaps")}
    return "columns" if sum(c["weight"] for c in columns if c["name"] in moved) >= HEAVY else ""


def _edges(kind: str, values: Array, levels: int) -> list[float]:
    """Upper ends of all bins but the last: one per level, or tenths of the known values."""
    if kind == "category":
        return [i + 0.5 for i in range(levels)]
    known = values[~np.isnan(values)]
    if not len(known):
        return []
    return [float(e) for e in np.unique(np.quantile(known, np.arange(1, BINS) / BINS))]


def counts_of(values: Array, edges: Sequence[float]) -> list[int]:
    """Records per bin (n_bins,), the empty ones last. ``edges`` belong to the bin below them."""
    known = ~np.isnan(values)
    places = np.searchsorted(np.asarray(edges), values[known], side="left")
    return [*np.bincount(places, minlength=len(edges) + 1).tolist(), int((~known).sum())]


def _column(stored: dict[str, Any], values: Array, days: int, least: float, figures: dict[str, float]) -> list[Alarm]:
    if len(values) < LEAST:
        return []
    then, now = np.array(stored["counts"]), np.array(counts_of(values, stored["edges"]))
    size = stability(then, now)
    figures[f"psi:{stored['name']}"] = max(size, figures.get(f"psi:{stored['name']}", 0.0))
    found = []
    gaps = surprise(then[-1:], now[-1:], then.sum(), now.sum())
    known = surprise(then[:-1], now[:-1], then[:-1].sum(), now[:-1].sum())
    moved = stability(then[:-1], now[:-1])
    emptier = abs(now[-1] / now.sum() - then[-1] / then.sum())
    if gaps < least and emptier >= GAP:
        found.append(Alarm("gaps", stored["name"], float(emptier), gaps, len(values), days))
    if known < least and moved >= MOVED:
        found.append(Alarm("column", stored["name"], moved, known, len(values), days))
    return found


def surprise(then: NDArray[Any], now: NDArray[Any], all_then: float, all_now: float) -> float:
    """Probability of the most surprising bin if then and now were alike: Fisher's exact test, two-sided, Bonferroni.

    Besides single bins the cuts between them are tested, which finds a shift that moves every bin a little.
    """
    from scipy.stats import hypergeom

    if not all_then or not all_now:
        return 1.0
    a, b = np.r_[then, np.cumsum(then)[:-1]], np.r_[now, np.cumsum(now)[:-1]]
    total, hits = all_then + all_now, a + b
    upper = hypergeom.sf(b - 1, total, hits, all_now)
    lower = hypergeom.cdf(b, total, hits, all_now)
    return float(min(1.0, 2 * len(a) * float(np.minimum(upper, lower).min())))


def stability(then: NDArray[Any], now: NDArray[Any]) -> float:
    """Population stability index of two counts over the same bins, half a record added to each bin; what chance alone
    gives for so few records is taken off."""
    if not then.sum() or not now.sum():
        return 0.0
    p, q = (then + 0.5) / (then.sum() + 0.5 * len(then)), (now + 0.5) / (now.sum() + 0.5 * len(now))
    by_chance = float((len(then) - 1) * (1 / then.sum() + 1 / now.sum()))
    return max(0.0, float(np.sum((q - p) * np.log(q / p))) - by_chance)


def _outcomes(span: Outcomes, window: dict[str, Any], least: float, figures: dict[str, float]) -> list[Alarm]:
    said, happened = span.said, span.happened
    rows = len(happened)
    if rows < LEAST_DECIDED:
        return []
    gap, surplus = float(happened.mean() - said.mean()), excess_loss(happened, said)
    wins, losses = int(window.get("wins", 0)), int(window.get("losses", 0))
    share = (wins + 0.5) / (wins + losses + 1)
    told = {"gap": gap, "auc": auc(happened, said), "ece": ece(happened, said), "log_loss": log_loss(happened, said)}
    told |= {"decided": float(rows), "won": float(happened.mean())}
    figures |= {f"{name}:{span.days}": value for name, value in told.items()}
    found = []
    off = gap_chance(happened, said, wins + losses)
    if abs(gap) >= GAP and off < least:
        found.append(Alarm("calibration", "", gap, off, rows, span.days))
    misled = loss_chance(happened, said)
    if surplus >= LOSS_GAP and misled < least:
        found.append(Alarm("misled", "", surplus, misled, rows, span.days))
    won = int(happened.sum())
    odd = surprise(np.array([wins]), np.array([won]), wins + losses, rows)
    if abs(won / rows - share) >= GAP and odd < least:
        found.append(Alarm("base_rate", "", won / rows - share, odd, rows, span.days))
    return found


def excess_loss(happened: Array, said: Array) -> float:
    """Log loss beyond what the chances themselves expect, nats per record."""
    return float(np.mean(row_losses(happened, said) - _expected(said)))


def gap_chance(happened: Array, said: Array, learned: int) -> float:
    """Probability of such a gap between chances and outcomes, two-sided, when chances are right up to what so few
    training records can tell (normal approximation of the Poisson-binomial)."""
    p = np.clip(said, 1e-6, 1 - 1e-6)
    mean = float(p.mean())
    variance = float(np.sum(p * (1 - p))) / len(p) ** 2 + mean * (1 - mean) / max(learned, 1)
    spare = max(0.0, abs(float(np.mean(happened - p))) - GAP / 5 - 0.5 / len(p))
    return math.erfc(spare / math.sqrt(2 * variance))


def loss_chance(happened: Array, said: Array) -> float:
    """Probability of so much surprise if the chances are right, one-sided (Spiegelhalter's test on the log loss)."""
    p = np.clip(said, 1e-6, 1 - 1e-6)
    spread = math.sqrt(float(np.sum(p * (1 - p) * logit(p) ** 2))) / len(p)
    if spread == 0:
        return 1.0
    return 0.5 * math.erfc(max(0.0, excess_loss(happened, p) - LOSS_GAP / 5) / spread / math.sqrt(2))


def _expected(said: Array) -> Array:
    p = np.clip(said, 1e-9, 1 - 1e-9)
    return np.asarray(-(p * np.log(p) + (1 - p) * np.log1p(-p)), dtype=np.float64)
