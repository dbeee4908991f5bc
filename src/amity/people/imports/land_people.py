"""People land: by their key in the old system, else by e-mail, else by phone, else by what the row says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import polars as pl

from amity.people.imports import land_consents
from amity.people.imports.homes import (
    Home,
    computed,
    content_key,
    first,
    nothing_else,
    numbered,
    staged,
    staged_key,
    with_references,
)
from amity.people.imports.keys import UUID7, hex_id, new_ids
from amity.people.imports.landing import SOURCE_DEAL, Context, Outcome, Table, changed_ids, land, packed_new, stage_rows
from amity.people.imports.references import BY_KEY, Finder
from amity.people.imports.staging import Packed, copy, drop, stage
from amity.people.imports.values import ROW
from amity.people.imports.words import search_texts

_REFERENCES = {"company": "company", "owner": "staff"}
_FIELDS = {
    name: name
    for name in (
        "display_name", "given_name", "family_name", "middle_name", "email", "phone", "job_title", "company_id", "city",
        "country", "language", "source", "lead_status", "lead_created_at", "lead_decided_at", "owner_id", "team_id",
        "created_at",
    )
}  # fmt: skip
TABLE = Table(
    "people.Person",
    tuple(_FIELDS.values()),
    bag="traits",
    profile="person",
    # What a deal decided is not undone by the lead list of the same export, which still says "open".
    guards={
        "lead_status": f"NOT (s.lead_status = 'open' AND coalesce(t.origins #>> '{{lead_status,2}}', '') = "
        f"'{SOURCE_DEAL}')"
    },
)
_BY_KEY = (
    "SELECT s.n, coalesce(t.merged_into_id, t.id), t.id FROM stage s JOIN people_person t ON t.key = s.key WHERE {open}"
)
_BY_IDENTIFIER = (
    "SELECT s.n, coalesce(h.merged_into_id, h.id), i.id FROM stage s JOIN people_identifier i ON i.value = s.{kind} "
    "AND i.kind = '{kind}' JOIN people_person h ON h.id = i.person_id WHERE {{open}} AND s.key IS NULL "
    "AND s.{kind} IS NOT NULL"
)
_PHONE_ONLY = " AND s.email IS NULL"
_SEARCHED = (
    "display_name",
    "given_name",
    "family_name",
    "middle_name",
    "email",
    "company",
    "job_title",
    "city",
    "source",
)
_NAME_PARTS = ("given_name", "middle_name", "family_name")  # the name to show is made of them unless the file has one


class People(Home):
    """Landing of the noun ``person``."""

    noun = "person"
    main = "people.Person"
    naming = ("email", "display_name")
    models = ("people.Person", "people.Identifier", "people.TraitChange")
    beside = ("people.Company",)
    ledger = ("people.Consent", land_consents.FIELDS)
    shelved = ("people_person_key_key", "people_identifier_pkey", "identifier_once", "people_consent_pkey")
    followers = (("events.Event", "person_id"),)

    def identities(self, frame: pl.DataFrame, context: Context) -> pl.Series:
        """Key, else e-mail, else phone, else content."""
        found = pl.DataFrame(
            [
                staged_key(frame, context),
                _kind(frame, "email", "email:"),
                _kind(frame, "phone", "phone:"),
            ]
        ).select(pl.coalesce(pl.all()).alias("identity"))
        if found["identity"].null_count():
            found = found.with_columns(pl.col("identity").fill_null(content_key(frame, context)))
        return found["identity"]

    def __call__(self, frame: pl.DataFrame, context: Context, /) -> Outcome:
        frame = _keyed(frame, context)
        frame = with_references(context, frame, _REFERENCES)
        frame = frame.drop("full_name", strict=False)  # now the display name
        identifiers = _identifiers(frame)
        rows, columns = staged(context, TABLE, frame, _FIELDS, tuple(_REFERENCES))
        rows = rows.with_columns(frame["search"])
        if context.fresh and not rows["again"].any():
            return _land_new(context, rows, identifiers, frame)
        stage_rows(context, TABLE, rows)
        _stage_identifiers(context, identifiers)
        outcome = land(context, TABLE, [*columns, "search"], _finders(columns), _add_identifiers)
        outcome = _with_identified(context, outcome)
        if outcome.updated:
            _refresh_search(context)
        land_consents.land(context, frame)
        return outcome

    def known_by(self, frame: pl.DataFrame, context: Context) -> pl.DataFrame:
        """All e-mails and phones."""
        parts, main = [nothing_else()], self.identities(frame, context)
        for kind in ("email", "phone"):
            if kind in frame.columns:
                values = pl.DataFrame({"at": pl.int_range(frame.height, eager=True), "identity": frame[kind]})
                long = values.explode("identity") if isinstance(frame.schema[kind], pl.List) else values
                long = long.drop_nulls().with_columns((pl.lit(f"{kind}:") + pl.col("identity")).alias("identity"))
                parts.append(long.filter((long["identity"] != main.gather(long["at"])).fill_null(True)))
        return pl.concat(parts)

    def prepare(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The name to show, the words to find the person by, and the keys of addresses that consent is about."""
        frame = land_consents.with_keys(frame).with_columns(_display_name(frame))
        names = _SEARCHED if "full_name" in frame.columns else [name for name in _SEARCHED if name not in _NAME_PARTS]
        return frame.with_columns(search_texts(frame.with_columns(_singles(frame)), names, ("phone",)))

    def refer(self, context: Context, values: pl.Series, column: str) -> pl.DataFrame:
        """People by key, e-mail, phone or exact name; a name that two people share finds nobody."""
        from amity.people.imports.references import look_up

        return look_up(context, values, _FINDER, column, self.noun)


def decide_leads(context: Context, query: str) -> int:
    """Open leads that ``query`` (``person_id, decided_at``) names become converted; journalled, with history."""
    cursor = context.cursor
    drop(cursor, ("decided",))
    cursor.execute(
        "CREATE TEMP TABLE decided ON COMMIT DROP AS SELECT q.person_id AS id, min(q.decided_at) AS at "
        f"FROM ({query}) q (person_id, decided_at) JOIN people_person t ON t.id = q.person_id AND t.lead_status "
        f"= 'open' "
        "GROUP BY 1"
    )
    from amity.people.imports.landing import journal

    journal(context, "people_person", "SELECT id FROM decided")
    origin = [str(context.run_id), context.stamp.isoformat(), SOURCE_DEAL]
    cursor.execute(
        "INSERT INTO people_traitchange (id, profile_kind, profile_id, name, before, after, origin_id, changed_at) "
        f"SELECT {UUID7}, 'person', id, 'lead_status', '\"open\"', '\"converted\"', %s, %s FROM decided",
        [context.run_id, context.stamp],
    )
    cursor.execute(
        "UPDATE people_person t SET lead_status = 'converted', lead_decided_at = coalesce(d.at, t.lead_decided_at), "
        "origins = t.origins || jsonb_build_object('lead_status', jsonb_build_array(%s::text, %s::text, %s::text)), "
        "updated_at = %s FROM decided d WHERE d.id = t.id",
        [*origin, context.stamp],
    )
    return int(cursor.rowcount)


def _land_new(context: Context, rows: pl.DataFrame, identifiers: pl.DataFrame, frame: pl.DataFrame) -> Outcome:
    """People of a first load: nobody is there yet that they could be."""
    landed, people = packed_new(context, TABLE, rows)
    purposes = land_consents.asked_of(frame)
    with ThreadPoolExecutor(1, "import-copy") as beside:  # the rest is packed while the server takes the people
        sent = beside.submit(people.send, context.cursor)
        marks = Packed("people_identifier", _marks(context, identifiers, landed))
        words = land_consents.first_words(context, frame, landed, purposes)
        sent.result()
    marks.send(context.cursor)
    if words is not None:
        land_consents.add_first(context, words)
    return Outcome(created=rows.height)


def _marks(context: Context, identifiers: pl.DataFrame, landed: pl.DataFrame) -> pl.DataFrame:
    """Identifiers as rows of their table."""
    marks = identifiers.join(
        landed.select("n", pl.col("id").alias("person_id")), on="n", how="inner", maintain_order="left"
    )
    marks = marks.unique(("person_id", "kind", "value"), keep="first", maintain_order=True)
    return marks.select(
        new_ids(marks.height),
        "person_id",
        "kind",
        "value",
        pl.lit(hex_id(context.run_id)).alias("origin_id"),
        pl.lit(context.stamp.isoformat()).alias("observed_at"),
    )


def _keyed(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Rows without key, e-mail and phone are known by their content."""
    keys = staged_key(frame, context)
    by_content = frame["identity"].str.starts_with(f"{context.system}:row:").fill_null(False)
    frame = frame.with_columns(keys.alias("key"), (pl.col("before") > 0).alias("again"))
    if by_content.any():
        own = numbered(frame["identity"], frame["before"])
        frame = frame.with_columns(
            pl.when(by_content).then(own).otherwise("key").alias("key"), (pl.col("again") & ~by_content).alias("again")
        )
    return frame


def _kind(frame: pl.DataFrame, name: str, mark: str) -> pl.Series:
    if name not in frame.columns:
        return pl.Series(name, [None] * frame.height, dtype=pl.String)
    return (pl.Series([mark], dtype=pl.String) + first(frame[name])).alias(name)


def _display_name(frame: pl.DataFrame) -> pl.Series:
    parts = [pl.col(name) for name in ("given_name", "middle_name", "family_name") if name in frame.columns]
    joined = pl.concat_str(parts, separator=" ", ignore_nulls=True) if parts else pl.lit(None, pl.String)
    whole = [pl.col("full_name")] if "full_name" in frame.columns else []
    name = pl.coalesce([*whole, pl.when(joined != "").then(joined)])
    return computed(frame, name, "display_name")


def _singles(frame: pl.DataFrame) -> list[pl.Series]:
    return [first(frame[name]).alias(name) for name in ("email", "phone") if name in frame.columns]


def _identifiers(frame: pl.DataFrame) -> pl.DataFrame:
    """``n, kind, value`` of every e-mail and phone of every row."""
    parts = [pl.DataFrame(schema={"n": pl.Int64, "kind": pl.String, "value": pl.String})]
    for kind in ("email", "phone"):
        if kind not in frame.columns:
            continue
        values = frame.select(
            pl.col(ROW).cast(pl.Int64).alias("n"), pl.lit(kind).alias("kind"), pl.col(kind).alias("value")
        )
        values = values.explode("value") if isinstance(frame.schema[kind], pl.List) else values
        parts.append(values.filter(pl.col("value").is_not_null() & (pl.col("value").str.len_chars() <= 254)))
    return pl.concat(parts)


def _finders(columns: list[str]) -> list[str]:
    finders = [_BY_KEY]
    if "email" in columns:
        finders.append(_BY_IDENTIFIER.format(kind="email"))
    if "phone" in columns:
        finders.append(_BY_IDENTIFIER.format(kind="phone") + (_PHONE_ONLY if "email" in columns else ""))
    return finders


def _stage_identifiers(context: Context, identifiers: pl.DataFrame) -> None:
    frame = identifiers.with_columns(new_ids(identifiers.height).alias("id"))
    stage(context.cursor, "marks", frame, {"id": "uuid", "n": "integer"})
    stage(context.cursor, "got", pl.DataFrame(schema={"n": pl.Int32}))


def _add_identifiers(context: Context) -> None:
    """Give the people that landed so far the identifiers that they did not have yet."""
    context.cursor.execute(
        "WITH added AS (INSERT INTO people_identifier (id, person_id, kind, value, origin_id, observed_at) "
        "SELECT m.id, l.id, m.kind, m.value, %s, %s FROM marks m JOIN landed l USING (n) "
        "ON CONFLICT (value, kind, person_id) DO NOTHING RETURNING id) "
        "INSERT INTO got SELECT m.n FROM added JOIN marks m USING (id)",
        [context.run_id, context.stamp],
    )


def _with_identified(context: Context, outcome: Outcome) -> Outcome:
    """A known person that only got another identifier is updated too."""
    context.cursor.execute(
        "SELECT count(DISTINCT g.n) FROM got g JOIN stage s USING (n) JOIN landed l USING (n) "
        "WHERE l.id <> s.id AND NOT EXISTS (SELECT FROM diff d WHERE d.n = g.n)"
    )
    more = int(context.cursor.fetchone()[0])
    return Outcome(outcome.created, outcome.updated + more, outcome.unchanged - more)


def _refresh_search(context: Context) -> None:
    """Words of people whose name, address or company changed."""
    ids = changed_ids(
        context,
        (
            "display_name",
            "given_name",
            "family_name",
            "middle_name",
            "email",
            "phone",
            "company_id",
            "job_title",
            "city",
            "source",
        ),
    )
    refresh_search(context, [row[0] for row in ids])


def refresh_search(context: Context, ids: list[UUID]) -> None:
    """Compute the searched words of these people anew."""
    if not ids:
        return
    cursor = context.cursor
    cursor.execute(
        "SELECT replace(p.id::text, '-', ''), p.display_name, p.given_name, p.family_name, p.middle_name, "
        "p.email, p.phone, "
        "c.name, p.job_title, p.city, p.source FROM people_person p LEFT JOIN people_company c ON c.id = "
        "p.company_id WHERE p.id = ANY (%s)",
        [ids],
    )
    names = ("id", "display_name", "given_name", "family_name", "middle_name", "email", "phone", "company", "job_title",
             "city", "source")  # fmt: skip
    frame = pl.DataFrame(cursor.fetchall(), schema=dict.fromkeys(names, pl.String), orient="row")
    stage(cursor, "words", frame.select("id", search_texts(frame, _SEARCHED, ("phone",))), {"id": "uuid"})
    cursor.execute(
        "UPDATE people_person t SET search = w.search FROM words w WHERE w.id = t.id AND t.search <> w.search"
    )


def _make(context: Context, frame: pl.DataFrame) -> None:
    """People that a deal or an activity names and nobody knows: by e-mail, by name, or by their key."""
    value = pl.col("value")
    is_mail = value.str.contains(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")
    is_name = value.str.contains(r"\s") & ~is_mail
    space = next(iter(context.prefixes.get("person", ())), f"{context.system}:id:")
    rows = frame.select(
        "id",
        pl.when(~is_mail & ~is_name).then(pl.lit(space) + value).alias("key"),
        pl.when(is_name).then(value.str.slice(0, 300)).otherwise(pl.lit("")).alias("display_name"),
        pl.when(is_mail).then(value.str.to_lowercase().str.slice(0, 254)).otherwise(pl.lit("")).alias("email"),
        *[pl.lit("").alias(name) for name in _EMPTY],
        *[pl.lit("{}").alias(name) for name in ("traits", "origins")],
        pl.lit(hex_id(context.run_id)).alias("origin_id"),
        *[pl.lit(context.stamp.isoformat()).alias(name) for name in ("observed_at", "created_at", "updated_at")],
        pl.lit("none").alias("lead_status"),
    )
    rows = rows.with_columns(search_texts(rows, ("display_name", "email")))
    copy(context.cursor, "people_person", rows)
    mails = rows.filter(pl.col("email") != "")
    if mails.height:
        marks = mails.select(
            new_ids(mails.height), pl.col("id").alias("person_id"), pl.lit("email").alias("kind"),
            pl.col("email").alias("value"), "origin_id", "observed_at",
        )  # fmt: skip
        copy(context.cursor, "people_identifier", marks)


_EMPTY = ("given_name", "family_name", "middle_name", "phone", "job_title", "city", "country", "language", "source")
_ONE = (
    "SELECT w.n, min(t.id::text)::uuid FROM wanted w JOIN {join} WHERE w.id IS NULL GROUP BY w.n HAVING "
    "count(DISTINCT t.id) = 1"
)
_FINDER = Finder(
    "people_person",
    (
        "SELECT DISTINCT ON (w.n) w.n, i.person_id AS id FROM wanted w JOIN people_identifier i ON i.value = "
        "lower(w.value) "
        "AND i.kind = 'email' WHERE w.id IS NULL ORDER BY w.n, i.id",
        "SELECT DISTINCT ON (w.n) w.n, i.person_id AS id FROM wanted w JOIN people_identifier i ON i.value = w.value "
        "AND i.kind = 'phone' WHERE w.id IS NULL ORDER BY w.n, i.id",
        _ONE.format(join="people_person t ON t.display_name = w.value").replace("::uuid", "::uuid AS id"),
    ),
    make=_make,
    follow="UPDATE wanted w SET id = p.merged_into_id FROM people_person p "
    "WHERE p.id = w.id AND p.merged_into_id IS NOT NULL",
)
__all__ = ["BY_KEY", "TABLE", "People", "decide_leads", "refresh_search"]
