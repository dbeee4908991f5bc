"""Must show 7: planted drift is told within one simulated day, an undrifted month is silent, rollback and replay.

An invented company: 60 leads a day, eight columns, decided about a day later. The model learns from the first 1,500
decided leads; then thirty days pass, and every day the newest leads and outcomes are looked at.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from amity.intelligence import monitoring
from amity.intelligence.benches.table import Line, Say
from amity.intelligence.fitted import Model, beta_interval
from amity.intelligence.ladder import train

Random = np.random.Generator
PER_DAY = 60
LEARNED = 1_500
MONTH = 30
RULE_OF_THUMB = 0.2  # stability index, Siddiqi 2006
START = datetime(2026, 1, 1)  # noqa: DTZ001 - frames keep naive UTC
SOURCES = ("web", "referral", "fair", "list")


@dataclass(frozen=True)
class Leads:
    """Leads in order of arrival: columns, the outcome (n,) and the day they came (n,)."""

    table: pl.DataFrame
    outcome: np.ndarray[Any, Any]
    day: np.ndarray[Any, Any]

    def opened(self) -> pl.Series:
        """When they came."""
        moments = [START + timedelta(days=float(d)) for d in self.day]
        return pl.Series("opened", moments, dtype=pl.Datetime("us"))

    def between(self, first: float, last: float) -> Leads:
        """Those that came in these days."""
        rows = np.flatnonzero((self.day >= first) & (self.day < last))
        return Leads(self.table[rows], self.outcome[rows], self.day[rows])


Plant = Callable[[Random, Leads], Leads]


def world(rng: Random, days: int, from_day: float) -> Leads:
    """Leads whose chance hangs on source, visits and size, a little on the rest."""
    rows = days * PER_DAY
    source = rng.choice(SOURCES, rows, p=[0.4, 0.25, 0.2, 0.15])
    visits, size = rng.poisson(3, rows).astype(float), np.exp(rng.normal(4, 1.5, rows)).round()
    effect = np.select([source == "referral", source == "web", source == "fair"], [1.2, 0.1, -0.2], -1.0)
    z = -0.6 + effect + 0.4 * (visits - 3) + 0.25 * (np.log(size.clip(1)) - 4)
    table = pl.DataFrame(
        {
            "source": source,
            "visits": visits,
            "employees": np.where(rng.random(rows) < 0.1, np.nan, size),
            "country": rng.choice(["PL", "DE", "RU", "GB", "FR"], rows),
            "budget": np.exp(rng.normal(8, 1, rows)).round(),
            "newsletter": rng.choice(["yes", "no"], rows),
            "hour": rng.integers(0, 24, rows).astype(float),
            "campaign": rng.choice([f"c{i}" for i in range(12)], rows),
        }
    ).with_columns(pl.col("employees").fill_nan(None))
    day = from_day + np.sort(rng.random(rows)) * days
    return Leads(table, (rng.random(rows) < 1 / (1 + np.exp(-z))).astype(float), day)


def shifted(_rng: Random, leads: Leads) -> Leads:
    """People come better prepared: twice the visits."""
    return Leads(leads.table.with_columns(pl.col("visits") * 2 + 1), leads.outcome, leads.day)


def appeared(rng: Random, leads: Leads) -> Leads:
    """Four leads of ten come from a source that was never there."""
    new = pl.Series(rng.random(len(leads.day)) < 0.4)
    source = pl.when(new).then(pl.lit("partner portal")).otherwise(pl.col("source")).alias("source")
    return Leads(leads.table.with_columns(source), leads.outcome, leads.day)


def emptied(rng: Random, leads: Leads) -> Leads:
    """A form lost a field: half of the sizes are missing."""
    gone = pl.Series(rng.random(len(leads.day)) < 0.5)
    size = pl.when(gone).then(None).otherwise(pl.col("employees")).alias("employees")
    return Leads(leads.table.with_columns(size), leads.outcome, leads.day)


def dearer(rng: Random, leads: Leads) -> Leads:
    """A competitor went away: seven of ten who would have said no now say yes."""
    turned = rng.random(len(leads.day)) < 0.7
    return Leads(leads.table, np.where(turned, 1.0, leads.outcome), leads.day)


def flipped(_rng: Random, leads: Leads) -> Leads:
    """Somebody swapped won and lost in the import."""
    return Leads(leads.table, 1 - leads.outcome, leads.day)


PLANTS: dict[str, Plant] = {
    "a column shifts": shifted,
    "a category appears": appeared,
    "missing values rise": emptied,
    "the base rate moves": dearer,
    "labels flip": flipped,
}


def lines(data: Path, quick: bool, say: Say) -> Iterator[Line]:
    """100 undrifted months and 20 of every planted kind (``quick``: 10 and 4), then the ledger on a real database."""
    months, plants = (10, 4) if quick else (100, 20)
    false = [_month(seed, say) for seed in range(months)]
    yield _shared("false alarms", "undrifted months with any alarm", false, lambda share: share <= 0.05)
    for name, plant in PLANTS.items():
        caught = [_caught(seed, plant) for seed in range(plants)]
        yield _shared(name, "told within one day", caught, lambda share: share >= 0.95)
    yield from _ledger(quick, say)


def _month(seed: int, say: Say) -> tuple[bool, bool]:
    """Whether anything is raised in thirty undrifted days, by Amity and by the rule of thumb."""
    rng, model, window, past = _company(seed)
    month = world(rng, MONTH, past)
    whole = _joined(world(np.random.default_rng(seed + 90_000), 7, past - 7), month)
    raised = [_look(model, window, whole, past + day) for day in range(1, MONTH + 1)]
    if seed % 10 == 9:
        say(f"   {seed + 1} undrifted months")
    ruled = (_psi_rule(model, window, whole, past + day) for day in range(1, MONTH + 1))
    return any(look.alarms for look in raised), any(ruled)


def _caught(seed: int, plant: Plant) -> tuple[bool, bool]:
    """Whether one day of the planted drift raises an alarm, by Amity and by the rule of thumb."""
    rng, model, window, past = _company(seed)
    before, day = world(rng, 7, past - 7), plant(rng, world(rng, 1, past))
    both = _joined(before, day)
    return bool(_look(model, window, both, past + 1).alarms), _psi_rule(model, window, both, past + 1)


_kept: dict[int, tuple[Model, dict[str, Any], float]] = {}


def _company(seed: int) -> tuple[Random, Model, dict[str, Any], float]:
    """A company with a trained model: five runs share one, all see days of their own."""
    rng, kind = np.random.default_rng(10_000 + seed), seed // 5
    if kind not in _kept:
        seen = world(np.random.default_rng(kind), LEARNED // PER_DAY, 0)
        model = train(seen.table, seen.outcome, seen.opened()).model
        matrix = model.spec.transform(seen.table, seen.opened())
        _kept[kind] = model, monitoring.window_of(model, matrix), float(LEARNED // PER_DAY)
    return rng, *_kept[kind]


def _look(model: Model, window: dict[str, Any], leads: Leads, now: float) -> monitoring.Look:
    spans, outcomes = [], []
    for days in monitoring.SPANS:
        part = leads.between(now - days, now)
        matrix = model.spec.transform(part.table, part.opened())
        spans.append((days, matrix))
        outcomes.append(monitoring.Outcomes(days, model.score_matrix(matrix).probability, part.outcome))
    return monitoring.examine(window, model, spans, outcomes)


def _joined(one: Leads, other: Leads) -> Leads:
    return Leads(
        pl.concat([one.table, other.table], how="vertical_relaxed"),
        np.concatenate([one.outcome, other.outcome]),
        np.concatenate([one.day, other.day]),
    )


def _psi_rule(model: Model, window: dict[str, Any], leads: Leads, now: float) -> bool:
    """The usual rule of thumb beside: any column's stability index above 0.2, last day against training."""
    part = leads.between(now - 1, now)
    blocks = model.spec.transform(part.table, part.opened()).blocks
    found = (
        _psi(np.array(c["counts"]), np.array(monitoring.counts_of(block[:, 0], c["edges"])))
        for c, block in zip(window["columns"], blocks, strict=True)
    )
    return any(size > RULE_OF_THUMB for size in found)


def _psi(then: np.ndarray[Any, Any], now: np.ndarray[Any, Any]) -> float:
    p, q = (then + 0.5) / (then + 0.5).sum(), (now + 0.5) / (now + 0.5).sum()
    return float(np.sum((q - p) * np.log(q / p)))


def _shared(what: str, figure: str, found: list[tuple[bool, bool]], kept: Callable[[float], bool]) -> Line:
    """A share with its 90 % interval (Jeffreys), the rule of thumb beside it."""
    own, rule = np.array(found, dtype=float).T
    low, _, high = beta_interval(int(own.sum()), int(len(own) - own.sum()))
    share = float(own.mean())
    return Line("drift", what, figure, share, low, high, {"psi_above_0.2": float(rule.mean())}, kept(share))


def _ledger(quick: bool, say: Say) -> Iterator[Line]:
    """Rollback, replay and equal features on a throw-away installation; see `amity.web.bench_ledger`."""
    command = [sys.executable, "-m", "amity.web.bench_ledger", *(["--quick"] if quick else [])]
    told = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=1_800, text=True).stdout
    say("   ledger measured")
    figures = json.loads(told.splitlines()[-1])
    rows, people = figures["replayed"], figures["compared"]
    yield Line("drift", "ledger", "rollback seconds", figures["rollback_s"], note=f"{figures['open']} open leads",
               met=figures["rollback_s"] <= 10)  # fmt: skip
    yield Line("drift", "ledger", "replayed equal", figures["equal"] / max(rows, 1), note=f"{rows} random rows",
               met=figures["equal"] == rows)  # fmt: skip
    yield Line("drift", "ledger", "online = offline", figures["same"] / max(people, 1), note=f"{people} people",
               met=figures["same"] == people)  # fmt: skip
