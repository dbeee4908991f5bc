"""Orders as purchases to learn from, registered with `intelligence`; and who buys is computed anew at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import polars as pl
from django.conf import settings
from django.db import connection

from amity.base import clock
from amity.base.config import exchange_rates
from amity.events import api as events
from amity.intelligence import api as intelligence

# Words of old systems for orders that came to nothing, in the languages we speak; compared in lower case.
FALLEN = (
    "cancelled", "canceled", "refunded", "returned", "failed", "voided", "void", "rejected", "draft", "quote",
    "anulowane", "zwrócone", "storniert", "erstattet", "отменён", "отменен", "возврат",
)  # fmt: skip
_PURCHASES = """
SELECT c.kind, c.id::text, floor(extract(epoch FROM o.ordered_at) / 86400)::int AS day, upper(o.currency) AS currency,
       sum(coalesce(o.total_minor, (
           SELECT sum(l.quantity * l.price_minor) FROM sales_orderline l WHERE l.order_id = o.id), 0))::float8 AS minor
FROM sales_order o
CROSS JOIN LATERAL (VALUES ('person', o.person_id), ('company', o.company_id)) AS c (kind, id)
WHERE c.id IS NOT NULL AND o.ordered_at <= %(now)s AND lower(o.status) <> ALL(%(fallen)s) {only}
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3
"""
_ONLY = "AND (o.person_id = ANY(%(ids)s) OR o.company_id = ANY(%(ids)s)) AND c.id = ANY(%(ids)s)"
_CHOICES = """
SELECT coalesce(o.person_id, o.company_id, o.id)::text AS who, l.product_id::text AS product,
       extract(epoch FROM coalesce(o.ordered_at, o.created_at))::float8 / 86400 AS at
FROM sales_orderline l JOIN sales_order o ON o.id = l.order_id
WHERE l.product_id IS NOT NULL AND lower(o.status) <> ALL(%(fallen)s)
  AND coalesce(o.ordered_at, o.created_at) <= %(now)s
ORDER BY 3 DESC, 1, 2 LIMIT %(most)s
"""
_DONE = "DELETE FROM sales_orderdue WHERE (xid, id) >= (%s::text::xid8, %s) AND (xid, id) <= (%s::text::xid8, %s)"
_FORGET = "DELETE FROM sales_orderdue WHERE at < now() - interval '7 days'"
LOOKS_COUNT, MOST_LOOKS, MOST_CHOICES = timedelta(days=180), 500_000, 500_000
BATCH = 50  # notes of at most 500 customers
Note = tuple[list[UUID], datetime, tuple[int, int]]  # customers, when, position


class Orders:
    """The source of purchases: orders that did not fall through, by customer and day."""

    def purchases(self, ids: Sequence[UUID] | None = None) -> pl.DataFrame:
        """See `intelligence.PurchaseSource`. 1 query; other currencies by the rates of the settings, else as they are.

        An order is a purchase of its person and of its company.
        """
        rows = _read(_PURCHASES.format(only="" if ids is None else _ONLY), ids=list(ids or ()))
        columns = {"kind": pl.String, "id": pl.String, "day": pl.Int32, "currency": pl.String, "minor": pl.Float64}
        table = pl.DataFrame(rows, schema=columns, orient="row")
        rates = exchange_rates(settings.CONFIG)
        rate = pl.col("currency").replace_strict(rates, default=1.0, return_dtype=pl.Float64)
        grouped = table.with_columns((pl.col("minor") * rate).alias("minor")).group_by(
            "kind", "id", "day", maintain_order=True
        )
        return grouped.agg(pl.col("minor").sum()).sort("kind", "id", "day")

    def any(self) -> bool:
        """Whether there are orders. 1 query."""
        return bool(_read("SELECT 1 FROM sales_order WHERE ordered_at IS NOT NULL LIMIT 1"))

    def choices(self) -> pl.DataFrame:
        """See `intelligence.PurchaseSource`. 3 queries; of lines and of events (half a year) the newest half
        million."""
        schema = {"who": pl.String, "product": pl.String, "at": pl.Float64}
        bought = pl.DataFrame(_read(_CHOICES, most=MOST_CHOICES), schema=schema, orient="row")
        return pl.concat([bought, pl.DataFrame(_looked_at(), schema=schema, orient="row")])


def register() -> None:
    """Called when Django starts."""
    intelligence.register_purchases(Orders())
    events.register_consumer(events.Consumer("customers", look, BATCH, of="table", table=TABLE))


def look(notes: Sequence[Note], cursor: Any) -> None:
    """Compute everybody in these notes anew; the notes go in the same transaction."""
    intelligence.refresh_customers({each for note in notes for each in note[0]})
    first, last = notes[0][2], notes[-1][2]
    cursor.execute(_DONE, [str(first[0]), first[1], str(last[0]), last[1]])


def forget() -> None:
    """Let go of notes that nobody followed for a week; the nightly learning has computed everybody since."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET)


def _read(sql: str, **more: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"now": clock.now(), "fallen": list(FALLEN), **more})
        return list(cursor.fetchall())


def _looked_at() -> list[tuple[str, str, float]]:
    """Products that people looked at or put into a basket, as far as the catalogue knows them."""
    catalogue = _read("SELECT id::text, sku FROM sales_product")
    known = {pk: pk for pk, _sku in catalogue} | {sku: pk for pk, sku in catalogue if sku}
    found = events.all_looked_at(clock.now() - LOOKS_COUNT, MOST_LOOKS)
    return [
        (str(each.who), known[key], each.at.timestamp() / 86_400) for each in found for key in each.keys if key in known
    ]


def _noted(row: tuple[Any, ...]) -> Note:
    xid, number, customers, at = row
    return customers, at, (xid, number)


TABLE: events.Table[Note] = events.Table(
    "sales_orderdue", "id", "customers, at", "at", _noted, lambda row: row[2], lambda row: row[1]
)
