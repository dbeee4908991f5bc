"""What the landings of all nouns share: typed rows become staged rows, and nothing that a file says is dropped."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import polars as pl
from babel.numbers import get_currency_precision

from amity.people.imports.keys import content_keys, key_values, prefix
from amity.people.imports.landing import Context, Outcome, Table
from amity.people.imports.references import Finder, look_up, resolved
from amity.people.imports.values import ROW, Mapping
from amity.people.imports.words import bags

CUSTOM = "custom:"
UNREAD = "unread:"  # cells that hold something else than their field takes: kept as text under their heading
_MAX_NAME = 200
KEYS = ("email_key", "phone_key")  # of `land_consents.with_keys`
_NOT_SAID = (ROW, "identity", "before", "display_name", "search", *KEYS)  # columns that the file does not hold


class Home(ABC):
    """Where the rows of one noun land.

    ``main``: the noun's own table; ``models``: all tables it writes, what others refer to first; ``beside``: tables of
    other nouns where its rows make what they name; ``ledger``: a table that only grows, with the fields written to it;
    ``followers``: columns of other tables that hold ids of ``main`` without a foreign key.
    """

    noun: str
    main: str
    models: tuple[str, ...]
    beside: tuple[str, ...] = ()
    ledger: tuple[str, tuple[str, ...]] | None = None
    followers: tuple[tuple[str, str], ...] = ()
    shelved: tuple[str, ...] = ()  # keys that a first load need not check row by row
    finder: Finder | None = None
    naming: tuple[str, ...] = ()  # columns that tell whether two records with one key are the same

    @abstractmethod
    def __call__(self, frame: pl.DataFrame, context: Context, /) -> Outcome:
        """Land typed rows inside the caller's transaction; landing them again changes nothing."""

    def faults(self, frame: pl.DataFrame) -> pl.Series:
        """For each row the code of the reason why it cannot land, or null."""
        return pl.Series("fault", [None] * frame.height, dtype=pl.String)

    def identities(self, frame: pl.DataFrame, context: Context) -> pl.Series:
        """What tells rows of one file apart; rows with an equal text are one record."""
        return staged_key(frame, context).alias("identity")

    def known_by(self, frame: pl.DataFrame, context: Context) -> pl.DataFrame:
        """What else rows are found by than their identity (``at``: row of the frame, ``identity``).

        A later row of the file that brings only such a text is the same record and fills its gaps.
        """
        return nothing_else()

    def release(self, cursor: Any, ids: Sequence[UUID]) -> None:
        """Rows of ``main`` are about to be removed by an undo: let go what is kept of them elsewhere."""
        return

    def prepare(self, frame: pl.DataFrame) -> pl.DataFrame:
        """More columns that need no database; computed ahead of the landing, on the reader's thread."""
        return frame

    def refer(self, context: Context, values: pl.Series, column: str) -> pl.DataFrame:
        """``value, id`` of records that ``values`` name."""
        if self.finder is None:
            return pl.DataFrame(schema={"value": pl.String, "id": pl.String})
        return look_up(context, values, self.finder, column, self.noun)


def nothing_else() -> pl.DataFrame:
    """For homes whose rows are known by one thing only."""
    return pl.DataFrame(schema={"at": pl.Int64, "identity": pl.String})


def other_names(identities: pl.Series, names: pl.Series) -> pl.DataFrame:
    """Texts that the rows are found by beside their identity."""
    frame = pl.DataFrame({"at": pl.int_range(names.len(), eager=True), "identity": names, "main": identities})
    return frame.filter(pl.col("identity").is_not_null() & (pl.col("identity") != pl.col("main"))).select(
        "at", "identity"
    )


def staged_key(frame: pl.DataFrame, context: Context) -> pl.Series:
    """The rows' keys under the name space of their key column; null where they bring none."""
    return staged_key_of(frame, context.system, context.mapping)


def staged_key_of(frame: pl.DataFrame, system: str, mapping: Mapping) -> pl.Series:
    """`staged_key` outside of a landing."""
    if "external_id" not in frame.columns:
        return pl.Series("key", [None] * frame.height, dtype=pl.String)
    column = next((name for name, to in mapping.columns.items() if to == "external_id"), "id")
    space = prefix(system, column)
    return (pl.Series([space], dtype=pl.String) + key_values(frame["external_id"])).alias("key")


def content_key(frame: pl.DataFrame, context: Context) -> pl.Series:
    """Keys made of the columns that tell rows apart, else of all content; equal rows are numbered by occurrence."""
    chosen = [name for name in (_frame_column(c, context) for c in context.mapping.identity) if name in frame.columns]
    content = frame.select(chosen) if chosen else frame.drop(_NOT_SAID, strict=False)
    return (pl.Series([f"{context.system}:row:"], dtype=pl.String) + content_keys(content)).alias("key")


def numbered(keys: pl.Series, before: pl.Series) -> pl.Series:
    """The second and later rows of equal content get keys of their own: two equal sales are two sales."""
    frame = pl.DataFrame({"key": keys, "before": before})
    again = pl.col("key") + "#" + (pl.col("before") + 1).cast(pl.String)
    return frame.select(pl.when(pl.col("before") > 0).then(again).otherwise("key").alias("key")).to_series()


def with_references(context: Context, frame: pl.DataFrame, references: Dictionary[str, str]) -> pl.DataFrame:
    """Adds ``<field>_id`` for each field that names a record of a noun; with an owner comes the owner's team."""
    for field, noun_key in references.items():
        frame = resolved(context, frame, field, noun_key)
    if "owner_id" in frame.columns and "owner" in references:
        frame = frame.join(_teams(context, frame["owner_id"]), on="owner_id", how="left", maintain_order="left")
    return frame


def staged(
    context: Context, table: Table, frame: pl.DataFrame, fields: Dictionary[str, str], references: Sequence[str] = ()
) -> tuple[pl.DataFrame, list[str]]:
    """Staged rows and the table columns among them. ``fields``: frame column -> table column.

    Texts too long for their column are cut there and kept whole in the bag; what fits no column goes to the bag.
    """
    columns = {source: target for source, target in fields.items() if source in frame.columns}
    out = [frame[ROW].cast(pl.Int64).alias("n"), frame["again"]]
    out += [frame["key"]] if table.has("key") and "key" in frame.columns else []
    rest = _rest(frame, columns, references)
    for source, target in columns.items():
        series = _single(frame[source])
        limit = table.lengths.get(target)
        if limit and (long := series.str.len_chars() > limit).any():
            context.notes["cut"] += int(long.sum())
            name = f"long:{source}"
            frame = frame.with_columns(pl.when(long).then(series).alias(name))
            rest[name] = source
            series = series.str.slice(0, limit)
        out.append(series.alias(target))
    if table.bag:
        out.append(bags(_in_whole_units(frame, context), rest))
    elif rest:
        kept = int(frame.select(pl.any_horizontal(pl.col(name).is_not_null() for name in rest).sum()).item())
        context.notes["not_kept"] += kept
    staged_frame = pl.DataFrame(out)
    written = [c for c in staged_frame.columns if c not in ("n", "again", "bag")]
    return staged_frame, written


def computed(frame: pl.DataFrame, value: pl.Expr, name: str) -> pl.Series:
    """A value for every row, one that needs no column included."""
    return frame.with_columns(value.alias(name))[name]


def plain_name(name: pl.Expr) -> pl.Expr:
    """An identity by name, without case, spaces and punctuation (as `references.matchable` compares them)."""
    return pl.lit("name:") + name.str.to_lowercase().str.replace_all("[ \\t\u00a0.,\\-_/&()\"']", "")


def named(frame: pl.DataFrame, *candidates: str) -> pl.Expr:
    """The first candidate column that says something."""
    present = [pl.col(name).cast(pl.String) for name in candidates if name in frame.columns]
    return pl.coalesce(present) if present else pl.lit(None, pl.String)


def first(column: pl.Series) -> pl.Series:
    """The first of several values."""
    return column.list.first() if isinstance(column.dtype, pl.List) else column


def _in_whole_units(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Money of custom fields as the file has it (12.50), not in minor units: the bag holds no currency beside it."""
    names = [f"{CUSTOM}{name}" for name, to in context.mapping.columns.items() if to == f"{CUSTOM}money"]
    power = 10 ** get_currency_precision(context.mapping.currency or "EUR")
    return frame.with_columns(pl.col(name) / power for name in names if name in frame.columns)


def _single(column: pl.Series) -> pl.Series:
    return first(column)


def _rest(frame: pl.DataFrame, columns: Dictionary[str, str], references: Sequence[str]) -> dict[str, str]:
    """Frame columns that go to the bag, with their names there."""
    rest: dict[str, str] = {}
    inner = {ROW, "key", "again", "before", "identity", "external_id", "search", *KEYS, *columns}
    inner |= {f"{name}_id" for name in references} | {"team_id"}
    for name in frame.columns:
        if name.startswith((CUSTOM, UNREAD)):
            rest[name] = name.split(":", 1)[1][:_MAX_NAME]
        elif name in references and name not in columns:
            if frame.select((pl.col(name).is_not_null() & pl.col(f"{name}_id").is_null()).any()).item():
                rest[name] = name
        elif name not in inner:
            rest[name] = name
    return rest


def _frame_column(heading: str, context: Context) -> str:
    target = context.mapping.columns.get(heading, "")
    return f"{CUSTOM}{heading}" if target.startswith(CUSTOM) else target


def _teams(context: Context, owners: pl.Series) -> pl.DataFrame:
    ids = owners.drop_nulls().unique().to_list()
    context.cursor.execute(
        "SELECT replace(id::text, '-', ''), replace(team_id::text, '-', '') FROM access_staff WHERE id = ANY "
        "(%s::uuid[])",
        [ids],
    )
    return pl.DataFrame(context.cursor.fetchall(), schema={"owner_id": pl.String, "team_id": pl.String}, orient="row")
