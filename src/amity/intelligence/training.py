"""What can be learned here: label sources, their tables, and one training run from table to stored version."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

import numpy as np
import polars as pl
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from amity.access import api as access
from amity.base import clock
from amity.base.errors import Refused
from amity.intelligence import fairness, monitoring, registry, sensitive, slices
from amity.intelligence.judged import Trained
from amity.intelligence.ladder import train
from amity.intelligence.leakage import Suspicion, held_out, suspicions
from amity.intelligence.models import TargetPolicy

Report = Callable[[int, int | None, str], None]
STEPS = 100

LEAST_SURE_WINS = 20
HORIZON_SHARE = 0.9
SHORTEST_HORIZON_DAYS = 7


@dataclass(frozen=True, slots=True)
class Frame:
    """Records of one kind as a table: row i of everything is the same record.

    ``columns`` holds what was known of the record, without outcome, decision time and identifiers; ``outcome`` (n,) is
    1, 0 or NaN while open; ``to_score`` (n,) marks the open records whose chance people want to see.
    """

    ids: list[UUID]
    columns: pl.DataFrame
    outcome: NDArray[np.float64]
    to_score: NDArray[np.bool_]
    opened_at: pl.Series | None = None
    decided_at: pl.Series | None = None
    value_minor: list[int | None] | None = None
    note: str = ""  # code of how outcomes were read: "", look_alike, not_yet
    counted_from_opening: bool = False  # outcomes are of a span after it: later chances spoke of other days


class LabelSource(Protocol):
    """Where records of one kind and their outcomes come from; registered in ``apps.py`` of the room that owns them."""

    key: str  # e.g. lead, deal
    subject_kind: str  # person or deal

    def label(self) -> str:
        """What the model is about, in the reader's language ("Open leads")."""

    def load(self, ids: Sequence[UUID] | None = None) -> Frame:
        """All records (or those of ``ids``) that are not archived, decided and open."""

    def visible(self, principal: access.Principal, ids: Sequence[UUID]) -> set[UUID]:
        """Those of ``ids`` that ``principal`` may see. 1 query."""

    def column_label(self, column: str) -> str:
        """A column of ``Frame.columns`` in the reader's language; headings of imported columns as they are."""


_sources: dict[str, LabelSource] = {}


def register(source: LabelSource) -> None:
    """Make something learnable. Registering the same key twice is a bug."""
    if source.key in _sources:
        raise ValueError(f"Label source {source.key!r} is registered twice.")
    _sources[source.key] = source


def sources() -> list[LabelSource]:
    """All label sources, in order of registration."""
    return list(_sources.values())


def there() -> list[LabelSource]:
    """Those that have something to learn from here; a source says so where that is not a matter of course
    (``there()``, 1 query)."""
    return [each for each in sources() if getattr(each, "there", lambda: True)()]


def to_win() -> list[LabelSource]:
    """Those whose outcome is something to win, not a risk."""
    return [each for each in sources() if getattr(each, "wins", True)]


def source_of(key: str) -> LabelSource:
    """The label source of ``key``; raises ``Refused("no_target")``."""
    if key not in _sources:
        known = ", ".join(_sources)
        raise Refused(
            "no_target",
            _("There is nothing called “{key}” to learn. Known: {known}.").format(key=key, known=known),
            404,
        )
    return _sources[key]


def learn(principal: access.Principal, key: str, report: Report) -> tuple[registry.Version, Frame]:
    """Train on everything decided; `life.settle` says what becomes of the candidate. Outside of any transaction."""
    source = source_of(key)
    report(0, STEPS, "reading")
    frame = with_outcomes(source.load())
    found, held = examine(key, frame)
    kinds = sensitive.found(frame.columns)
    held += [name for name in sensitive.held(kinds, registry.decisions(key)) if name not in held]
    decided = np.flatnonzero(~np.isnan(frame.outcome))
    trained = train(
        frame.columns.drop([h for h in held if h in frame.columns.columns])[decided],
        frame.outcome[decided],
        None if frame.opened_at is None else frame.opened_at[decided],
        as_of=clock.now(),
        progress=lambda stage, share: report(round(5 + 75 * share), STEPS, stage),
        decided=None if frame.decided_at is None else frame.decided_at[decided],
    )
    report(80, STEPS, "keeping")
    window = monitoring.window_of(trained.model, trained.model.spec.transform(frame.columns, frame.opened_at))
    told = {**facts(frame, found, held), "window": window, "sensitive": _sensitive(kinds, held)}
    version = registry.keep(principal, key, trained, told | _groups(key, frame, decided, trained, kinds))
    return version, frame


def _sensitive(kinds: Mapping[str, str], held: Sequence[str]) -> list[dict[str, Any]]:
    return [{"column": name, "kind": kind, "held": name in held} for name, kind in sorted(kinds.items())]


def _groups(
    key: str, frame: Frame, decided: NDArray[Any], trained: Trained, kinds: Mapping[str, str]
) -> dict[str, Any]:
    """How right the model is in parts of the company and, where people said that it is lawful, for groups of people."""
    if trained.unseen is None or not len(trained.unseen[0]):
        return {}
    rows, chance = decided[trained.unseen[0]], trained.unseen[1]
    table, truth = frame.columns[rows], frame.outcome[rows]
    lawful = TargetPolicy.objects.filter(target=key, fairness=True).exists()
    groups = fairness.compared(table, kinds, truth, chance, clock.now()) if lawful else []
    names = [name for name in slices.COLUMNS if name not in kinds]
    return {"slices": slices.sliced(table, truth, chance, names), "fairness": groups}


def examine(key: str, frame: Frame) -> tuple[list[Suspicion], list[str]]:
    """Suspicious columns, and the headings to leave out after people's decisions."""
    found = suspicions(frame.columns, frame.outcome, frame.decided_at)
    return found, held_out(found, registry.decisions(key))


def facts(frame: Frame, found: Sequence[Suspicion], held: Sequence[str]) -> dict[str, Any]:
    """What the card says about the data."""
    decided = ~np.isnan(frame.outcome)
    times = frame.opened_at.filter(pl.Series(decided)).drop_nulls() if frame.opened_at is not None else None
    return {
        "from": times.min() if times is not None and len(times) else None,
        "until": times.max() if times is not None and len(times) else None,
        "open": int(frame.to_score.sum()),
        "note": frame.note,
        "held": list(held),
        "suspicions": [_suspicion(s) for s in found],
        "decided_until": _newest(frame, decided),
    }


def _newest(frame: Frame, decided: NDArray[np.bool_]) -> str | None:
    known = frame.decided_at.filter(pl.Series(decided)).drop_nulls() if frame.decided_at is not None else pl.Series()
    top = known.max() if len(known) else None
    return top.replace(tzinfo=UTC).isoformat() if isinstance(top, datetime) else None


def with_outcomes(frame: Frame) -> Frame:
    """Fill in outcomes where a source records only wins ("look-alike").

    Where no losses are recorded but wins are: a record counts as lost when it is older than the time in which 90 % of
    the wins came (at least a week) and still open; younger ones stay open. Without times every open record counts
    as not won yet. With recorded losses nothing changes.
    """
    wins, losses = int(np.nansum(frame.outcome == 1)), int(np.nansum(frame.outcome == 0))
    if losses or wins < LEAST_SURE_WINS:
        return frame
    horizon = _horizon(frame)
    still_open = np.isnan(frame.outcome)
    if horizon is None or frame.opened_at is None:
        return replace(frame, outcome=np.where(still_open, 0.0, frame.outcome), note="not_yet")
    age = _days(frame.opened_at, _latest(frame))
    old = still_open & np.nan_to_num(age > horizon, nan=False)
    return replace(frame, outcome=np.where(old, 0.0, frame.outcome), note="look_alike")


def table_of(rows: Iterable[Mapping[str, Any]], names: Sequence[str] = ()) -> pl.DataFrame:
    """A table from dicts of loose JSON values: numbers stay numbers, times stay times, mixtures become text."""
    listed = list(rows)
    headings = list(dict.fromkeys([*names, *(key for row in listed for key in row)]))
    return pl.DataFrame([_series(name, [row.get(name) for row in listed]) for name in headings])


def _series(name: str, values: list[Any]) -> pl.Series:
    kinds = {type(v) for v in values if v is not None}
    if kinds and kinds <= {int, float}:
        return pl.Series(name, [None if v is None else float(v) for v in values], dtype=pl.Float64)
    if kinds == {bool}:
        return pl.Series(name, values, dtype=pl.Boolean)
    if kinds == {datetime}:
        return pl.Series(name, [None if v is None else _plain(v) for v in values], dtype=pl.Datetime("us"))
    return pl.Series(name, [None if v is None else _text(v) for v in values], dtype=pl.String)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _plain(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _horizon(frame: Frame) -> float | None:
    """Days within which 90 % of the wins came; None when times are missing for most of them."""
    if frame.opened_at is None or frame.decided_at is None:
        return None
    won = pl.Series(frame.outcome == 1)
    lags = (frame.decided_at.filter(won) - frame.opened_at.filter(won)).dt.total_seconds().drop_nulls() / 86_400
    lags = lags.filter(lags >= 0)
    if len(lags) < 0.5 * int(won.sum()):
        return None
    return max(float(lags.quantile(HORIZON_SHARE) or 0), SHORTEST_HORIZON_DAYS)


def _latest(frame: Frame) -> datetime:
    """The end of what the data knows: its latest time, so that an old export is not all "too late"."""
    times = [s.max() for s in (frame.opened_at, frame.decided_at) if s is not None]
    return max(t for t in times if isinstance(t, datetime))


def _days(opened: pl.Series, now: datetime) -> NDArray[np.float64]:
    ages = (pl.Series([now] * len(opened), dtype=pl.Datetime("us")) - opened).dt.total_seconds()
    return ages.cast(pl.Float64).fill_null(float("nan")).to_numpy() / 86_400


def _suspicion(found: Suspicion) -> dict[str, Any]:
    evidence = [{"code": e.code, "weight": e.weight, "params": e.params} for e in found.evidence]
    return {"column": found.column, "score": found.score, "held": found.held, "auc": found.auc, "evidence": evidence}


__all__ = ["Frame", "LabelSource", "Report", "Trained", "learn", "register", "source_of", "sources", "table_of"]
