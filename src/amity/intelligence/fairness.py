"""How the model treats groups of people, where comparing them is lawful: rates, ranking, calibration, false alarms.

Computed on records the model had not seen, whether or not it learned from the column. Sums only; no person is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from amity.intelligence.columns import plain_time, typed
from amity.intelligence.metrics import Array
from amity.intelligence.slices import Group, group, grouped

_BANDS = ((0, 30), (30, 45), (45, 60), (60, 120))
_YEAR = 365.25


def compared(table: pl.DataFrame, kinds: Mapping[str, str], y: Array, p: Array, now: datetime) -> list[dict[str, Any]]:
    """Per sensitive column its groups of at least 20 people, as plain JSON; rows of all arguments belong together."""
    found = []
    for name, kind in kinds.items():
        parts = _ages(table[name], now) if kind == "age" else grouped(table[name])
        groups = [group(label, y[mask], p[mask], float(y.mean())) for label, mask in parts if mask.sum() >= 20]
        if len(groups) > 1:
            found.append(
                {"column": name, "kind": kind, "groups": [g.as_dict() for g in groups], "apart": _apart(groups)}
            )
    return found


def _apart(groups: list[Group]) -> list[str]:
    """Which figures differ beyond chance: the 90 % intervals of some two groups do not touch."""
    ends: dict[str, list[tuple[float | None, float | None]]] = {
        "first": [(g.first_low, g.first_high) for g in groups],
        "false_first": [(g.false_low, g.false_high) for g in groups if g.false_low is not None],
        "auc": [(g.auc_low, g.auc_high) for g in groups if g.auc_low is not None],
    }
    apart = [name for name, pairs in ends.items() if pairs and _gap(pairs) > 0]
    return apart + (["calibration"] if any(g.off for g in groups) else [])


def _gap(pairs: list[tuple[float | None, float | None]]) -> float:
    """How far the highest lower end lies above the lowest upper end."""
    return max(low or 0.0 for low, _ in pairs) - min(1.0 if high is None else high for _, high in pairs)


def _ages(raw: pl.Series, now: datetime) -> list[tuple[str, Any]]:
    """Ages in four bands, from numbers or from dates of birth."""
    seen = typed(raw.name, raw)
    if seen.kind == "date":
        moment = pl.Series([now.replace(tzinfo=None)], dtype=pl.Datetime("us"))
        years = (moment - plain_time(seen.values)).dt.total_days().cast(pl.Float64) / _YEAR
    elif seen.kind == "numeric":
        years = seen.values.cast(pl.Float64)
    else:
        return grouped(raw)
    numbers = years.fill_null(float("nan")).to_numpy()
    return [(f"{low}–{high - 1}", np.asarray((numbers >= low) & (numbers < high), dtype=bool)) for low, high in _BANDS]
