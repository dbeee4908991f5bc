"""How right a model is in parts of the company: every group with its size and an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from amity.intelligence.columns import clean_words, plain, typed
from amity.intelligence.metrics import Array, auc, auc_interval, ece

COLUMNS = (
    "team", "language", "company_employees", "value", "country", "source", "product_family", "company_industry",
    "owner",
)  # fmt: skip
MOST_COLUMNS, MOST_GROUPS, LEAST = 5, 6, 20
_LEAST_OF_EACH = 5  # wins and losses below which a ranking says nothing


@dataclass(frozen=True, slots=True)
class Group:
    """Records of one kind that the model had not seen. All shares 0–1; intervals hold 90 %.

    ``first``: share that the model puts above the average; ``false_first``: the same among those that were lost
    (false-positive rate). ``off``: the chance said lies outside the interval of the share won.
    """

    name: str
    rows: int
    said: float
    won: float
    won_low: float
    won_high: float
    auc: float | None
    auc_low: float | None
    auc_high: float | None
    ece: float
    first: float
    first_low: float
    first_high: float
    false_first: float | None
    false_low: float | None
    false_high: float | None
    off: bool

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def sliced(table: pl.DataFrame, y: Array, p: Array, names: Sequence[str] = COLUMNS) -> list[dict[str, Any]]:
    """Groups of the first five of ``names`` that split the rows, as plain JSON. Rows of all arguments are the same."""
    found = []
    for name in [n for n in names if n in table.columns]:
        groups = [group(label, y[mask], p[mask], float(y.mean())) for label, mask in grouped(table[name])]
        if len(groups) > 1:
            found.append({"column": name, "groups": [g.as_dict() for g in groups]})
        if len(found) == MOST_COLUMNS:
            break
    return found


def grouped(raw: pl.Series) -> list[tuple[str, NDArray[np.bool_]]]:
    """The commonest values of a column, or its quarters where it holds many numbers; each with which rows it holds."""
    seen = typed(raw.name, raw)
    if seen.kind == "numeric" and seen.values.n_unique() > MOST_GROUPS:
        return _quarters(seen.values.cast(pl.Float64))
    words = clean_words(plain(raw))
    counts = words.drop_nulls().value_counts(sort=True, name="n").filter(pl.col("n") >= LEAST)
    labels = sorted(counts[words.name].to_list(), key=lambda v: (-int((words == v).sum()), str(v)))[:MOST_GROUPS]
    masks = [(str(v), np.asarray((words == v).fill_null(False).to_numpy(), dtype=bool)) for v in labels]
    rest = ~np.any([m for _, m in masks], axis=0) if masks else np.zeros(len(words), dtype=bool)
    return [*masks, ("…", rest)] if rest.sum() >= LEAST else masks


def group(name: str, y: Array, p: Array, average: float) -> Group:
    """Figures of one group; ``average`` is the share won over everybody."""
    rows, wins = len(y), int(y.sum())
    low, high = share_interval(wins, rows)
    both = min(wins, rows - wins) >= _LEAST_OF_EACH
    ends: tuple[float | None, float | None] = auc_interval(y, p) if both else (None, None)
    first, lost = p > average, y < 0.5
    first_low, first_high = share_interval(int(first.sum()), rows)
    false = share_interval(int(first[lost].sum()), int(lost.sum())) if lost.any() else (None, None)
    shares = (float(first.mean()), first_low, first_high)
    among_lost = (float(first[lost].mean()) if lost.any() else None, false[0], false[1])
    return Group(
        name, rows, float(p.mean()), wins / rows, low, high, auc(y, p) if both else None, ends[0], ends[1], ece(y, p),
        *shares, *among_lost, not low <= float(p.mean()) <= high,
    )  # fmt: skip


def share_interval(hits: int, rows: int) -> tuple[float, float]:
    """90 % interval of a share (Clopper, Pearson 1934): never too narrow."""
    from scipy.stats import beta  # its library takes long to import

    low = float(beta.ppf(0.05, hits, rows - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.95, hits + 1, rows - hits)) if hits < rows else 1.0
    return low, high


def _quarters(values: pl.Series) -> list[tuple[str, NDArray[np.bool_]]]:
    numbers = values.fill_null(float("nan")).to_numpy().astype(np.float64)
    known = numbers[np.isfinite(numbers)]
    if len(known) < 2 * LEAST:
        return []
    edges = np.unique(np.quantile(known, [0, 0.25, 0.5, 0.75, 1]))
    found = []
    for i in range(len(edges) - 1):
        last = i == len(edges) - 2
        mask = (numbers >= edges[i]) & ((numbers <= edges[i + 1]) if last else (numbers < edges[i + 1]))
        if mask.sum() >= LEAST:
            found.append((f"{_short(edges[i])} – {_short(edges[i + 1])}", mask))
    return found


def _short(value: float) -> str:
    return f"{value:,.0f}".replace(",", "\u202f") if abs(value) >= 10 or value == int(value) else f"{value:.2g}"
