"""What a cell refers to: a record by its key or by its name; unknown ones are made in their smallest form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from amity.people.imports.keys import key_values, new_ids, prefix
from amity.people.imports.landing import Context
from amity.people.imports.nouns import noun
from amity.people.imports.staging import stage

_IGNORED = "E' \\t\\u00a0.,-_/&()\"'''"
# Rows of ``wanted``: n, value, match (the value as names are compared) and id, once found.
BY_KEY = (
    "SELECT DISTINCT ON (w.n) w.n, t.id FROM wanted w CROSS JOIN unnest(%s::text[]) WITH ORDINALITY p (prefix, rank) "
    "JOIN {table} t ON t.key = p.prefix || w.value WHERE w.id IS NULL ORDER BY w.n, p.rank"
)
BY_NAME = (
    "SELECT DISTINCT ON (w.n) w.n, t.id FROM wanted w JOIN {table} t ON {name} = w.match "
    "WHERE w.id IS NULL AND w.match <> '' ORDER BY w.n, t.id"
)


def matchable(column: str) -> str:
    """SQL for a name without case, spaces and punctuation, as the indexes ``company_match`` and ``product_match``."""
    return f"translate(lower({column}), {_IGNORED}, '')"


@dataclass(frozen=True, slots=True)
class Finder:
    """How values find records of ``table``: queries over ``wanted``, and how unknown ones are made.

    ``make`` gets ``(context, frame)`` with ``n, id, value, match`` of values to be made and inserts them.
    """

    table: str
    queries: Sequence[str]
    make: Callable[[Context, pl.DataFrame], None] | None = None
    keyed: bool = True
    named: str = "name"
    follow: str = ""  # said of what was found, such as that a merged person is now another


def look_up(context: Context, values: pl.Series, finder: Finder, column: str, noun_key: str) -> pl.DataFrame:
    """``value, id`` (hex) for the distinct ``values``; unknown ones are made when the finder can, else left out."""
    cursor = context.cursor
    wanted = key_values(values).drop_nulls().unique(maintain_order=True)
    wanted = wanted.filter(wanted.str.len_chars() > 0)
    if not wanted.len():
        return pl.DataFrame(schema={"value": pl.String, "id": pl.String})
    frame = pl.DataFrame({"value": wanted}).with_row_index("n").with_columns(pl.col("n").cast(pl.Int64))
    stage(cursor, "wanted", frame)
    cursor.execute(f"ALTER TABLE wanted ADD match text, ADD id uuid; UPDATE wanted SET match = {matchable('value')}")
    cursor.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
    prefixes = list(dict.fromkeys([prefix(context.system, column), *context.prefixes.get(noun_key, ())]))
    if finder.keyed:
        _found(cursor, BY_KEY.format(table=finder.table), [prefixes])
    for query in finder.queries:
        _found(cursor, query.format(table=finder.table, name=matchable(f"t.{finder.named}")))
    if finder.follow:
        cursor.execute(finder.follow)
    cursor.execute("SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on")
    if finder.make:
        _make(context, finder, noun_key)
    cursor.execute("SELECT value, replace(id::text, '-', '') FROM wanted WHERE id IS NOT NULL")
    return pl.DataFrame(cursor.fetchall(), schema={"value": pl.String, "id": pl.String}, orient="row")


def resolved(context: Context, frame: pl.DataFrame, field: str, noun_key: str, into: str = "") -> pl.DataFrame:
    """``frame`` with ``<field>_id``; values that find nothing go to the notes and stay in the bag."""
    into = into or f"{field}_id"
    if field not in frame.columns:
        return frame
    home = noun(noun_key).land
    if home is None or not hasattr(home, "refer"):
        return frame
    values = frame[field].cast(pl.String)
    found = home.refer(context, values, context.column_of(field) or field)
    keys = key_values(values).alias("value").to_frame()
    ids = keys.join(found, on="value", how="left", maintain_order="left")["id"]
    lost = int((ids.is_null() & values.is_not_null()).sum())
    if lost:
        context.notes[f"{field}_unknown"] += lost
    return frame.with_columns(ids.alias(into))


def _found(cursor: Any, query: str, parameters: list[Any] | None = None) -> None:
    cursor.execute(f"UPDATE wanted w SET id = f.id FROM ({query}) f WHERE f.n = w.n", parameters)


def _make(context: Context, finder: Finder, noun_key: str) -> None:
    """Make one record per name that is still unknown; spellings that compare equal share it."""
    cursor = context.cursor
    cursor.execute(
        "SELECT DISTINCT ON (coalesce(nullif(match, ''), value)) n, value, match FROM wanted WHERE id IS NULL "
        "ORDER BY coalesce(nullif(match, ''), value), n"
    )
    rows = cursor.fetchall()
    if not rows or finder.make is None:
        return
    frame = pl.DataFrame(rows, schema={"n": pl.Int64, "value": pl.String, "match": pl.String}, orient="row").sort("n")
    frame = frame.with_columns(new_ids(frame.height).alias("id"))
    finder.make(context, frame)
    context.notes[f"{noun_key}_made"] += frame.height
    stage(cursor, "made", frame.select("n", "id"), {"id": "uuid"})
    cursor.execute(
        "UPDATE wanted w SET id = m.id FROM made m JOIN wanted f ON f.n = m.n WHERE w.id IS NULL "
        "AND coalesce(nullif(w.match, ''), w.value) = coalesce(nullif(f.match, ''), f.value)"
    )
