"""Invented companies whose truth is known: every lead's real chance, and columns that cheat."""

# ruff: noqa: DTZ001 - frames keep naive UTC

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

START = datetime(2024, 1, 1)


@dataclass(frozen=True)
class World:
    table: pl.DataFrame
    outcome: np.ndarray[Any, Any]
    chance: np.ndarray[Any, Any]
    opened: pl.Series


def world(rows: int = 1500, seed: int = 1, strength: float = 1.0) -> World:
    """Leads whose chance depends on source, visits and company size; ``strength`` 0 means pure luck."""
    rng = np.random.default_rng(seed)
    source = rng.choice(["referral", "web", "fair", "list"], rows, p=[0.2, 0.4, 0.2, 0.2])
    visits = rng.poisson(3, rows).astype(float)
    size = np.exp(rng.normal(4, 1.6, rows)).round()
    effect = np.select([source == "referral", source == "web", source == "fair"], [1.4, 0.2, -0.2], -1.2)
    z = -0.4 + strength * (effect + 0.5 * (visits - 3) + 0.3 * (np.log(size.clip(1)) - 4))
    chance = 1 / (1 + np.exp(-z))
    outcome = (rng.random(rows) < chance).astype(float)
    opened = [START + timedelta(hours=int(h)) for h in np.sort(rng.integers(0, 8760, rows))]
    gaps = rng.random(rows) < 0.1
    table = pl.DataFrame(
        {
            "source": source,
            "visits": visits,
            "employees": [None if g else s for g, s in zip(gaps, size, strict=True)],
            "city": rng.choice(["Kraków", "Berlin", "Омск", "Select", ""], rows),
            "lead_number": np.arange(rows) + 7_000,
            "campaign": ["spring"] * rows,
        }
    )
    return World(table, outcome, chance, pl.Series("opened", opened, dtype=pl.Datetime("us")))
