"""Columns that look filled in *after* the outcome: held out, with the evidence in words, for a person to decide.

A model that learns from them looks brilliant in tests and is blind on open records. Every piece of evidence adds to
a suspicion; from ``THRESHOLD`` on a column is held out. No single generic word suffices: words that occur in honest
columns count only beside content. Weights were set once on public exports of several kinds (``make bench-scoring``
prints what they do on each).

| evidence | code | weight |
|---|---|---|
| predicts the outcome alone (out-of-fold AUC less one error) | alone | 0 at 0.6 rising to 0.75 below 0.9, then 1 |
| far ahead of every other column (AUC >= 0.78 and 0.1 ahead) | dominates | 0.2 |
| values that occur on one side only | pure | 0.3 from 3 % of that side, 0.5 from 10 % |
| a value with which the rarer side (<= 30 %) is certain, 100 records or more | certain | 0.9 |
| empty on open and filled on decided records, or the other way round | open_differs | 0.4, or 1 when nearly total |
| empty mostly on one side | gaps | up to 0.6 |
| heading names the decision | name_outcome | 0.6 |
| heading says "latest state", which keeps changing afterwards | name_state | 0.8 |
| heading has a word common beside such columns | name_hint | 0.4 |
| rating by another system that only some records have | computed | 0.5 |
| dates later than the decision, or mostly on its very day | after | 0.9 |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from amity.intelligence import columns
from amity.intelligence.leak_words import name_evidence, names_score
from amity.intelligence.metrics import auc, auc_interval

Array = NDArray[np.float64]

THRESHOLD = 0.9
_SHOWN = 0.6
_MOST_ROWS = 50_000
_BINS = 30
_FOLDS = 5
_SMOOTH = 5.0
_CERTAIN_ROWS = 100
_LEAST_ROWS = 20
_DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Evidence:
    """One finding: a stable ``code`` with the figures that its sentence needs."""

    code: str
    weight: float
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A suspicious column; ``held`` says whether it stays out unless a person decides otherwise."""

    column: str
    score: float
    held: bool
    auc: float
    evidence: tuple[Evidence, ...]


def suspicions(
    table: pl.DataFrame, outcome: Array, decided_at: pl.Series | None = None, skip: Sequence[str] = ()
) -> list[Suspicion]:
    """Examine every column of ``table`` (n, columns); ``outcome`` (n,) is 1, 0 or NaN for open records.

    Returns columns with at least moderate suspicion, strongest first; empty with fewer than 20 decided records.
    Cost: a few milliseconds per column at 10,000 rows.
    """
    decided = ~np.isnan(outcome)
    if decided.sum() < _LEAST_ROWS or len(np.unique(outcome[decided])) < 2:
        return []
    found = [
        _Examined.of(name, table[name], outcome, decided, decided_at) for name in table.columns if name not in set(skip)
    ]
    known = [x for x in found if x is not None]
    strengths = sorted((x.auc for x in known), reverse=True)
    judged = [_judge(x, strengths) for x in known]
    return sorted((s for s in judged if s.score >= _SHOWN), key=lambda s: -s.score)


def held_out(found: Sequence[Suspicion], decisions: dict[str, bool] | None = None) -> list[str]:
    """Headings to leave out: the suspicious ones, except those a person chose to use, and those a person held out."""
    chosen = decisions or {}
    automatic = [s.column for s in found if s.held and not chosen.get(s.column, False)]
    return sorted({*automatic, *(name for name, use in chosen.items() if not use)})


@dataclass(frozen=True, slots=True)
class _Examined:
    """Facts about one column; ``codes`` (n_decided,) is the bin of every decided row, 0 for empty."""

    name: str
    auc: float
    error: float
    pure: tuple[float, str, int]  # share of its side, value, rows
    certain: bool  # that value never occurs on the larger side
    gap: float  # share empty among won minus among lost
    empty_decided: float
    empty_open: float | None
    after: float
    same_day: float

    @classmethod
    def of(
        cls, name: str, raw: pl.Series, outcome: Array, decided: NDArray[np.bool_], decided_at: pl.Series | None
    ) -> _Examined | None:
        kind = columns.typed(name, raw)
        if kind.kind == "dropped":
            return None
        empty = kind.values.is_null().to_numpy() if kind.kind != "filled" else ~kind.values.to_numpy().astype(bool)
        rows = _sampled(np.flatnonzero(decided))
        y = outcome[rows]
        codes, names = _codes(kind)
        area = max(auc(y, _encoded(codes[rows], y)), 0.5)
        low, _ = auc_interval(y, np.zeros(len(y)) if area == 0.5 else _encoded(codes[rows], y), 1.0)
        after, same = _against_decision(kind, decided_at)
        pure, certain = _purest(codes[rows], y, names)
        return cls(
            name,
            area,
            max(area - low, 0.0),
            pure,
            certain,
            float(empty[rows][y > 0.5].mean() - empty[rows][y < 0.5].mean()),
            float(empty[rows].mean()),
            float(empty[~decided].mean()) if (~decided).sum() >= _LEAST_ROWS else None,
            after,
            same,
        )


def _judge(x: _Examined, strengths: list[float]) -> Suspicion:
    evidence = [e for e in (*_from_content(x, strengths), *_from_name(x)) if e is not None]
    score = round(sum(e.weight for e in evidence), 3)
    return Suspicion(x.name, score, score >= THRESHOLD, x.auc, tuple(sorted(evidence, key=lambda e: -e.weight)))


def _from_content(x: _Examined, strengths: list[float]) -> list[Evidence | None]:
    return [_alone(x), _dominates(x, strengths), _pure(x), _open_differs(x), _gaps(x), _after(x)]


def _alone(x: _Examined) -> Evidence | None:
    sure = x.auc - x.error
    weight = 1.0 if sure >= 0.9 else max(0.0, (sure - 0.6) / 0.3 * 0.75)
    return Evidence("alone", round(weight, 3), {"auc": round(x.auc, 3)}) if weight >= 0.1 else None


def _dominates(x: _Examined, strengths: list[float]) -> Evidence | None:
    others = strengths[1] if x.auc == strengths[0] and len(strengths) > 1 else strengths[0]
    ahead = x.auc - x.error - others
    return Evidence("dominates", 0.2, {"next": round(others, 3)}) if x.auc >= 0.78 and ahead >= 0.1 else None


def _pure(x: _Examined) -> Evidence | None:
    share, value, rows = x.pure
    if x.certain:
        return Evidence("certain", 0.9, {"value": value, "rows": rows, "share": round(share, 3)})
    if share < 0.03:
        return None
    return Evidence("pure", 0.5 if share >= 0.1 else 0.3, {"value": value, "rows": rows, "share": round(share, 3)})


def _open_differs(x: _Examined) -> Evidence | None:
    if x.empty_open is None:
        return None
    difference = x.empty_open - x.empty_decided
    if abs(difference) < 0.5:
        return None
    total = (difference >= 0.5 and x.empty_open >= 0.9) or abs(difference) >= 0.8
    params = {"filled_open": round(1 - x.empty_open, 3), "filled_decided": round(1 - x.empty_decided, 3)}
    return Evidence("open_differs", 1.0 if total else 0.4, params)


def _gaps(x: _Examined) -> Evidence | None:
    if abs(x.gap) < 0.2:
        return None
    return Evidence(
        "gaps", round(min(0.6, abs(x.gap)), 3), {"gap": round(x.gap, 3), "empty": round(x.empty_decided, 3)}
    )


def _after(x: _Examined) -> Evidence | None:
    if x.after >= 0.05:
        return Evidence("after", 0.9, {"share": round(x.after, 3)})
    return Evidence("same_day", 0.9, {"share": round(x.same_day, 3)}) if x.same_day >= 0.5 else None


def _from_name(x: _Examined) -> list[Evidence | None]:
    kind, word = name_evidence(x.name)
    found: list[Evidence | None] = []
    if kind:
        weight = {"outcome": 0.6, "state": 0.8, "hint": 0.4}[kind]
        found.append(Evidence(f"name_{kind}", weight, {"word": word}))
    partly = 0.1 <= x.empty_decided <= 0.95
    if names_score(x.name) and partly and x.auc - x.error >= 0.53:
        found.append(Evidence("computed", 0.5, {"filled": round(1 - x.empty_decided, 3)}))
    return found


def _sampled(rows: NDArray[Any]) -> NDArray[Any]:
    if len(rows) <= _MOST_ROWS:
        return rows
    return np.sort(np.random.default_rng(5).choice(rows, _MOST_ROWS, replace=False))


def _codes(kind: columns.Typed) -> tuple[NDArray[np.int64], list[str]]:
    """Bin number of every row (0 = empty) and a name for every bin."""
    if kind.kind in ("category", "filled"):
        words = kind.values.cast(pl.String)
        names = ["", *sorted(str(w) for w in words.drop_nulls().unique().to_list())]
        places = {w: i for i, w in enumerate(names)}
        places.pop("", None)
        codes = words.replace_strict(list(places), list(places.values()), default=0, return_dtype=pl.Int64)
        return codes.fill_null(0).to_numpy().astype(np.int64), names
    stamps = kind.values.dt.timestamp("us") if kind.kind == "date" else kind.values
    values = stamps.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    known = values[np.isfinite(values)]
    distinct = np.unique(known)
    edges = (
        distinct[:-1] if len(distinct) <= _BINS else np.unique(np.quantile(known, np.linspace(0, 1, _BINS + 1)[:-1]))
    )
    codes_ = np.where(np.isfinite(values), np.searchsorted(edges, values, side="left") + 1, 0)
    return codes_.astype(np.int64), ["", *(_edge_name(kind, edges, i) for i in range(len(edges) + 1))]


def _edge_name(kind: columns.Typed, edges: Array, i: int) -> str:
    if kind.kind == "date" or not len(edges):
        return ""
    return f"≤ {edges[0]:g}" if i == 0 else f"> {edges[i - 1]:g}"


def _encoded(codes: NDArray[np.int64], y: Array) -> Array:
    """Out-of-fold mean outcome of every row's bin, pulled to the average."""
    folds = np.random.default_rng(0).integers(0, _FOLDS, len(y))
    bins = int(codes.max()) + 1
    # The same prior in all folds: a fold's own mean would order the folds against their outcomes.
    prior = float(y.mean())
    scores = np.zeros(len(y))
    for fold in range(_FOLDS):
        rest = folds != fold
        counts = np.bincount(codes[rest], minlength=bins)
        sums = np.bincount(codes[rest], y[rest], minlength=bins)
        scores[~rest] = ((sums + _SMOOTH * prior) / (counts + _SMOOTH))[codes[~rest]]
    return scores


def _purest(codes: NDArray[np.int64], y: Array, names: list[str]) -> tuple[tuple[float, str, int], bool]:
    """The side's share that sits in bins of (almost) only that side, with the largest such bin, and whether a large
    bin holds the rarer side (at most 30 % of all) without one exception: honest facts hardly ever do."""
    rate = float(y.mean())
    counts = np.bincount(codes, minlength=len(names))
    wins = np.bincount(codes, y, minlength=len(names))
    shares = wins / np.maximum(counts, 1)
    large = counts >= max(15, 0.005 * len(y))
    sides = [(large & (shares >= max(0.97, 1 - (1 - rate) / 12)), wins, y.sum())]
    sides.append((large & (shares <= min(0.03, rate / 12)), counts - wins, len(y) - y.sum()))
    best = (0.0, "", 0)
    for pure, members, total in sides:
        if pure.any():
            top = int(np.argmax(np.where(pure, counts, 0)))
            best = max(best, (float(members[pure].sum() / total), names[top], int(counts[top])))
    smaller = wins if rate <= 0.5 else counts - wins
    sure = (
        (counts >= _CERTAIN_ROWS) & (smaller == counts) if min(rate, 1 - rate) <= 0.3 else np.zeros(len(counts), bool)
    )
    if sure.any():
        top = int(np.argmax(np.where(sure, counts, 0)))
        return (float(smaller[sure].sum() / smaller.sum()), names[top], int(counts[top])), True
    return best, False


def _against_decision(kind: columns.Typed, decided_at: pl.Series | None) -> tuple[float, float]:
    """Shares of dated values later than a day after the decision, and on its day."""
    if kind.kind != "date" or decided_at is None:
        return 0.0, 0.0
    lag = (kind.values - columns.plain_time(decided_at)).dt.total_microseconds().drop_nulls()
    if len(lag) < _LEAST_ROWS:
        return 0.0, 0.0
    return float((lag > _DAY_US).mean() or 0.0), float((lag.abs() < _DAY_US).mean() or 0.0)  # type: ignore[arg-type]
