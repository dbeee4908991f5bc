"""Deals land, with pipeline, stages and the facts of opening and closing; won and lost ones decide their leads."""

from __future__ import annotations

import polars as pl

from amity.people import api as people
from amity.sales.progress import step_of

kit = people.import_kit

_REFERENCES = {"person": "person", "company": "company", "product": "product", "owner": "staff"}
_FIELDS = {
    name: name
    for name in (
        "title", "person_id", "company_id", "product_id", "owner_id", "team_id", "stage_id", "status", "currency",
        "source",
        "lost_reason", "opened_at", "closed_at",
    )
} | {"value": "value_minor", "expected_on": "expected_close_on"}  # fmt: skip
TABLE = kit.Table("sales.Deal", tuple(_FIELDS.values()), bag="custom")
_BY_KEY = "SELECT s.n, t.id, t.id FROM stage s JOIN sales_deal t ON t.key = s.key WHERE {open}"
_PIPELINE = "Sales"
_STAGES = {"open": "Open", "won": "Won", "lost": "Lost"}
_SEARCHED = ("title", "company", "product", "person")


class Deals(kit.Home):
    """Landing of the noun ``deal``."""

    noun = "deal"
    main = "sales.Deal"
    naming = ("title",)
    models = ("sales.Pipeline", "sales.Stage", "sales.Deal", "sales.StageChange")
    followers = (("events.Event", "deal_id"),)

    def __init__(self) -> None:
        title = "SELECT w.n, min(t.id::text)::uuid AS id FROM wanted w JOIN sales_deal t ON t.title = w.value "
        self.finder = kit.Finder("sales_deal", (title + "WHERE w.id IS NULL GROUP BY w.n HAVING count(*) = 1",))

    def identities(self, frame: pl.DataFrame, context: kit.Context) -> pl.Series:
        """Key, else all that the row says."""
        keys = kit.staged_key(frame, context)
        found = keys.fill_null(kit.content_key(frame, context)) if keys.null_count() else keys
        return found.alias("identity")

    def __call__(self, frame: pl.DataFrame, context: kit.Context, /) -> kit.Outcome:
        frame = _keyed(frame, context)
        frame = kit.with_references(context, frame, _REFERENCES)
        frame = frame.with_columns(_status(frame), _title(frame), *_dates(frame), *_currency(frame, context))
        frame = _with_stages(frame, context).drop("expected_close_at", strict=False)
        rows, columns = kit.staged(context, TABLE, frame, _FIELDS, tuple(_REFERENCES))
        rows = rows.with_columns(kit.search_texts(frame, _SEARCHED))
        kit.stage_rows(context, TABLE, rows)
        _remember_stages(context)
        outcome = kit.land(context, TABLE, [*columns, "search"], (_BY_KEY,))
        _note_moves(context, columns)
        if outcome.updated:
            _refresh_search(context)
        kit.decide_leads(context, _DECIDED)
        return outcome


_DECIDED = (
    "SELECT t.person_id, coalesce(t.opened_at, t.closed_at) FROM landed l JOIN sales_deal t ON t.id = l.id "
    "WHERE t.status <> 'open' AND t.person_id IS NOT NULL"
)


def _keyed(frame: pl.DataFrame, context: kit.Context) -> pl.DataFrame:
    """Deals without a key of their own are known by their content; equal rows are separate sales."""
    own = kit.staged_key(frame, context)
    numbered = kit.numbered(frame["identity"], frame["before"])
    return frame.with_columns(
        own.fill_null(numbered).alias("key"), ((pl.col("before") > 0) & own.is_not_null()).alias("again")
    )


def _status(frame: pl.DataFrame) -> pl.Expr:
    """As the file says, else open; a known deal keeps what it has where the file says nothing."""
    return kit.named(frame, "status").fill_null("open").alias("status")


def _title(frame: pl.DataFrame) -> pl.Expr:
    """The file's title, else who and what."""
    parts = [pl.col(name) for name in ("company", "product") if name in frame.columns]
    if not parts:
        parts = [pl.col(name) for name in ("person", "external_id") if name in frame.columns][:1]
    joined = pl.concat_str(parts, separator=" · ", ignore_nulls=True) if parts else pl.lit("")
    fallback = pl.when(joined != "").then(joined).otherwise(kit.named(frame, "external_id")).fill_null("")
    return pl.coalesce(kit.named(frame, "title"), fallback).alias("title")


def _dates(frame: pl.DataFrame) -> list[pl.Expr]:
    if "expected_close_at" not in frame.columns:
        return []
    return [pl.col("expected_close_at").dt.date().alias("expected_on")]


def _currency(frame: pl.DataFrame, context: kit.Context) -> list[pl.Expr]:
    if "value" not in frame.columns:
        return []
    code = pl.lit(context.mapping.currency or context.currency)
    filled = pl.when(pl.col("value").is_not_null()).then(code)
    return [pl.coalesce(kit.named(frame, "currency"), filled).alias("currency")]


def _with_stages(frame: pl.DataFrame, context: kit.Context) -> pl.DataFrame:
    """``stage_id`` for every row; pipelines and stages that nobody knows are made, in the order of the sale."""
    names = {state: pl.when(pl.col("status") == state).then(pl.lit(name)) for state, name in _STAGES.items()}
    frame = frame.with_columns(
        kit.named(frame, "pipeline").fill_null(_PIPELINE).str.slice(0, 120).alias("pipeline:"),
        pl.coalesce(kit.named(frame, "stage"), *names.values()).str.slice(0, 120).alias("stage:"),
    )
    wanted = frame.group_by("pipeline:", "stage:").agg(pl.col("status").mode().sort().first(), pl.len())
    rank = pl.col("status").replace_strict({"open": 0, "won": 1, "lost": 2}, return_dtype=pl.Int64)
    step = pl.col("stage:").map_elements(step_of, return_dtype=pl.Int64)
    _make_stages(
        context,
        wanted.sort("pipeline:", rank, step, pl.col("len"), "stage:", descending=[False, False, False, True, False]),
    )
    context.cursor.execute(
        "SELECT p.name, s.name, replace(s.id::text, '-', '') FROM sales_stage s JOIN sales_pipeline p ON p.id = "
        "s.pipeline_id"
    )
    schema = {"pipeline:": pl.String, "stage:": pl.String, "stage_id": pl.String}
    stages = pl.DataFrame(context.cursor.fetchall(), schema=schema, orient="row")
    joined = frame.join(stages, on=["pipeline:", "stage:"], how="left", maintain_order="left")
    return joined.drop("pipeline:", "stage:", "pipeline", "stage", strict=False)


def _make_stages(context: kit.Context, wanted: pl.DataFrame) -> None:
    rows = wanted.rename({"pipeline:": "pipeline", "stage:": "name"}).with_row_index("rank")
    kit.stage(context.cursor, "steps", rows.select(pl.col("rank").cast(pl.Int64), "pipeline", "name", "status"))
    context.cursor.execute(
        "UPDATE sales_stage s SET archived_at = NULL FROM sales_pipeline p, steps w WHERE p.id = s.pipeline_id "
        "AND p.name = w.pipeline AND s.name = w.name AND s.archived_at IS NOT NULL"
    )
    context.cursor.execute(
        "INSERT INTO sales_pipeline (id, name, origin_id, created_at) "
        f"SELECT {kit.UUID7}, w.pipeline, %s, %s FROM (SELECT DISTINCT pipeline FROM steps) w ON CONFLICT DO NOTHING",
        [context.run_id, context.stamp],
    )
    context.cursor.execute(
        "INSERT INTO sales_stage (id, pipeline_id, name, position, status, origin_id) "
        f"SELECT {kit.UUID7}, p.id, w.name, w.rank + coalesce((SELECT max(o.position) + 1 FROM sales_stage o "
        "WHERE o.pipeline_id = p.id), 0), w.status, %s FROM steps w JOIN sales_pipeline p ON p.name = w.pipeline "
        "WHERE NOT EXISTS (SELECT FROM sales_stage o WHERE o.pipeline_id = p.id AND o.name = w.name) ORDER BY w.rank",
        [context.run_id],
    )


def _remember_stages(context: kit.Context) -> None:
    """Where known deals of the batch stand before it lands."""
    kit.drop(context.cursor, ("stood",))
    context.cursor.execute(
        "CREATE TEMP TABLE stood ON COMMIT DROP AS SELECT t.id, t.stage_id, t.status FROM stage s JOIN "
        "sales_deal t ON t.key = s.key"
    )


def _note_moves(context: kit.Context, columns: list[str]) -> None:
    """New deals were opened and, when decided, closed; known ones moved, if their stage changed."""
    cursor = context.cursor
    opened = "s.opened_at" if "opened_at" in columns else "NULL::timestamptz"
    closed = "s.closed_at" if "closed_at" in columns else "NULL::timestamptz"
    cursor.execute(
        "INSERT INTO sales_stagechange (id, deal_id, before_id, after_id, actor_id, origin_id, changed_at) "
        f"SELECT {kit.UUID7}, t.id, NULL, coalesce(f.id, t.stage_id), NULL, %s, "
        f"coalesce({opened}, {closed}, t.created_at) FROM landed l JOIN stage s ON s.n = l.n AND s.id = l.id "
        "JOIN sales_deal t ON t.id = l.id JOIN sales_stage g ON g.id = t.stage_id "
        "LEFT JOIN LATERAL (SELECT o.id FROM sales_stage o WHERE o.pipeline_id = g.pipeline_id AND o.status = 'open' "
        "AND t.status <> 'open' ORDER BY o.position LIMIT 1) f ON true",
        [context.run_id],
    )
    cursor.execute(
        "INSERT INTO sales_stagechange (id, deal_id, before_id, after_id, actor_id, origin_id, changed_at) "
        f"SELECT {kit.UUID7}, t.id, (SELECT c.after_id FROM sales_stagechange c WHERE c.deal_id = t.id AND "
        f"c.before_id IS NULL "
        f"ORDER BY c.id LIMIT 1), t.stage_id, NULL, %s, coalesce({closed}, {opened}, t.created_at) "
        "FROM landed l JOIN stage s ON s.n = l.n AND s.id = l.id JOIN sales_deal t ON t.id = l.id WHERE "
        "t.status <> 'open'",
        [context.run_id],
    )
    cursor.execute(
        "INSERT INTO sales_stagechange (id, deal_id, before_id, after_id, actor_id, origin_id, changed_at) "
        f"SELECT {kit.UUID7}, t.id, b.stage_id, t.stage_id, NULL, %s, "
        f"CASE WHEN t.status <> b.status THEN coalesce(t.closed_at, %s) ELSE %s END "
        "FROM stood b JOIN sales_deal t ON t.id = b.id WHERE t.stage_id <> b.stage_id",
        [context.run_id, context.stamp, context.stamp],
    )


def _refresh_search(context: kit.Context) -> None:
    ids = [row[0] for row in kit.changed_ids(context, ("title", "company_id", "product_id", "person_id"))]
    if not ids:
        return
    context.cursor.execute(
        "SELECT replace(t.id::text, '-', ''), t.title, c.name, p.name, h.display_name FROM sales_deal t "
        "LEFT JOIN people_company c ON c.id = t.company_id LEFT JOIN sales_product p ON p.id = t.product_id "
        "LEFT JOIN people_person h ON h.id = t.person_id WHERE t.id = ANY (%s)",
        [ids],
    )
    frame = pl.DataFrame(context.cursor.fetchall(), schema=dict.fromkeys(("id", *_SEARCHED), pl.String), orient="row")
    kit.stage(context.cursor, "words", frame.select("id", kit.search_texts(frame, _SEARCHED)), {"id": "uuid"})
    context.cursor.execute("UPDATE sales_deal t SET search = w.search FROM words w WHERE w.id = t.id")
