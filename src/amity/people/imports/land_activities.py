"""Activities land as facts in the log of events: who, what, when. A fact that is there already stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import polars as pl

from amity.events import api as events
from amity.people.imports.homes import (
    CUSTOM,
    UNREAD,
    Home,
    computed,
    content_key,
    named,
    numbered,
    staged_key,
    with_references,
)
from amity.people.imports.keys import new_ids
from amity.people.imports.landing import Context, Outcome
from amity.people.imports.nouns import registered
from amity.people.imports.words import bags

_REFERENCES = {"person": "person", "company": "company", "deal": "deal", "owner": "staff"}
_IDS = {"person_id": "person_id", "company_id": "company_id", "deal_id": "deal_id", "owner_id": "actor_id"}
# Kinds that the timeline knows, by the first letters of common words; others stay as they are written.
_KINDS = {
    "mail": "mail", "e-mail": "mail", "email": "mail", "письмо": "mail", "почта": "mail", "wiadomość": "mail",
    "call": "call", "phone": "call", "звонок": "call", "telefon": "call", "połączenie": "call", "anruf": "call",
    "meeting": "meeting", "visit": "meeting", "встреча": "meeting", "spotkanie": "meeting", "treffen": "meeting",
    "note": "note", "заметка": "note", "notatka": "note", "notiz": "note", "task": "task", "задача": "task",
    "page": "page", "visited": "page", "order": "order", "заказ": "order",
}  # fmt: skip


class Activities(Home):
    """Landing of the noun ``activity``."""

    noun = "activity"
    main = "events.Event"
    models = ("events.Event",)

    def faults(self, frame: pl.DataFrame) -> pl.Series:
        """A fact without a time is no fact."""
        at = pl.col("at").is_null() if "at" in frame.columns else pl.lit(True)
        return computed(frame, pl.when(at).then(pl.lit("no_time")), "fault")

    def identities(self, frame: pl.DataFrame, context: Context) -> pl.Series:
        """Key, else all that the row says."""
        keys = staged_key(frame, context)
        return keys.fill_null(content_key(frame, context)) if keys.null_count() else keys

    def release(self, cursor: Any, ids: Sequence[UUID]) -> None:
        """The same facts may be imported again."""
        events.forget(cursor, ids)

    def __call__(self, frame: pl.DataFrame, context: Context, /) -> Outcome:
        references = {field: noun for field, noun in _REFERENCES.items() if noun in registered()}
        frame = with_references(context, frame, references)
        by_content = frame["identity"].str.starts_with(f"{context.system}:row:")
        own = numbered(frame["identity"], frame["before"])
        message_ids = frame.select(pl.when(by_content).then(own).otherwise("identity")).to_series()
        facts = _facts(frame, context).with_columns(message_ids.str.slice(0, 200).alias("message_id"))
        once = facts.unique("message_id", keep="first", maintain_order=True)
        added = events.append_batch(context.cursor, once, context.run_id, context.stamp)
        return Outcome(created=len(added), unchanged=frame.height - len(added))


def _facts(frame: pl.DataFrame, context: Context) -> pl.DataFrame:
    ids = [
        (pl.col(source) if source in frame.columns else pl.lit(None, pl.String)).alias(target)
        for source, target in _IDS.items()
    ]
    kind = named(frame, "kind").fill_null("note")
    subject = named(frame, "subject").fill_null(kind)
    return frame.with_columns(new_ids(frame.height).alias("id"), bags(frame, _rest(frame)).alias("data")).select(
        "id",
        _kind(kind).alias("kind"),
        subject.str.slice(0, 200).alias("name"),
        named(frame, "body").alias("summary"),
        pl.lit(f"import:{context.system}").alias("source"),
        *ids,
        "data",
        pl.col("at").alias("occurred_at"),
    )


def _kind(kind: pl.Expr) -> pl.Expr:
    word = kind.str.to_lowercase().str.strip_chars()
    return word.replace_strict(_KINDS, default=word.str.slice(0, 40))


def _rest(frame: pl.DataFrame) -> dict[str, str]:
    """What no column of the log takes: custom fields, unread cells, and references that named nobody."""
    rest = {name: name.split(":", 1)[1] for name in frame.columns if name.startswith((CUSTOM, UNREAD))}
    return rest | {name: name for name in ("external_id", "kind", *_REFERENCES) if name in frame.columns}
