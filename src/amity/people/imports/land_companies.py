"""Companies land: by their key in the old system, else by a forgiving comparison of names."""

from __future__ import annotations

import polars as pl

from amity.people.imports.homes import (
    Home,
    computed,
    named,
    other_names,
    plain_name,
    staged,
    staged_key,
    with_references,
)
from amity.people.imports.keys import hex_id
from amity.people.imports.landing import Context, Outcome, Table, changed_ids, land, land_later, stage_rows
from amity.people.imports.references import BY_NAME, Finder, matchable
from amity.people.imports.staging import copy, stage
from amity.people.imports.values import ROW
from amity.people.imports.words import search_texts

_REFERENCES = {"owner": "staff"}
_FIELDS = {
    name: name
    for name in (
        "name", "domain", "industry", "city", "country", "phone", "email", "employees", "currency", "founded_year",
        "owner_id", "team_id", "created_at",
    )
} | {"annual_revenue": "revenue_minor"}  # fmt: skip
TABLE = Table("people.Company", (*_FIELDS.values(), "parent_id"), bag="traits", profile="company")
_BY_KEY = "SELECT s.n, t.id, t.id FROM stage s JOIN people_company t ON t.key = s.key WHERE {open}"
# A company known by name only takes the key of the row that describes it; one with another key is another company.
_BY_NAME = (
    f"SELECT s.n, t.id, t.id FROM stage s JOIN people_company t ON {matchable('t.name')} = {matchable('s.name')} "
    f"AND (t.key IS NULL OR s.key IS NULL) WHERE {{open}} AND {matchable('s.name')} <> ''"
)
_SEARCHED = ("name", "domain", "email", "city", "industry")
_INT_MAX = 2_147_483_647


class Companies(Home):
    """Landing of the noun ``company``."""

    noun = "company"
    main = "people.Company"
    naming = ("name",)
    models = ("people.Company", "people.TraitChange")
    followers = (("events.Event", "company_id"),)

    def __init__(self) -> None:
        self.finder = Finder("people_company", (BY_NAME,), make=_make)

    def faults(self, frame: pl.DataFrame) -> pl.Series:
        """A company needs a name (its website or number will do)."""
        missing = _name(frame).is_null()
        return computed(frame, pl.when(missing).then(pl.lit("no_name")), "fault")

    def identities(self, frame: pl.DataFrame, context: Context) -> pl.Series:
        """Key, else the name without case, spaces and punctuation."""
        keyed = frame.with_columns(staged_key(frame, context))
        return computed(keyed, pl.coalesce("key", plain_name(_name(frame))), "identity")

    def known_by(self, frame: pl.DataFrame, context: Context) -> pl.DataFrame:
        """The name."""
        return other_names(self.identities(frame, context), computed(frame, plain_name(_name(frame)), "name"))

    def __call__(self, frame: pl.DataFrame, context: Context, /) -> Outcome:
        frame = frame.with_columns(
            staged_key(frame, context),
            (pl.col("before") > 0).alias("again"),
            _name(frame).alias("name"),
        )
        frame = with_references(context, _fitted(frame, context), _REFERENCES)
        rows, columns = staged(context, TABLE, frame.drop("parent", strict=False), _FIELDS, tuple(_REFERENCES))
        rows = rows.with_columns(search_texts(rows, _SEARCHED, ("phone",)))
        stage_rows(context, TABLE, rows)
        outcome = land(context, TABLE, [*columns, "search"], (_BY_KEY, _BY_NAME))
        if outcome.updated:
            _refresh_search(context)
        return _land_parents(context, frame, self, outcome)


def _name(frame: pl.DataFrame) -> pl.Expr:
    return named(frame, "name", "domain", "external_id")


def _fitted(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Whole numbers that fit; second phones and addresses kept; the currency of the revenue."""
    out = [
        pl.when(pl.col(name).is_between(-_INT_MAX, _INT_MAX)).then(pl.col(name)).alias(name)
        for name in ("employees", "founded_year")
        if name in frame.columns
    ]
    for name in ("phone", "email"):
        if name in frame.columns and isinstance(frame.schema[name], pl.List):
            several = pl.col(name).list.len() > 1
            if frame.select(several.any()).item():
                out.append(pl.when(several).then(pl.col(name).list.slice(1)).alias(f"custom:other {name}"))
    if "annual_revenue" in frame.columns and "currency" not in frame.columns:
        code = context.mapping.currency or context.currency
        out.append(pl.when(pl.col("annual_revenue").is_not_null()).then(pl.lit(code)).alias("currency"))
    return frame.with_columns(out)


def _land_parents(context: Context, frame: pl.DataFrame, home: Companies, outcome: Outcome) -> Outcome:
    """Parent companies are looked up once all companies of the batch are there."""
    if "parent" not in frame.columns or not frame["parent"].is_not_null().any():
        return outcome
    found = home.refer(context, frame["parent"], context.column_of("parent") or "parent")
    parents = frame.select(pl.col(ROW).cast(pl.Int64).alias("n"), pl.col("parent").str.strip_chars().alias("value"))
    parents = parents.join(found, on="value").select("n", pl.col("id").alias("parent_id"))
    more = land_later(context, TABLE, ["parent_id"], parents)
    return Outcome(outcome.created, outcome.updated + more, outcome.unchanged - more)


def _refresh_search(context: Context) -> None:
    ids = [row[0] for row in changed_ids(context, (*_SEARCHED, "phone"))]
    if not ids:
        return
    context.cursor.execute(
        "SELECT replace(id::text, '-', ''), name, domain, email, city, industry, phone FROM people_company "
        "WHERE id = ANY (%s)",
        [ids],
    )
    names = ("id", *_SEARCHED, "phone")
    frame = pl.DataFrame(context.cursor.fetchall(), schema=dict.fromkeys(names, pl.String), orient="row")
    stage(context.cursor, "words", frame.select("id", search_texts(frame, _SEARCHED, ("phone",))), {"id": "uuid"})
    context.cursor.execute("UPDATE people_company t SET search = w.search FROM words w WHERE w.id = t.id")


def _make(context: Context, frame: pl.DataFrame) -> None:
    """Companies that a row names and nobody knows: just the name."""
    texts = ("domain", "industry", "city", "country", "phone", "email", "currency")
    rows = frame.select(
        "id",
        pl.col("value").str.slice(0, 300).alias("name"),
        *[pl.lit("").alias(name) for name in texts],
        *[pl.lit("{}").alias(name) for name in ("traits", "origins")],
        pl.lit(hex_id(context.run_id)).alias("origin_id"),
        *[pl.lit(context.stamp.isoformat()).alias(name) for name in ("observed_at", "created_at", "updated_at")],
    )
    copy(context.cursor, "people_company", rows.with_columns(search_texts(rows, ("name",))))
