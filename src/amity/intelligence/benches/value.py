"""Must show 3, first half: customer value and next purchase on CDNOW beside BG/NBD + Gamma-Gamma and a naive rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from amity.base.tables import read_table
from amity.intelligence import value
from amity.intelligence.benches.table import Line, Say, mean_line
from amity.intelligence.metrics import auc, log_loss

Array = NDArray[np.float64]

PUBLISHED = {"a": 0.79, "alpha": 4.41, "b": 2.43, "r": 0.24}
KNOWN_WEEKS, HORIZON = 39.0, 39.0
GROUPS = 5


def lines(data: Path, quick: bool, say: Say) -> Iterator[Line]:
    """The published parameters, then 39 weeks learned from, 39 weeks predicted, customers in five groups."""
    folder = data / "D_cdnow"
    yield from _published(folder)
    table = read_table(folder / ("cdnow_sample_1in10.csv.gz" if quick else "cdnow_master.csv.gz"))
    who = table["master_id" if quick else "customer_id"].cast(pl.Int64).to_numpy()
    days = table["date"].cast(pl.String).str.to_date("%Y%m%d")
    weeks = ((days - days.min()).dt.total_days() / 7).to_numpy().astype(np.float64)
    yield from _predicted(who, weeks, table["amount"].cast(pl.Float64).to_numpy(), say)


def _published(folder: Path) -> Iterator[Line]:
    table = read_table(folder / "cdnow_summary_lifetimes.csv.gz")
    columns = [table[c].cast(pl.Float64).to_numpy() for c in ("frequency", "recency", "T", "monetary_value")]
    found = value.fit_counts(value.Purchases(*columns))
    for name, published in PUBLISHED.items():
        own = float(getattr(found, name))
        yield Line(
            "value", "D_cdnow", f"BG/NBD {name}", own, beside={"published": published}, met=abs(own - published) < 0.01
        )


def _predicted(who: NDArray[np.int64], weeks: Array, amount: Array, say: Say) -> Iterator[Line]:
    seen, people = value.summary(who, weeks, amount, KNOWN_WEEKS)
    truth = value.counted(who, weeks, people, KNOWN_WEEKS, KNOWN_WEEKS + HORIZON)
    paid = _paid(who, weeks, amount, people)
    model = value.fit(who, weeks, amount, KNOWN_WEEKS, HORIZON)
    say(f"   {len(people)} customers, {len(who)} purchases; corrected: {model.correction is not None}")
    plain = model.counts.expected(seen, HORIZON)
    rate = seen.repeats / np.maximum(seen.age, 1.0) * HORIZON
    counts = {"amity": model.purchases(seen, HORIZON), "bg_nbd": plain, "naive_rate": rate}
    everybody = float(amount.mean())
    spend = {"amity": model.revenue(seen, HORIZON), "bg_nbd_gamma_gamma": plain * model.spend.expected(seen),
             "naive_rate": rate * np.where(seen.repeats > 0, seen.spend, everybody)}  # fmt: skip
    group = np.arange(len(people)) % GROUPS
    for figure, guesses, real in (("purchases", counts, truth), ("revenue", spend, paid)):
        for name, error in _ERRORS.items():
            found = {k: [error(g[group == i], real[group == i]) for i in range(GROUPS)] for k, g in guesses.items()}
            own = found.pop("amity")
            # Expectations are not medians: their absolute error is shown, not promised.
            yield mean_line("value", "D_cdnow", f"{figure} {name}", own, found, None if name == "MAE" else _no_worse)
    yield from _next(model, seen, truth)


def _next(model: value.Value, seen: value.Purchases, truth: Array) -> Iterator[Line]:
    """Whether anything follows within the horizon."""
    came = (truth > 0).astype(np.float64)
    chance = np.clip(model.chance(seen, HORIZON), 1e-6, 1 - 1e-6)
    plain = np.clip(model.counts.within(seen, HORIZON), 1e-6, 1 - 1e-6)
    naive = np.where(seen.repeats > 0, came[seen.repeats > 0].mean(), came[seen.repeats == 0].mean())
    for name, error in (("log loss", log_loss), ("AUC", auc)):
        beside = {"bg_nbd": error(came, plain), "two_groups": error(came, naive)}
        own = error(came, chance)
        met = own <= min(beside.values()) + 1e-9 if name == "log loss" else own >= max(beside.values()) - 0.005
        yield Line("value", "D_cdnow", f"next purchase {name}", own, beside=beside, met=met)


def _paid(who: NDArray[np.int64], weeks: Array, amount: Array, people: NDArray[np.int64]) -> Array:
    inside = (weeks > KNOWN_WEEKS) & (weeks <= KNOWN_WEEKS + HORIZON) & np.isin(who, people)
    index = np.searchsorted(people, who[inside])
    return np.bincount(index, weights=amount[inside], minlength=len(people)).astype(np.float64)


def _no_worse(own: float, others: Mapping[str, float]) -> bool:
    return own <= min(others.values()) * 1.01


def _rmse(guess: Array, real: Array) -> float:
    return float(np.sqrt(np.mean((guess - real) ** 2)))


def _mae(guess: Array, real: Array) -> float:
    return float(np.mean(np.abs(guess - real)))


def _total(guess: Array, real: Array) -> float:
    return abs(float(guess.sum() / max(real.sum(), 1e-9)) - 1)


_ERRORS = {"RMSE": _rmse, "MAE": _mae, "total off by": _total}
