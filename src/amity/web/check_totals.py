"""Totals of imported tables beside the same totals straight from the files, and digests of tables."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import polars as pl
from django.db import connection

TABLES = (
    "access_team", "access_staff", "people_company", "people_person", "people_identifier", "people_traitchange",
    "people_importchange",
    "sales_pipeline", "sales_stage", "sales_product", "sales_deal", "sales_stagechange", "sales_order",
    "sales_orderline", "events_event",
)  # fmt: skip
# noun -> field to group by, field to sum, and the same in the database
_QUERIES = {
    "deal": ("stage", "value", "SELECT g.name, count(*), coalesce(sum(d.value_minor), 0) FROM sales_deal d "
             "JOIN sales_stage g ON g.id = d.stage_id WHERE d.origin_id = %s AND d.key IS NOT NULL GROUP BY 1"),
    "person": ("lead_status", "", "SELECT lead_status, count(*), 0 FROM people_person WHERE origin_id = %s GROUP BY 1"),
    "company": ("", "annual_revenue", "SELECT '', count(*), coalesce(sum(revenue_minor), 0) FROM people_company "
        "WHERE origin_id = %s"),
    "product": ("", "price", "SELECT '', count(*), coalesce(sum(price_minor), 0) FROM sales_product WHERE "
        "origin_id = %s"),
}  # fmt: skip


def digests() -> dict[str, str]:
    """A digest per table: of all its rows, ids and times included."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            row = "(to_jsonb(t) - 'xid' - 'seq')" if table == "events_event" else "t"  # not the place in the log
            cursor.execute(f"SELECT md5(coalesce(string_agg(md5({row}::text), '' ORDER BY id), '')) FROM {table} t")
            found[table] = cursor.fetchone()[0]
    return found


def totals(state: Any) -> bool:
    """Print counts and sums by stage from the database and from the files; whether they agree."""
    good = True
    nouns = [file.noun for file in state.files]
    for file in state.files:
        if file.noun in _QUERIES and nouns.count(file.noun) == 1:
            good &= _compared(state, file)
    return good


def _compared(state: Any, file: Any) -> bool:
    by, summed, query = _QUERIES[file.noun]
    theirs = _from_file(file, by, summed)
    with connection.cursor() as cursor:
        cursor.execute(query, [state.id])
        ours = {str(name): (int(count), int(amount)) for name, count, amount in cursor.fetchall()}
    if file.noun == "person":
        theirs, ours = _states(theirs, file), _with_decided(state, ours)
    same = theirs == ours
    print(f"totals of {file.name} ({file.noun}) {'agree' if same else 'DIFFER'}:")
    for name in sorted(theirs.keys() | ours.keys()):
        print(f"    {name or 'all':28} file {_shown(theirs.get(name)):>28}   database {_shown(ours.get(name)):>28}")
    return same


def _from_file(file: Any, by: str, summed: str) -> dict[str, tuple[int, int]]:
    """Counts and sums straight from the file, by polars alone."""
    path = Path(file.source["path"])
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    frame = pl.read_csv(raw, infer_schema=False)
    column = {to: name for name, to in file.mapping["columns"].items()}
    fixed = file.mapping["options"].get("constants", {}).get("status", "").capitalize()
    group = pl.col(column[by]).fill_null("") if by in column else pl.lit(fixed)
    amount = pl.col(column[summed]).cast(pl.Float64, strict=False) if summed in column else pl.lit(0.0)
    table = frame.with_columns(group.alias("group"), (amount * 100).round().fill_null(0).cast(pl.Int64).alias("amount"))
    rows = table.group_by("group").agg(pl.len(), pl.col("amount").sum()).iter_rows()
    return {name: (count, amount) for name, count, amount in rows}


def _states(theirs: dict[str, tuple[int, int]], file: Any) -> dict[str, tuple[int, int]]:
    """The file's own words for a lead's state, as Amity's."""
    outcomes = file.mapping["options"].get("outcomes", {})
    fixed = file.mapping["options"].get("constants", {}).get("lead_status")
    found: dict[str, tuple[int, int]] = {}
    for word, (count, amount) in theirs.items():
        state = fixed or {"won": "converted"}.get(outcomes.get(word, ""), outcomes.get(word, "")) or "none"
        known = found.get(state, (0, 0))
        found[state] = (known[0] + count, known[1] + amount)
    return found


def _with_decided(state: Any, ours: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """Leads that a deal of the same import decided were open in their file."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM people_person WHERE origin_id = %s AND origins #>> '{lead_status,2}' = 'deal'",
            [state.id],
        )
        decided = int(cursor.fetchone()[0])
    if not decided:
        return ours
    print(f"    ({decided} leads were decided by a deal)")
    left = {
        **ours,
        "open": (ours.get("open", (0, 0))[0] + decided, 0),
        "converted": (ours["converted"][0] - decided, 0),
    }
    return {name: value for name, value in left.items() if value[0]}


def _shown(value: tuple[int, int] | None) -> str:
    return "-" if value is None else f"{value[0]:,} rows, {value[1] / 100:,.2f}"
