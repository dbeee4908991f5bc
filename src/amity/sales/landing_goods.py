"""Products, orders and order lines land."""

from __future__ import annotations

import polars as pl

from amity.people import api as people

kit = people.import_kit

_PRODUCT_FIELDS = {"name": "name", "sku": "sku", "family": "family", "price": "price_minor", "currency": "currency"}
PRODUCT_TABLE = kit.Table("sales.Product", tuple(_PRODUCT_FIELDS.values()), bag="custom")
_ORDER_FIELDS = {
    name: name for name in ("number", "person_id", "company_id", "currency", "status", "ordered_at")
} | {"total": "total_minor"}  # fmt: skip
ORDER_TABLE = kit.Table("sales.Order", tuple(_ORDER_FIELDS.values()), bag="custom")
_LINE_FIELDS = {
    "order_id": "order_id", "product_id": "product_id", "quantity": "quantity", "price": "price_minor",
    "currency": "currency",
}  # fmt: skip
LINE_TABLE = kit.Table("sales.OrderLine", tuple(_LINE_FIELDS.values()), bag="custom")
_BY_KEY = "SELECT s.n, t.id, t.id FROM stage s JOIN {table} t ON t.key = s.key WHERE {{open}}"
_PRODUCT_BY_NAME = (
    f"SELECT s.n, t.id, t.id FROM stage s JOIN sales_product t ON {kit.matchable('t.name')} = "
    f"{kit.matchable('s.name')} "
    f"AND (t.key IS NULL OR s.key IS NULL) WHERE {{open}} AND {kit.matchable('s.name')} <> ''"
)
_MOST = 10**11  # quantities above do not fit their column


class Products(kit.Home):
    """Landing of the noun ``product``."""

    noun = "product"
    main = "sales.Product"
    naming = ("name",)
    models = ("sales.Product",)

    def __init__(self) -> None:
        sku = (
            "SELECT DISTINCT ON (w.n) w.n, t.id FROM wanted w JOIN sales_product t ON t.sku = w.value WHERE "
            "w.id IS NULL ORDER BY w.n, t.id"
        )
        self.finder = kit.Finder("sales_product", (kit.BY_NAME, sku), make=_make_product)

    def faults(self, frame: pl.DataFrame) -> pl.Series:
        """A product needs a name (its number will do)."""
        missing = kit.named(frame, "name", "external_id").is_null()
        return kit.computed(frame, pl.when(missing).then(pl.lit("no_name")), "fault")

    def identities(self, frame: pl.DataFrame, context: kit.Context) -> pl.Series:
        """Article number, else the name without case, spaces and punctuation."""
        plain = kit.plain_name(kit.named(frame, "name", "external_id"))
        keyed = frame.with_columns(kit.staged_key(frame, context))
        return kit.computed(keyed, pl.coalesce("key", plain), "identity")

    def known_by(self, frame: pl.DataFrame, context: kit.Context) -> pl.DataFrame:
        """The name."""
        names = kit.computed(frame, kit.plain_name(kit.named(frame, "name", "external_id")), "name")
        return kit.other_names(self.identities(frame, context), names)

    def __call__(self, frame: pl.DataFrame, context: kit.Context, /) -> kit.Outcome:
        frame = frame.with_columns(
            kit.staged_key(frame, context),
            (pl.col("before") > 0).alias("again"),
            kit.named(frame, "name", "external_id").alias("name"),
            kit.named(frame, "external_id").alias("sku"),
            *_currency(frame, context, "price"),
        )
        rows, columns = kit.staged(context, PRODUCT_TABLE, frame, _PRODUCT_FIELDS)
        rows = rows.with_columns(kit.search_texts(rows, ("name", "sku", "family")))
        kit.stage_rows(context, PRODUCT_TABLE, rows)
        return kit.land(
            context, PRODUCT_TABLE, [*columns, "search"], (_BY_KEY.format(table="sales_product"), _PRODUCT_BY_NAME)
        )


class Orders(kit.Home):
    """Landing of the noun ``order``."""

    noun = "order"
    main = "sales.Order"
    models = ("sales.Order",)

    def __init__(self) -> None:
        number = (
            "SELECT DISTINCT ON (w.n) w.n, t.id FROM wanted w JOIN sales_order t ON t.number = w.value "
            "WHERE w.id IS NULL ORDER BY w.n, t.id"
        )
        self.finder = kit.Finder("sales_order", (number,), make=_make_order)

    def identities(self, frame: pl.DataFrame, context: kit.Context) -> pl.Series:
        """Order number, else all that the row says."""
        keys = kit.staged_key(frame, context)
        found = keys.fill_null(kit.content_key(frame, context)) if keys.null_count() else keys
        return found.alias("identity")

    def __call__(self, frame: pl.DataFrame, context: kit.Context, /) -> kit.Outcome:
        references = {"person": "person", "company": "company"}
        frame = kit.with_references(context, _keyed(frame, context), references)
        frame = frame.with_columns(kit.named(frame, "external_id").alias("number"), *_currency(frame, context, "total"))
        rows, columns = kit.staged(context, ORDER_TABLE, frame, _ORDER_FIELDS, tuple(references))
        kit.stage_rows(context, ORDER_TABLE, rows)
        return kit.land(context, ORDER_TABLE, columns, (_BY_KEY.format(table="sales_order"),))


class OrderLines(kit.Home):
    """Landing of the noun ``order_line``."""

    noun = "order_line"
    main = "sales.OrderLine"
    models = ("sales.OrderLine",)

    def faults(self, frame: pl.DataFrame) -> pl.Series:
        """A line belongs to an order."""
        missing = kit.named(frame, "order").is_null()
        return kit.computed(frame, pl.when(missing).then(pl.lit("no_order")), "fault")

    def identities(self, frame: pl.DataFrame, context: kit.Context) -> pl.Series:
        """All that the row says."""
        return kit.content_key(frame, context).alias("identity")

    def __call__(self, frame: pl.DataFrame, context: kit.Context, /) -> kit.Outcome:
        references = {"order": "order", "product": "product"}
        frame = kit.with_references(context, _keyed(frame, context), references)
        frame = frame.with_columns(*_currency(frame, context, "price"))
        if "quantity" in frame.columns:
            amount = pl.when(pl.col("quantity").abs() < _MOST).then(pl.col("quantity")).round(3)
            frame = frame.with_columns(amount.alias("quantity"))
        rows, columns = kit.staged(context, LINE_TABLE, frame, _LINE_FIELDS, tuple(references))
        kit.stage_rows(context, LINE_TABLE, rows)
        return kit.land(context, LINE_TABLE, columns, (_BY_KEY.format(table="sales_orderline"),))


def _keyed(frame: pl.DataFrame, context: kit.Context) -> pl.DataFrame:
    own = kit.staged_key(frame, context)
    numbered = kit.numbered(frame["identity"], frame["before"])
    return frame.with_columns(
        own.fill_null(numbered).alias("key"), ((pl.col("before") > 0) & own.is_not_null()).alias("again")
    )


def _currency(frame: pl.DataFrame, context: kit.Context, amount: str) -> list[pl.Expr]:
    if amount not in frame.columns:
        return []
    code = pl.lit(context.mapping.currency or context.currency)
    filled = pl.when(pl.col(amount).is_not_null()).then(code)
    return [pl.coalesce(kit.named(frame, "currency"), filled).alias("currency")]


def _made(context: kit.Context, frame: pl.DataFrame, *columns: pl.Expr) -> pl.DataFrame:
    moment = context.stamp.isoformat()
    return frame.select(
        "id", *columns, pl.lit("{}").alias("custom"), pl.lit(kit.hex_id(context.run_id)).alias("origin_id"),
        pl.lit(moment).alias("created_at"), pl.lit(moment).alias("updated_at"),
    )  # fmt: skip


def _make_product(context: kit.Context, frame: pl.DataFrame) -> None:
    """Products that a deal or a line names and no catalogue knows: just the name."""
    empty = [pl.lit("").alias(name) for name in ("sku", "family", "currency")]
    rows = _made(context, frame, pl.col("value").str.slice(0, 300).alias("name"), *empty)
    kit.copy(context.cursor, "sales_product", rows.with_columns(kit.search_texts(rows, ("name",))))


def _make_order(context: kit.Context, frame: pl.DataFrame) -> None:
    """Orders that only their lines name."""
    space = next(iter(context.prefixes.get("order", ())), f"{context.system}:order:")
    rows = _made(
        context, frame, (pl.lit(space) + pl.col("value")).alias("key"),
        pl.col("value").str.slice(0, 120).alias("number"), pl.lit("").alias("currency"), pl.lit("").alias("status"),
    )  # fmt: skip
    kit.copy(context.cursor, "sales_order", rows)
