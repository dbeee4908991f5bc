"""Lands one staged batch in one table: finds known rows, adds new ones, changes what differs, keeps a journal.

All steps are sets in SQL inside the caller's transaction. Temporary tables: ``stage`` (the batch), ``hit`` (rows of the
batch with the record they are), ``landed`` (the same for all rows, new ones included) and ``diff`` (what changes).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import polars as pl
from django.apps import apps
from django.db import connection

from amity.people.imports import fixed
from amity.people.imports.keys import UUID7, Seen, new_ids
from amity.people.imports.staging import Packed, drop, stage
from amity.people.imports.values import Mapping

SOURCE_DEAL = "deal"  # third part of `origins.lead_status` when a deal, not a file, decided a lead


@dataclass(slots=True)
class Context:
    """What a landing needs to know about the import it serves. ``cursor`` is inside the batch's transaction."""

    cursor: Any
    run_id: UUID
    system: str
    stamp: datetime
    mapping: Mapping
    currency: str
    seen: Seen
    prefixes: Dictionary[str, Sequence[str]] = field(default_factory=dict)  # noun -> name spaces, nearest first
    fresh: bool = False
    notes: Counter[str] = field(default_factory=Counter)

    def column_of(self, target: str) -> str:
        """The heading of the column that fills ``target``, or nothing."""
        return next((column for column, to in self.mapping.columns.items() if to == target), "")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the rows of a batch."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(self.created + other.created, self.updated + other.updated, self.unchanged + other.unchanged)


@dataclass(frozen=True)
class Table:
    """A table that rows land in. ``columns``: what a file may set; ``bag``: jsonb column of everything else.

    ``profile``: whose `TraitChange` history is kept ("" for none); ``guards``: conditions under which a column may
    change; ``fixed``: SQL for columns of new rows that no file fills.
    """

    model: str
    columns: tuple[str, ...]
    bag: str = ""
    profile: str = ""
    guards: Dictionary[str, str] = field(default_factory=dict)
    fixed: Dictionary[str, str] = field(default_factory=dict)

    @cached_property
    def meta(self) -> Any:
        """Django's description of the table."""
        return apps.get_model(self.model)._meta

    @property
    def name(self) -> str:
        """The table's name in the database."""
        return str(self.meta.db_table)

    @cached_property
    def types(self) -> dict[str, str]:
        """SQL types of staged columns."""
        found = {"n": "integer", "again": "boolean", "id": "uuid", "bag": "jsonb"}
        for item in self.meta.concrete_fields:
            if item.generated:
                continue
            kind = item.db_type(connection)
            found.setdefault(item.attname, "text" if kind.startswith("varchar") else kind)
        return found

    @cached_property
    def lengths(self) -> dict[str, int]:
        """How many characters text columns hold."""
        return {
            f.attname: f.max_length for f in self.meta.concrete_fields if f.max_length and f.attname in self.columns
        }

    def has(self, column: str) -> bool:
        """Whether the table has this column."""
        return any(item.attname == column for item in self.meta.concrete_fields)


def stage_rows(context: Context, table: Table, frame: pl.DataFrame) -> None:
    """Stage a batch: ``n`` (row number), ``again`` (shown before in this file), identity and table columns, ``bag``."""
    drop(context.cursor, ("stage", "hit", "diff", "landed", "later"))
    frame = frame.with_columns(new_ids(frame.height).alias("id"))
    stage(context.cursor, "stage", frame, table.types)
    context.cursor.execute("CREATE TEMP TABLE hit (n integer PRIMARY KEY, id uuid NOT NULL) ON COMMIT DROP")
    context.cursor.execute("CREATE TEMP TABLE landed (n integer PRIMARY KEY, id uuid NOT NULL) ON COMMIT DROP")
    context.cursor.execute(
        "CREATE TEMP TABLE diff (n integer, id uuid NOT NULL, names text[], extras text[], fill boolean) ON COMMIT DROP"
    )


def packed_new(context: Context, table: Table, frame: pl.DataFrame) -> tuple[pl.DataFrame, Packed]:
    """A batch of rows that are all new, ready to be copied straight into the table; the frame with each row's ``id``.

    Half the work of staging them first. ``frame`` as for `stage_rows`.
    """
    frame = frame.with_columns(new_ids(frame.height).alias("id"))
    moment, columns = context.stamp.isoformat(), []
    for item in table.meta.concrete_fields:
        name = item.attname
        source = "bag" if name == table.bag else name
        if name in ("updated_at", "observed_at", "created_at", "origin_id") or not item.null:
            constant = (
                {"origin_id": context.run_id.hex}.get(name, moment)
                if name.endswith(("_at", "_id"))
                else _constant(item)
            )
            value = pl.col(source).fill_null(constant) if source in frame.columns else pl.lit(constant)
        elif source in frame.columns:
            value = pl.col(source)
        else:
            continue
        if not item.generated:
            columns.append(value.alias(name))
    return frame, Packed(table.name, frame.select(columns))


def _constant(item: Any) -> Any:
    """What a column of a new row holds when no file fills it."""
    if item.get_internal_type() == "JSONField":
        return "{}"
    return item.get_default() if item.has_default() and item.attname != "id" else ""


def match(context: Context, query: str, again: bool) -> None:
    """Add to ``hit`` what ``query`` (``n, id, rank`` from ``stage s``) finds for rows that have no record yet.

    Of several finds the lowest rank counts: an id, so the oldest. What is found first stays first, or a second import
    of the same file would find somebody else.

    The query holds the mark ``{open}`` where the condition on ``s`` goes.
    """
    wanted = f"s.again = {again} AND NOT EXISTS (SELECT FROM hit h WHERE h.n = s.n)"
    context.cursor.execute(
        f"INSERT INTO hit SELECT DISTINCT ON (n) n, id FROM ({query.format(open=wanted)}) found (n, id, rank) "
        f"ORDER BY n, rank"
    )


def land(
    context: Context,
    table: Table,
    columns: Sequence[str],
    finders: Sequence[str],
    settle: Callable[[Context], None] | None = None,
) -> Outcome:
    """Bring the staged rows home; leaves ``landed`` filled. ``finders``: queries for `match`, the surest first.

    ``settle`` is called whenever ``landed`` has grown, before repeated rows are looked for.
    """
    cursor = context.cursor
    cursor.execute("SELECT count(*), count(*) FILTER (WHERE again) FROM stage")
    total, repeated = cursor.fetchone()
    if not context.fresh:
        _find(context, finders, again=False)
        repeated += _demote(cursor)
    created = insert(context, table, columns, all_new=context.fresh)
    cursor.execute("INSERT INTO landed SELECT n, id FROM hit ON CONFLICT DO NOTHING")
    updated = 0
    if not context.fresh:
        updated = change(context, table, columns, "stage", "s.again = false", fill=False)
    if settle:
        settle(context)
    if repeated:
        _find(context, finders, again=True)
        created += _home_of_the_rest(context, table, columns)
        cursor.execute("INSERT INTO landed SELECT n, id FROM hit ON CONFLICT DO NOTHING")
        if settle:
            settle(context)
        updated += _fill(context, table, columns)
    return Outcome(created, updated, total - created - updated)


def insert(context: Context, table: Table, columns: Sequence[str], all_new: bool = False) -> int:
    """Add the staged rows that no finder knew, in file order; ``all_new``: nothing is known yet."""
    cursor = context.cursor
    targets, values, parameters = [], [], []
    for item in table.meta.concrete_fields:
        if item.generated:
            continue
        value, given = _value_for(context, table, item, columns)
        if value:
            targets.append(f'"{item.attname}"')
            values.append(value)
            parameters += given
    where = "" if all_new else "AND NOT EXISTS (SELECT FROM hit h WHERE h.n = s.n)"
    cursor.execute(
        f"INSERT INTO {table.name} ({', '.join(targets)}) SELECT {', '.join(values)} FROM stage s "
        f"WHERE NOT s.again {where} ORDER BY s.n",
        parameters,
    )
    created = int(cursor.rowcount)
    if created:
        cursor.execute(f"INSERT INTO landed SELECT s.n, s.id FROM stage s WHERE NOT s.again {where}")
    return created


def change(context: Context, table: Table, columns: Sequence[str], source: str, where: str, fill: bool) -> int:
    """Bring staged values into known records, journalled; ``fill``: only where the record says nothing."""
    cursor = context.cursor
    compared = [column for column in columns if column in table.columns or column == "key"]
    _differences(context, table, compared, source, where, fill)
    cursor.execute("SELECT count(*) FROM diff WHERE fill = %s", [fill])
    changed = int(cursor.fetchone()[0])
    if table.profile and not fill and source == "stage":
        fixed.keep_beside(context, table, compared)
    if changed:
        journal(context, table.name, "SELECT id FROM diff")
        _history(context, table, source, fill)
        _update(context, table, compared, source, fill)
    return changed


def journal(context: Context, table: str, ids: str) -> None:
    """Keep the present state of the records that ``ids`` (a query) names, unless this import made them itself."""
    context.cursor.execute(
        'INSERT INTO people_importchange (id, run_id, "table", object_id, before) '
        f"SELECT {UUID7}, %s, %s, t.id, to_jsonb(t) - 'search_vector' FROM {table} t "
        f"WHERE t.id IN ({ids}) AND t.origin_id IS DISTINCT FROM %s "
        'ON CONFLICT (run_id, "table", object_id) DO NOTHING',
        [context.run_id, table, context.run_id],
    )


def land_later(context: Context, table: Table, columns: Sequence[str], frame: pl.DataFrame) -> int:
    """Bring more columns (``n`` and ``columns``) into rows that have just landed; how many more rows this updated."""
    cursor = context.cursor
    cursor.execute("DROP TABLE IF EXISTS pg_temp.touched")
    cursor.execute(
        "CREATE TEMP TABLE touched ON COMMIT DROP AS SELECT n FROM diff UNION SELECT l.n FROM landed l JOIN stage s "
        "ON s.n = l.n AND s.id = l.id"
    )
    cursor.execute("DELETE FROM diff")
    cursor.execute("INSERT INTO hit SELECT n, id FROM landed ON CONFLICT DO NOTHING")
    bag = [pl.lit(None, pl.String).alias("bag")] if table.bag else []
    frame = frame.unique("n", keep="first", maintain_order=True).with_columns(bag)
    stage(cursor, "more", frame, table.types)
    change(context, table, columns, "more", "NOT EXISTS (SELECT FROM stage r WHERE r.n = s.n AND r.again)", fill=False)
    cursor.execute("SELECT count(*) FROM diff d WHERE NOT EXISTS (SELECT FROM touched o WHERE o.n = d.n)")
    return int(cursor.fetchone()[0])


def changed_ids(context: Context, names: Sequence[str]) -> list[tuple[UUID]]:
    """Records of the batch in which one of ``names`` changed."""
    context.cursor.execute("SELECT DISTINCT id FROM diff WHERE names && %s::text[]", [list(names)])
    return list(context.cursor.fetchall())


def _find(context: Context, finders: Sequence[str], again: bool) -> None:
    # Index lookups: the batch is small, the table may be huge, and the planner knows neither.
    context.cursor.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
    for finder in finders:
        match(context, finder, again)
    context.cursor.execute("SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on")


def _demote(cursor: Any) -> int:
    """Two rows of the batch that are one record: the later one only fills gaps, so that a repeat changes nothing."""
    cursor.execute(
        "UPDATE stage s SET again = true FROM hit h WHERE h.n = s.n AND NOT s.again "
        "AND EXISTS (SELECT FROM hit o WHERE o.id = h.id AND o.n < h.n)"
    )
    return int(cursor.rowcount)


def _home_of_the_rest(context: Context, table: Table, columns: Sequence[str]) -> int:
    """Repeated rows whose first occurrence found no home become records of their own."""
    cursor = context.cursor
    cursor.execute("UPDATE stage s SET again = false WHERE again AND NOT EXISTS (SELECT FROM hit h WHERE h.n = s.n)")
    if not cursor.rowcount:
        return 0
    cursor.execute("INSERT INTO hit SELECT n, id FROM landed ON CONFLICT DO NOTHING")
    return insert(context, table, columns)


def _fill(context: Context, table: Table, columns: Sequence[str]) -> int:
    """Later rows of a record, folded into one (the first value of each column counts), fill what is still empty."""
    folded = ", ".join(
        f'(array_agg(s."{c}" ORDER BY s.n) FILTER (WHERE s."{c}" IS NOT NULL))[1] AS "{c}"' for c in columns
    )
    bag = ", (array_agg(s.bag ORDER BY s.n) FILTER (WHERE s.bag IS NOT NULL))[1] AS bag" if table.bag else ""
    context.cursor.execute("DROP TABLE IF EXISTS pg_temp.later")
    context.cursor.execute(
        f"CREATE TEMP TABLE later ON COMMIT DROP AS SELECT min(s.n) AS n, h.id AS hit_id, {folded}{bag} "
        "FROM stage s JOIN hit h USING (n) WHERE s.again GROUP BY h.id"
    )
    return change(context, table, columns, "later", "true", fill=True)


def _value_for(context: Context, table: Table, item: Any, columns: Sequence[str]) -> tuple[str, list[Any]]:
    """SQL for one column of a new row, with its parameters; empty: left to be null."""
    name = item.attname
    if name == "id":
        return "s.id", []
    if name == table.bag:
        return "coalesce(s.bag, '{}'::jsonb)", []
    if name in ("updated_at", "observed_at"):
        return "%s", [context.stamp]
    if name == "origin_id":
        return "%s", [context.run_id]
    default, given = _default(context, table, item)
    if name in columns:
        return (f's."{name}"', []) if item.null or not default else (f'coalesce(s."{name}", {default})', given)
    return (default, given) if default and not item.null else ("", [])


def _default(context: Context, table: Table, item: Any) -> tuple[str, list[Any]]:
    if item.attname in table.fixed:
        return table.fixed[item.attname], []
    if item.attname == "created_at":
        return "%s", [context.stamp]
    kind = item.get_internal_type()
    if kind == "JSONField":
        return "'{}'::jsonb", []
    if item.has_default():
        return "%s", [item.get_default()]
    return ("''", []) if kind in ("CharField", "TextField", "EmailField") else ("", [])


def _differences(context: Context, table: Table, columns: Sequence[str], source: str, where: str, fill: bool) -> None:
    names = [f"CASE WHEN {_differs(table, column, fill)} THEN '{column}' END" for column in columns]
    array = f"array_remove(ARRAY[{', '.join(names)}]::text[], NULL)" if names else "'{}'::text[]"
    extras = "'{}'::text[]"
    if table.bag:
        differs = f"t.{table.bag} -> e.key IS DISTINCT FROM e.value"
        differs += f" AND {fixed.free('e.key')}" if table.profile else ""
        test = f"NOT t.{table.bag} ? e.key" if fill else differs
        extras = (
            f"CASE WHEN s.bag IS NULL OR t.{table.bag} @> s.bag THEN '{{}}'::text[] "
            f"ELSE ARRAY(SELECT e.key FROM jsonb_each(s.bag) e WHERE {test}) END"
        )
    known = "s.hit_id" if fill else "h.id"
    join = "" if fill else "JOIN hit h ON h.n = s.n"
    context.cursor.execute(
        f"INSERT INTO diff SELECT * FROM (SELECT s.n, t.id, {array} AS names, {extras} AS extras, {fill} "
        f"FROM {source} s {join} JOIN {table.name} t ON t.id = {known} WHERE {where}) found "
        "WHERE cardinality(names) > 0 OR cardinality(extras) > 0"
    )


def _differs(table: Table, column: str, fill: bool) -> str:
    if fill or column == "key":
        empty = f't."{column}" IS NULL' + (f" OR t.\"{column}\" = ''" if column in table.lengths else "")
        test = f'(s."{column}" IS NOT NULL AND ({empty}))'
    else:
        test = f'(s."{column}" IS NOT NULL AND s."{column}" IS DISTINCT FROM t."{column}")'
    guards = [table.guards[column]] if column in table.guards else []
    guards += [fixed.free(f"'{column}'")] if table.profile and not fill else []
    return f"({' AND '.join([test, *guards])})"


def _history(context: Context, table: Table, source: str, fill: bool) -> None:
    """Replaced values go to `TraitChange`."""
    if not table.profile or fill:
        return
    sides = ["SELECT d.id, k.name, to_jsonb(t) -> k.name AS old, to_jsonb(s) -> k.name AS new, d.fill "
             f"FROM diff d JOIN {table.name} t ON t.id = d.id JOIN {source} s ON s.n = d.n "
             "CROSS JOIN LATERAL unnest(d.names) k (name)",
             f"SELECT d.id, k.name, t.{table.bag} -> k.name, s.bag -> k.name, d.fill "
             f"FROM diff d JOIN {table.name} t ON t.id = d.id JOIN {source} s ON s.n = d.n "
             "CROSS JOIN LATERAL unnest(d.extras) k (name)"]  # fmt: skip
    context.cursor.execute(
        "INSERT INTO people_traitchange (id, profile_kind, profile_id, name, before, after, origin_id, changed_at) "
        f"SELECT {UUID7}, %s, c.id, left(c.name, 120), c.old, c.new, %s, %s FROM ({' UNION ALL '.join(sides)}) c "
        "WHERE NOT c.fill AND c.old IS NOT NULL AND c.old NOT IN ('null', '\"\"')",
        [table.profile, context.run_id, context.stamp],
    )


def _update(context: Context, table: Table, columns: Sequence[str], source: str, fill: bool) -> None:
    parameters: list[Any] = []
    sets = [f'"{c}" = CASE WHEN \'{c}\' = ANY (d.names) THEN s."{c}" ELSE t."{c}" END' for c in columns]
    if table.bag:
        sets.append(
            f"{table.bag} = t.{table.bag} || coalesce((SELECT jsonb_object_agg(k, s.bag -> k) "
            "FROM unnest(d.extras) k), '{}'::jsonb)"
        )
    if table.has("origins"):
        sets.append(
            "origins = CASE WHEN t.origin_id = %s THEN t.origins ELSE t.origins || coalesce((SELECT "
            "jsonb_object_agg(k, jsonb_build_array(%s::text, %s::text)) FROM unnest(d.names || d.extras) k), "
            "'{}'::jsonb) END"
        )
        parameters += [context.run_id, str(context.run_id), context.stamp.isoformat()]
    if table.has("updated_at"):
        sets.append("updated_at = %s")
        parameters.append(context.stamp)
    context.cursor.execute(
        f"UPDATE {table.name} t SET {', '.join(sets)} FROM diff d JOIN {source} s ON s.n = d.n "
        "WHERE t.id = d.id AND d.fill = %s",
        [*parameters, fill],
    )
