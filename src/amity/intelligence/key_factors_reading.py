"""Key factors and campaigns of one target, read from its records; kept for an hour per model version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from django.core.cache import cache

from amity.base import clock
from amity.events import api as events
from amity.intelligence import registry
from amity.intelligence.campaigns import Credit, Lift, attribute, lift
from amity.intelligence.key_factors import Factor, factors
from amity.intelligence.training import Frame, source_of, with_outcomes
from amity.people import api as people

KEPT_S = 3_600
# Words in the name of a yes-or-no column that says who was written to, or who was held out.
CONTACTED = ("contacted", "treatment", "treated", "mailed", "angeschrieben", "kontaktiert", "skontaktowano")
HELD_OUT = (
    "holdout", "hold_out", "hold-out", "hold out", "held out", "control group", "control_group", "kontrollgruppe",
    "grupa kontrolna", "контрольная группа",
)  # fmt: skip
_NO = {"false", "0", "0.0", "no", "nein", "nie", "нет"}
_YES = {"true", "1", "1.0", "yes", "ja", "tak", "да"}


@dataclass(frozen=True, slots=True)
class Told:
    """What the page shows. ``touched``: decided records with a campaign; ``lifts``: (column, lift)."""

    at: datetime
    decided: int
    factors: tuple[Factor, ...]
    before: int | None
    credits: tuple[Credit, ...]
    touched: int
    lifts: tuple[tuple[str, Lift], ...]


def told(key: str) -> Told | None:
    """Key factors and campaigns; None before anything was learned. Seconds for 100,000 records, then kept an hour."""
    versions = registry.history(key, 5)
    live = next((v for v in versions if v.state == "live"), None)
    if live is None:
        return None
    name = f"factors:{live.id}"
    found: Told | None = cache.get(name)
    if found is None:
        found = _read(key, live, next((v for v in versions if v.number < live.number), None))
        cache.set(name, found, KEPT_S)
    return found


def _read(key: str, live: registry.Version, before: registry.Version | None) -> Told:
    frame = with_outcomes(source_of(key).load())
    decided = np.flatnonzero(~np.isnan(frame.outcome))
    outcome = frame.outcome[decided]
    strong = factors(
        registry.model_of(live.id), frame.columns[decided], outcome,
        None if frame.opened_at is None else frame.opened_at[decided], live.created_at,
        registry.model_of(before.id) if before else None,
    )  # fmt: skip
    paths = _paths(key, frame, decided)
    won = [bool(w) for w in outcome]
    return Told(
        clock.now(), len(decided), tuple(strong), before.number if before else None,
        tuple(attribute(paths, won)), sum(bool(path) for path in paths), tuple(_lifts(frame.columns[decided], won)),
    )  # fmt: skip


def _paths(key: str, frame: Frame, decided: Any) -> list[list[str]]:
    """What touched each decided record before its end, in order: the recorded source first, then tracked campaigns."""
    by = "person_id" if source_of(key).subject_kind == "person" else "deal_id"
    touched: dict[Any, list[tuple[datetime, str]]] = {}
    for pk, label, at in events.campaign_touches(by, clock.now()):  # type: ignore[arg-type]
        touched.setdefault(pk, []).append((at.replace(tzinfo=None), label))
    if by == "person_id":
        touched = _as_one(touched)
    sources = frame.columns["source"].to_list() if "source" in frame.columns.columns else [None] * len(frame.ids)
    ends = [None] * len(frame.ids) if frame.decided_at is None else frame.decided_at.to_list()
    paths = []
    for i in decided:
        known = sorted(touched.get(frame.ids[i], ()))
        until = [label for at, label in known if ends[i] is None or at <= ends[i]]
        paths.append([*([str(sources[i])] if sources[i] else []), *until])
    return paths


def _as_one(touched: dict[Any, list[tuple[datetime, str]]]) -> dict[Any, list[tuple[datetime, str]]]:
    """Touches of profiles that were merged count for who they are part of now. 1 query."""
    found: dict[Any, list[tuple[datetime, str]]] = {}
    for pk, home in people.survivors(touched).items():
        found.setdefault(home, []).extend(touched[pk])
    return found


def _lifts(table: pl.DataFrame, won: list[bool]) -> list[tuple[str, Lift]]:
    found = []
    for name in table.columns:
        aside = any(word in name.lower() for word in HELD_OUT)
        if (aside or any(word in name.lower() for word in CONTACTED)) and table[name].n_unique() <= 3:
            known = [_yes(value) for value in table[name].to_list()]
            rows = [(c != aside, w) for c, w in zip(known, won, strict=True) if c is not None]
            measured = lift([c for c, _w in rows], [w for _c, w in rows])
            if measured:
                found.append((name, measured))
    return found


def _yes(value: Any) -> bool | None:
    told = str(value).strip().lower()
    return True if told in _YES else False if told in _NO else None
