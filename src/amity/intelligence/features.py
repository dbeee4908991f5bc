"""One definition of features, used as of a date for training and as of now for serving.

``FeatureSpec.fit`` looks at columns only (never at outcomes) and remembers everything that serving needs as plain
JSON. ``FeatureSpec.transform`` turns any later table with the same headings into the same matrix: values dated
after ``as_of`` are not known yet and count as empty, unseen categories fall into "other", missing columns are empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from amity.intelligence import columns
from amity.intelligence.columns import NOT_CHOSEN, Kind

Array = NDArray[np.float64]

ISO = "%Y-%m-%dT%H:%M:%S%.f"
MAX_LEVELS = 60
MAX_COLUMNS = 300
BEND = "~"
KNOT_SHARES = (0.05, 0.275, 0.5, 0.725, 0.95)
FEW_VALUES = 8  # so many different values: one knot each
_CLIP = 4.0
_DAY = 86_400_000_000  # microseconds


@dataclass(frozen=True, slots=True)
class Column:
    """What was learned about one source column. ``levels`` for categories, centre and scale for numbers."""

    name: str
    kind: Kind
    levels: tuple[str, ...] = ()
    centre: float = 0.0
    scale: float = 1.0
    log: bool = False
    form: str = ""
    gaps: bool = False
    zeros: bool = False
    knots: tuple[float, ...] = ()  # where a number's line may bend

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the tree features that this column becomes."""
        return ("age", "month", "weekday") if self.kind == "date" else ("",)


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """The remembered definition; JSON in, JSON out."""

    columns: tuple[Column, ...]
    dropped: Mapping[str, str]  # heading -> why (constant, identifier, empty, text)

    @classmethod
    def fit(cls, table: pl.DataFrame, exclude: Sequence[str] = (), opened: pl.Series | None = None) -> FeatureSpec:
        """Learn kinds, levels and scales from ``table`` (n_rows, n_columns). Cost: one pass per column."""
        kept: list[Column] = []
        dropped: dict[str, str] = {}
        for name in [n for n in table.columns if n not in set(exclude)][:MAX_COLUMNS]:
            column = _fit_column(name, table[name], opened)
            if isinstance(column, str):
                dropped[name] = column
            else:
                kept.append(column)
        return cls(tuple(kept), dropped)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> FeatureSpec:
        """Back from JSON."""
        found = tuple(
            Column(
                **{
                    **c,
                    "levels": tuple(c["levels"]),
                    "centre": float(c["centre"]),
                    "scale": float(c["scale"]),
                    "knots": tuple(float(k) for k in c.get("knots", ())),
                }
            )
            for c in stored["columns"]
        )
        return cls(found, dict(stored["dropped"]))

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"columns": [_column_dict(c) for c in self.columns], "dropped": dict(self.dropped)}

    def transform(self, table: pl.DataFrame, opened: pl.Series | None = None, as_of: datetime | None = None) -> Matrix:
        """The matrix of ``table`` as it was known at ``as_of``."""
        reference = _reference(opened, table.height)
        raw = [_encode(column, table, reference, as_of) for column in self.columns]
        return Matrix(self, raw, table.height)


@dataclass(frozen=True, slots=True)
class Matrix:
    """Encoded rows; ``blocks[i]`` is (n_rows, n_parts) of column i with NaN for empty."""

    spec: FeatureSpec
    blocks: list[Array]
    rows: int

    def take(self, rows: NDArray[Any]) -> Matrix:
        """Some of the rows."""
        return Matrix(self.spec, [block[rows] for block in self.blocks], len(np.arange(self.rows)[rows]))

    def tree(self) -> tuple[Array, list[int], list[int]]:
        """For trees: values (n, f), indexes of categorical features, source column of each feature."""
        if not self.blocks:
            return np.zeros((self.rows, 0)), [], []
        source = [i for i, column in enumerate(self.spec.columns) for _ in column.parts]
        categorical = [f for f, i in enumerate(source) if self.spec.columns[i].kind == "category"]
        return np.hstack(self.blocks), categorical, source

    def linear(self, bends: bool = True) -> tuple[Array, list[tuple[int, str]]]:
        """For linear models: standardised design (n, p) and (source column, level or part) of each design column.

        With ``bends`` every number adds one column per knot (part ``BEND``): 1 there, falling to 0 at its neighbours.
        """
        pieces: list[Array] = []
        meaning: list[tuple[int, str]] = []
        for i, (column, block) in enumerate(zip(self.spec.columns, self.blocks, strict=True)):
            hats = _bends(column, block) if bends else []
            for part, values in [*_linear_parts(column, block), *hats]:
                pieces.append(values)
                meaning.append((i, part))
        design = np.column_stack(pieces) if pieces else np.zeros((self.rows, 0))
        return np.asarray(design, dtype=np.float64), meaning


def display(column: Column, block: Array, row: int) -> str | float | None:
    """The value of one row in words or as a number, for its reason; None when empty."""
    value = block[row, 0]
    if np.isnan(value):
        return None
    if column.kind == "category":
        index = int(value)
        return column.levels[index] if index < len(column.levels) else "…"
    if column.kind == "filled":
        return "✓" if value > 0.5 else None
    return float(value)


def _fit_column(name: str, raw: pl.Series, opened: pl.Series | None) -> Column | str:
    found = columns.typed(name, raw)
    if found.kind == "dropped":
        return found.why
    gaps = found.values.null_count() / max(len(found.values), 1)
    has_gaps = 0.01 <= gaps <= 0.99
    if found.kind == "category":
        return _fit_category(name, found.values, has_gaps)
    if found.kind == "filled":
        return Column(name, "filled", centre=0.5)
    numbers = _days(found.values, opened) if found.kind == "date" else found.values.cast(pl.Float64)
    column = _fit_number(name, found.kind, numbers.drop_nulls(), has_gaps)
    return replace(column, form=found.form) if isinstance(column, Column) else column


def _fit_category(name: str, words: pl.Series, gaps: bool) -> Column | str:
    least = max(3, min(20, len(words) // 200))
    counts = words.drop_nulls().value_counts(sort=True, name="n")
    common = counts.filter(pl.col("n") >= least).sort(["n", words.name], descending=[True, False])
    levels = tuple(str(v) for v in common[words.name].head(MAX_LEVELS).to_list())
    covered = int(common["n"].head(MAX_LEVELS).sum()) if levels else 0
    if covered < 0.3 * (len(words) - words.null_count()):
        return Column(name, "filled", centre=0.5) if gaps else "text"
    pooled = len(levels) < counts.height
    if len(levels) + pooled + gaps < 2 or len(words) - int(counts["n"].max() or 0) < least:  # type: ignore[arg-type]
        return "constant"
    return Column(name, "category", levels, gaps=gaps, zeros=pooled)


def _fit_number(name: str, kind: Kind, known: pl.Series, gaps: bool) -> Column | str:
    values = known.to_numpy().astype(np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        return Column(name, kind, gaps=gaps) if kind == "date" else "empty"
    if kind == "numeric" and not gaps and np.unique(values).size < 2:
        return "constant"
    spread = np.quantile(values, [0.05, 0.5, 0.95])
    many = kind == "numeric" and np.unique(values).size > 2
    log = bool(many and values.min() >= 0 and spread[2] > 8 * max(spread[1], 1e-9))
    zeros = bool(many and 0.05 <= np.mean(values == 0) <= 0.95)
    shaped = np.log1p(values) if log else values
    scale = float(np.std(np.clip(shaped, *np.quantile(shaped, [0.01, 0.99])))) or float(np.std(shaped)) or 1.0
    knots = _knots(values)
    return Column(name, kind, centre=float(np.mean(shaped)), scale=scale, log=log, gaps=gaps, zeros=zeros, knots=knots)


def _knots(values: Array) -> tuple[float, ...]:
    different = np.unique(values)
    knots = different if len(different) <= FEW_VALUES else np.unique(np.quantile(values, KNOT_SHARES))
    return tuple(float(k) for k in knots) if len(knots) > 2 else ()


def _reference(opened: pl.Series | None, rows: int) -> pl.Series:
    """The moment each row was opened. Ages are counted from it, never from today: else training and serving differ."""
    if opened is None:
        return pl.Series("opened", [None] * rows, dtype=pl.Datetime("us"))
    return columns.plain_time(opened)


def _encode(column: Column, table: pl.DataFrame, reference: pl.Series, as_of: datetime | None) -> Array:
    if column.name not in table.columns:
        return np.full((table.height, len(column.parts)), 0.0 if column.kind == "filled" else np.nan)
    raw = table[column.name]
    if column.kind == "category":
        return _codes(column, _words(raw))
    if column.kind == "filled":
        return _words(raw).is_not_null().cast(pl.Float64).to_numpy()[:, None]
    if column.kind == "date":
        return _date_parts(_dates(raw, column.form), reference, as_of)
    return _as_floats(raw, column.form)[:, None]


def _words(raw: pl.Series) -> pl.Series:
    """As text. A column that holds numbers alone reads "12" where the same value among words does."""
    words = columns.clean_words(columns.plain(raw))
    return words.str.replace(r"\.0$", "") if raw.dtype.is_float() else words


def _codes(column: Column, words: pl.Series) -> Array:
    other = float(len(column.levels)) if column.zeros else float("nan")
    known = {level: float(i) for i, level in enumerate(column.levels)}
    codes = words.replace_strict(list(known), list(known.values()), default=other, return_dtype=pl.Float64)
    return np.where(words.is_null().to_numpy(), np.nan, _floats(codes))[:, None]


def _as_floats(raw: pl.Series, form: str) -> Array:
    plain = columns.plain(raw)
    if plain.dtype.is_numeric():
        return _floats(plain.cast(pl.Float64))
    return _floats(columns.read_numbers(columns.clean_words(plain), form or "."))


def _date_parts(dates: pl.Series, reference: pl.Series, as_of: datetime | None) -> Array:
    moment = _naive(as_of)
    if moment is not None:
        dates = pl.select(pl.when(dates <= moment).then(dates).otherwise(None)).to_series()
    age = _floats((reference - dates).dt.total_microseconds().cast(pl.Float64)) / _DAY
    month = _floats(dates.dt.month().cast(pl.Float64))
    weekday = _floats(dates.dt.weekday().cast(pl.Float64))
    return np.column_stack([age, month, weekday])


def _dates(raw: pl.Series, form: str) -> pl.Series:
    if raw.dtype.is_temporal():
        return columns.plain_time(raw)
    words = columns.clean_words(columns.plain(raw))
    # Values that were times when the definition was learned come back from a ledger as ISO text.
    return columns.read_dates(words, form) if form else words.str.to_datetime(ISO, strict=False, time_unit="us")


def _days(dates: pl.Series, opened: pl.Series | None) -> pl.Series:
    return (_reference(opened, len(dates)) - dates).dt.total_microseconds().cast(pl.Float64) / _DAY


def _naive(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment is not None and moment.tzinfo else moment


def _floats(series: pl.Series) -> Array:
    values = series.to_numpy().astype(np.float64)  # of floats: nothing becomes NaN
    return np.where(np.isfinite(values), values, np.nan)


def _bends(column: Column, block: Array) -> list[tuple[str, Array]]:
    if not column.knots:
        return []
    values = block[:, 0]
    known = ~np.isnan(values)
    shaped, knots = np.where(known, values, 0.0), np.array(column.knots)
    if column.log:
        shaped, knots = np.log1p(np.maximum(shaped, 0)), np.log1p(np.maximum(knots, 0))
    return [(BEND, np.interp(shaped, knots, height) * known) for height in np.eye(len(knots))]


def _column_dict(column: Column) -> dict[str, Any]:
    found = {slot: getattr(column, slot) for slot in Column.__slots__} | {"levels": list(column.levels)}
    # Definitions from before bends keep their hash.
    found["knots"] = list(column.knots)
    return found if column.knots else {name: value for name, value in found.items() if name != "knots"}


def _linear_parts(column: Column, block: Array) -> list[tuple[str, Array]]:
    values = block[:, 0]
    empty = np.isnan(values)
    if column.kind == "category":
        shown = [(level, np.asarray(values == i, dtype=np.float64)) for i, level in enumerate(column.levels)]
        if column.zeros:
            shown.append(("…", np.asarray(values == len(column.levels), dtype=np.float64)))
        return [*shown, ("", empty.astype(np.float64))] if column.gaps else shown
    if column.kind == "filled":
        return [("✓", np.where(empty, 0.0, values) - 0.5)]
    shaped = np.log1p(np.maximum(values, 0)) if column.log else values
    standard = np.where(empty, 0.0, np.clip((shaped - column.centre) / column.scale, -_CLIP, _CLIP))
    parts = [("+", standard)]
    if column.zeros:
        parts.append(("0", np.asarray(values == 0, dtype=np.float64)))
    if column.gaps:
        parts.append(("", empty.astype(np.float64)))
    return parts


__all__ = ["BEND", "NOT_CHOSEN", "Column", "FeatureSpec", "Matrix", "display"]
