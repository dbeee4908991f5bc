"""Customers: what each will buy within a year, whether they still are one, when they come next; from real purchases.

The room that owns orders registers where purchases come from. A job learns from all of them; whoever buys is computed
anew at once with what was learned. A ledger row rests on nothing but its own history and its model's numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl
from django.db import transaction
from numpy.typing import NDArray

from amity.access import api as access
from amity.base import clock, live
from amity.events import api as events
from amity.intelligence import customers_life as life
from amity.intelligence import customers_store as store
from amity.intelligence import value
from amity.intelligence.customers_source import source
from amity.intelligence.customers_test import Risk, tested
from amity.intelligence.models import CustomerValue

Report = Any
BATCH = 2_000
FORMAT = 1


def train_value(principal: access.Principal, report: Report) -> store.CustomerVersion:
    """Learn from all purchases, test on their last part, and compute every customer. Not inside a transaction.

    Persons and companies are computed by one model, learned from whichever have more purchases. About 20 s for 25,000.
    """
    access.require(principal, "models.train")
    report(0, 100, "reading")
    table = source().purchases()
    kinds = table["kind"].value_counts().sort("count", descending=True)["kind"].to_list()
    past, _ids = histories(table.filter(pl.col("kind") == kinds[0]) if kinds else table)
    now = store.today()
    report(10, 100, "testing")
    proof = tested(past, _end(past, now))
    report(50, 100, "learning")
    version = store.keep(
        principal, store.VALUE, signal=proof.verdict == "signal", rows=len(past.day), subjects=past.count,
        window=store.now_window(float(past.day.min()), float(past.day.max())) if past.count else None,
        card={**proof.as_dict(), "kind": kinds[0] if kinds else ""},
        artefact=_learned(past, _end(past, now), proof.risks) if proof.verdict == "signal" else {"format": FORMAT},
    )  # fmt: skip
    compute(version, table, report)
    store.clear(store.VALUE)
    return version


def refresh(ids: Iterable[UUID]) -> int:
    """Compute these customers anew with what was learned; returns how many. 6 queries, none where nothing is live."""
    version = store.live(store.VALUE)
    wanted = list(dict.fromkeys(ids))
    if version is None or not version.signal or not wanted:
        return 0
    table = source().purchases(wanted)
    _forget(set(wanted) - {UUID(each) for each in table["id"].unique()})
    return _write(version, table)


def compute(version: store.CustomerVersion, table: pl.DataFrame, report: Report) -> int:
    """Compute all customers of ``table`` and forget the rest; nobody where the model does not beat the naive rule."""
    if not version.signal:
        _forget(set(CustomerValue.objects.filter(current=True).values_list("subject_id", flat=True)))
        return 0
    ids = table["id"].unique(maintain_order=True)
    for start in range(0, len(ids), BATCH):
        _write(version, table.filter(pl.col("id").is_in(ids[start : start + BATCH].implode())))
        report(60 + round(40 * start / len(ids)), 100, "scoring")
    known = {UUID(each) for each in ids}
    current = CustomerValue.objects.filter(current=True).values_list("subject_id", flat=True)
    _forget({each for each in current.iterator(chunk_size=10_000) if each not in known})
    return len(ids)


def replay(value_id: UUID) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a ledger row says, and the same computed again from its own history and model version. 2 queries."""
    row = CustomerValue.objects.get(pk=value_id)
    days, minor = (np.array(part, dtype=np.float64) for part in zip(*row.history, strict=True))
    past = life.Histories(np.zeros(len(days), dtype=np.int64), days, minor)
    again = _rows(row.model_id, past, row.as_of)[0]
    return {name: getattr(row, name) for name in again}, again


def histories(table: pl.DataFrame) -> tuple[life.Histories, list[UUID]]:
    """Purchases as arrays, and the ids of the customers by number; ``table`` in order of customer and day."""
    numbers = table["id"].rle_id().to_numpy().astype(np.int64)
    ids = [UUID(each) for each in table["id"].unique(maintain_order=True)]
    return life.Histories(numbers, table["day"].cast(pl.Float64).to_numpy(), _floats(table["minor"])), ids


def _floats(column: pl.Series) -> NDArray[np.float64]:
    return column.cast(pl.Float64).to_numpy()


def _end(past: life.Histories, now: float) -> float:
    """Where the history ends: now, or the last purchase of one that was imported long after (more than 60 days)."""
    last = float(past.day.max()) if past.count else now
    return now if now - last <= 60 else last


def _learned(past: life.Histories, now: float, risks: dict[str, Risk]) -> dict[str, Any]:
    model = value.fit(past.customer, past.day / life.WEEK, past.minor, now / life.WEEK, life.YEAR / life.WEEK)
    common, mended = life.usual(past, now), model.correction
    return {
        "format": FORMAT,
        "counts": [model.counts.r, model.counts.alpha, model.counts.a, model.counts.b],
        "spend": [model.spend.p, model.spend.q, model.spend.v],
        "correction": mended and [mended.horizon, *mended.weights.tolist()],
        "usual": [common.rate, common.gap],
        "risks": {days: [each.shift, each.slope, each.bins] for days, each in risks.items()},
        "end": now if now < store.today() - 1 else None,
    }  # fmt: skip


@lru_cache(maxsize=4)
def _loaded(version_id: UUID) -> tuple[value.Value, life.Usual, dict[int, Risk], float | None]:
    found = store.artefact_of(version_id)
    mended = found["correction"]
    correction = None if mended is None else value.Correction(np.array(mended[1:], dtype=np.float64), float(mended[0]))
    model = value.Value(value.BgNbd(*found["counts"]), value.GammaGamma(*found["spend"]), correction)
    return model, life.Usual(*found["usual"]), {int(k): Risk(*v) for k, v in found["risks"].items()}, found["end"]


def _write(version: store.CustomerVersion, table: pl.DataFrame) -> int:
    """Ledger rows of these customers. The last row of each calendar month stays, earlier ones of it give way."""
    if not table.height:
        return 0
    past, ids = histories(table)
    kinds = dict(zip(table["id"], table["kind"], strict=True))
    now = clock.now()
    told = _rows(version.id, past, now)
    fresh = [
        CustomerValue(
            model_id=version.id, subject_kind=kinds[str(who)], subject_id=who, as_of=now, scored_at=now, **row
        )
        for who, row in zip(ids, told, strict=True)
    ]  # fmt: skip
    with transaction.atomic():
        before = CustomerValue.objects.filter(subject_id__in=ids, current=True)
        before.filter(scored_at__gte=now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)).delete()
        before.update(current=False)
        CustomerValue.objects.bulk_create(fresh)
        _tell(kinds, ids)
    return len(fresh)


def _tell(kinds: dict[str, str], ids: Sequence[UUID]) -> None:
    for kind in ("person", "company"):
        some = [each for each in ids if kinds[str(each)] == kind]
        if some:
            live.tell(kind, some)
            events.publish("score.changed", None, {"target": "value", "kind": kind, "ids": [str(i) for i in some]})


def _rows(version_id: UUID, past: life.Histories, as_of: datetime) -> list[dict[str, Any]]:
    model, common, risks, end = _loaded(version_id)
    now = as_of.timestamp() / 86_400
    if end is not None:  # an old export: its end is "now", until something newer happens
        now = end if float(past.day.max()) <= end else now
    seen = past.seen(now)
    told = life.outlook(model, past, now, common)
    drivers = life.money_reasons(model, seen, common)
    dangers = {days: _danger(model, seen, common, days, each) for days, each in risks.items()}
    starts = np.searchsorted(past.customer, np.arange(past.count + 1))
    return [
        {
            "purchases": float(told.purchases[i]),
            "purchases_low": float(told.purchases_low[i]),
            "purchases_high": float(told.purchases_high[i]),
            "revenue_minor": round(float(told.revenue[i])),
            "revenue_low": round(float(told.revenue_low[i])),
            "revenue_high": round(float(told.revenue_high[i])),
            "alive": float(told.alive[i]),
            "next_days": _or_none(told.wait[i]),
            "next_low": _or_none(told.wait_low[i]),
            "next_high": _or_none(told.wait_high[i]),
            "stage": told.stage[i],
            "drivers": _drivers(drivers, seen, i),
            "risks": {str(days): [*(float(part[i]) for part in each[:3]), _drivers(each[3], seen, i)]
                      for days, each in dangers.items()},
            "history": [[float(past.day[k]), float(past.minor[k])] for k in range(starts[i], starts[i + 1])],
        }
        for i in range(past.count)
    ]  # fmt: skip


def _danger(model: value.Value, seen: value.Purchases, common: life.Usual, days: int, mend: Risk) -> tuple[Any, ...]:
    """Chance of no purchase, its bounds, and reasons in log-odds."""
    chance = mend.mended(life.risk(model, seen, days))
    half = mend.half_width(chance)
    reasons = [
        (code, mend.slope * effect + (mend.shift if code == "base" else 0.0))
        for code, effect in life.risk_reasons(model, seen, common, days)
    ]
    return chance, np.maximum(chance - half, 0.0), np.minimum(chance + half, 1.0), reasons


def _drivers(reasons: Sequence[tuple[str, Any]], seen: value.Purchases, i: int) -> list[list[Any]]:
    """Stored reasons: [code, facts, effect]. Who bought once has no rhythm and no silence apart from each other."""
    facts: dict[str, Any] = {
        "n": int(seen.repeats[i]) + 1,
        "gap": round(float(seen.last[i] / seen.repeats[i] * life.WEEK)) if seen.repeats[i] else None,
        "days": round(float(seen.age[i] - seen.last[i]) * life.WEEK),
        "minor": round(float(seen.spend[i])),
    }
    told = {code: float(effect[i]) for code, effect in reasons}
    if not seen.repeats[i]:
        told = {"base": told["base"], "once": told["rhythm"] + told["silence"] + told.get("spend", 0.0)}
    return [[code, {} if code == "base" else facts, effect] for code, effect in told.items()]


def _or_none(days: float) -> float | None:
    return None if np.isnan(days) else float(days)


def _forget(ids: set[UUID]) -> None:
    """Customers without purchases (merged, taken back): their rows stay in the ledger, but nobody is shown them."""
    listed = list(ids)
    for start in range(0, len(listed), BATCH):
        CustomerValue.objects.filter(subject_id__in=listed[start : start + BATCH], current=True).update(current=False)


__all__ = ["compute", "histories", "refresh", "replay", "train_value"]
