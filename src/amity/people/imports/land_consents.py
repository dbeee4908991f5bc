"""Consent in imported files: columns such as "Newsletter: yes" and "Do not e-mail" become words of the ledger.

A file never lifts a withdrawal, and what it says a second time adds nothing. Its rows carry the file's row number.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import polars as pl

from amity.base import clock
from amity.people import consent_locks
from amity.people.consent_defaults import MARKETING, NEWSLETTER
from amity.people.consent_purposes import PurposeView, purposes
from amity.people.consent_rules import KINDS, RANK, address_key
from amity.people.imports.keys import UUID7, hex_id, new_ids
from amity.people.imports.landing import Context
from amity.people.imports.staging import Packed, stage
from amity.people.imports.values import ROW

# field of the noun → purpose and channel
ASKED = {
    "consent_newsletter": (NEWSLETTER, "email"),
    "consent_email": (MARKETING, "email"),
    "consent_sms": (MARKETING, "sms"),
    "consent_phone": (MARKETING, "phone"),
    "consent_post": (MARKETING, "post"),
}
FORBIDDEN = {"do_not_email": "email", "do_not_call": "phone"}  # yes: no purpose may use this channel
FIELDS = (*ASKED, *FORBIDDEN)
_SINCE = "consent_at"
_LAST = f"""
LEFT JOIN LATERAL (
    SELECT c.state, c.at FROM people_consent c
    WHERE c.person_id = l.id AND c.purpose = s.purpose AND c.channel = s.channel
    ORDER BY c.at DESC, {RANK} DESC, c.id DESC LIMIT 1) w ON true
"""
_ADD = f"""
INSERT INTO people_consent (id, person_id, address_kind, address, address_key, purpose, channel, state, text_version,
    how, evidence, origin_id, at, created_at)
SELECT DISTINCT ON (l.id, s.purpose, s.channel) {UUID7}, l.id, s.kind, s.address, s.key, s.purpose, s.channel, s.state,
    NULL, 'import', jsonb_build_object('row', s.n, 'column', s.heading), %s,
    greatest(least(coalesce(s.since, %s), %s), w.at + interval '1 microsecond'), %s
FROM said s JOIN landed_people l ON l.n = s.n {_LAST}
WHERE w.state IS NULL OR (w.state <> 'withdrawn' AND w.state <> s.state)
ORDER BY l.id, s.purpose, s.channel, s.state = 'withdrawn' DESC, s.n
"""
_TAKE_BACK = f"""
INSERT INTO people_consent (id, person_id, address_kind, address, address_key, purpose, channel, state, how, evidence,
    reverts, at, created_at)
SELECT {UUID7}, c.person_id, c.address_kind, c.address, c.address_key, c.purpose, c.channel,
    coalesce(b.state, 'unknown'), 'undo', jsonb_build_object('undone', c.id, 'import', c.origin_id), c.id,
    greatest(%s, c.at + interval '1 microsecond'), %s
FROM people_consent c LEFT JOIN LATERAL (
    SELECT e.state FROM people_consent e WHERE e.person_id = c.person_id AND e.purpose = c.purpose
    AND e.channel = c.channel AND (e.at, e.id) < (c.at, c.id) ORDER BY e.at DESC, e.id DESC LIMIT 1) b ON true
WHERE c.origin_id = %s AND c.how = 'import' AND c.person_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM people_consent n WHERE n.person_id = c.person_id AND n.purpose = c.purpose
    AND n.channel = c.channel AND (n.at, n.id) > (c.at, c.id))
"""


def with_keys(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows with what their addresses are found by, where a column is about consent; for the reader's thread."""
    if not any(name in frame.columns for name in FIELDS):
        return frame
    kinds = [kind for kind in ("email", "phone") if kind in frame.columns]
    return frame.with_columns(
        pl.Series(f"{kind}_key", [address_key(kind, value) for value in _address(frame, kind)], dtype=pl.String)
        for kind in kinds
    )


def land(context: Context, frame: pl.DataFrame) -> int:
    """Write what the rows of a batch say about consent; the number of words. The table ``landed`` says whose they are.

    4 queries, none when no column is about consent.
    """
    said = _said_in(context, frame, asked_of(frame))
    if said is None:
        return 0
    cursor = context.cursor
    consent_locks.lock_all(cursor)
    stage(cursor, "said", said, {"n": "integer"})
    cursor.execute("DROP TABLE IF EXISTS pg_temp.landed_people")
    cursor.execute("CREATE TEMP TABLE landed_people ON COMMIT DROP AS SELECT n, id FROM landed")
    cursor.execute(_ADD, [context.run_id, context.stamp, context.stamp, clock.now()])
    return int(cursor.rowcount)


def asked_of(frame: pl.DataFrame) -> list[PurposeView]:
    """The purposes that columns of the file may be about. 1 query, none when no column is about consent."""
    if not any(name in frame.columns for name in FIELDS):
        return []
    return [each for each in purposes() if not each.owed]


def add_first(context: Context, words: Packed) -> None:
    """Write `first_words`. 2 queries."""
    consent_locks.lock_all(context.cursor)
    words.send(context.cursor)


def first_words(context: Context, frame: pl.DataFrame, landed: pl.DataFrame, known: list[PurposeView]) -> Packed | None:
    """The first words about people (``landed``: ``n, id``) who were not there before, so nothing is looked up."""
    said = _said_in(context, frame, known)
    if said is None:
        return None
    words = said.join(landed.select("n", pl.col("id").alias("person_id")), on="n", how="inner", maintain_order="left")
    words = words.sort(pl.col("state") != "withdrawn", maintain_order=True)  # of two words, the stricter one
    words = words.unique(("n", "purpose", "channel"), keep="first", maintain_order=True).sort("n", maintain_order=True)
    now = clock.now()
    headings = words["heading"].unique()
    column = pl.col("heading").replace_strict(headings, [json.dumps(each) for each in headings], return_dtype=pl.String)
    rows = words.select(
        new_ids(words.height),
        "person_id",
        pl.col("kind").alias("address_kind"),
        "address",
        pl.col("key").alias("address_key"),
        *("purpose", "channel", "state"),
        pl.lit("import").alias("how"),
        pl.concat_str(pl.lit('{"row": '), "n", pl.lit(', "column": '), column, pl.lit("}")).alias("evidence"),
        pl.lit(hex_id(context.run_id)).alias("origin_id"),
        pl.min_horizontal(pl.coalesce("since", pl.lit(context.stamp)), pl.lit(now)).alias("at"),
        pl.lit(now).alias("created_at"),
    )
    return Packed("people_consent", rows)


def _said_in(context: Context, frame: pl.DataFrame, known: list[PurposeView]) -> pl.DataFrame | None:
    fields = [name for name in FIELDS if name in frame.columns]
    parts = [part for name in fields for part in _parts(context, frame, name, known)]
    said = pl.concat(parts) if parts else pl.DataFrame()
    return said if said.height else None


def take_back(cursor: Any, run_id: UUID) -> int:
    """Undo of an import: its words are taken back by further rows, where nobody said more since."""
    consent_locks.lock_all(cursor)
    cursor.execute(_TAKE_BACK, [clock.now(), clock.now(), run_id])
    return int(cursor.rowcount)


def _parts(context: Context, frame: pl.DataFrame, name: str, known: list[PurposeView]) -> list[pl.DataFrame]:
    heading = context.column_of(name)
    if name in ASKED:
        key, channel = ASKED[name]
        asked = [(key, channel)] if any(each.key == key and channel in each.channels for each in known) else []
        rows = frame.filter(pl.col(name).is_not_null())
        state = pl.when(pl.col(name)).then(pl.lit("given")).otherwise(pl.lit("withdrawn"))
    else:
        channel = FORBIDDEN[name]
        asked = [(each.key, channel) for each in known if channel in each.channels]
        rows = frame.filter(pl.col(name).fill_null(False))
        state = pl.lit("withdrawn")
    if not rows.height:
        return []
    return [_said(rows, state, key, channel, heading) for key, channel in asked]


def _said(rows: pl.DataFrame, state: pl.Expr, purpose: str, channel: str, heading: str) -> pl.DataFrame:
    kind = KINDS.get(channel, "")
    address = _address(rows, kind)
    since = pl.col(_SINCE) if _SINCE in rows.columns else pl.lit(None, pl.Datetime("us", "UTC"))
    key = pl.col(f"{kind}_key") if f"{kind}_key" in rows.columns else pl.lit("")
    return rows.select(
        pl.col(ROW).cast(pl.Int64).alias("n"), pl.lit(purpose).alias("purpose"), pl.lit(channel).alias("channel"),
        state.alias("state"), pl.lit(heading).alias("heading"), since.alias("since"), key.alias("key"),
    ).with_columns(
        pl.when(address != "").then(pl.lit(kind)).otherwise(pl.lit("")).alias("kind"), address.alias("address")
    )  # fmt: skip


def _address(rows: pl.DataFrame, kind: str) -> pl.Series:
    if kind not in rows.columns:
        return pl.Series("address", [""] * rows.height, dtype=pl.String)
    column = rows[kind]
    single = column.list.first() if isinstance(column.dtype, pl.List) else column
    return single.fill_null("").str.slice(0, 254).alias("address")
