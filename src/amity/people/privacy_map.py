"""Where personal data is: every table of every room, by what its model declares (`base.personal`)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.postgres.search import SearchVectorField
from django.db import connection, models

from amity.base.personal import Personal
from amity.people.privacy_needles import GONE

_TEXTS = (models.CharField, models.TextField)
_CODE_LENGTH = 12  # shorter columns hold codes
# Columns that may name a record of any kind, in tables that go with it.
_POLYMORPHIC = frozenset(("object_id", "subject_id", "target_id", "row_id", "profile_id", "deal_id"))
# Columns with ids that are never a person's.
_NOBODYS = re.compile(
    r"(.*_)?(by|actor|origin|source|group|batch|company|merge|staff|run|file|deal|undo|erasure|job|request)(_id)?"
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column with words. ``kind``: text, json, bytes. ``spare``: what stands in it when it is emptied."""

    name: str
    kind: str
    spare: Any


@dataclass(frozen=True, slots=True)
class Tie:
    """A column with ids. ``person``: a reference to people, or may be; ``holds``: the row cannot be without it.

    ``reference``: the database knows that it is one. ``record``: it may name one of a person's records (their deal).
    """

    name: str
    person: bool
    holds: bool
    reference: bool = False
    record: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A table. ``subject`` is its declared column, if that is one of its own."""

    label: str  # people.Person
    table: str
    personal: Personal
    subject: str
    ties: tuple[Tie, ...]
    columns: tuple[Column, ...]
    has_id: bool

    @property
    def goes(self) -> bool:
        return self.personal.erase == "delete"

    @property
    def swept(self) -> bool:
        """Whether it is looked through for mentions."""
        return self.personal.erase != "keep" and bool(self.columns)

    @property
    def nobodys(self) -> bool:
        """Its rows are documents, found by what stands in them: received bytes, rejected rows, what can be undone."""
        bodies = {column.name for column in self.columns if column.kind == "bytes"}
        return self.goes and (not self.subject or bool(bodies.intersection(self.personal.fields)))

    @property
    def unnamed(self) -> bool:
        """Its rows have to stay and name nobody by id: they are emptied when the person stands in them."""
        return self.personal.erase == "blank" and not self.subject


@cache
def places() -> tuple[Place, ...]:
    """Every table whose model declares its personal data, by name of the table."""
    found = [_place(model) for model in apps.get_models() if isinstance(getattr(model, "personal", None), Personal)]
    return tuple(sorted(found, key=lambda place: place.table))


def place_of(table: str) -> Place:
    """The place of a table."""
    return next(place for place in places() if place.table == table)


def quoted(name: str) -> str:
    """The name of a table or column as SQL takes it."""
    return connection.ops.quote_name(name)


def _place(model: Any) -> Place:
    declared: Personal = model.personal
    fields = list(model._meta.concrete_fields)
    own = {field.attname: field.column for field in fields if field.column}
    names = {**own, **{field.name: field.column for field in fields if field.column}}
    subject = names.get(declared.subject, "")
    return Place(
        label=model._meta.label,
        table=model._meta.db_table,
        personal=declared,
        subject=subject,
        ties=tuple(_ties(fields)),
        columns=tuple(column for column in map(_column, fields) if column),
        has_id=any(field.column == "id" and isinstance(field, models.UUIDField) for field in fields),
    )


def _ties(fields: Iterable[Any]) -> Iterable[Tie]:
    for field in fields:
        if isinstance(field, models.ForeignKey):
            if field.related_model._meta.label == "people.Person":
                cascades = field.remote_field.on_delete is models.CASCADE
                yield Tie(str(field.column), True, cascades or not field.null, reference=True)
            elif _somebodys(field.related_model):
                yield Tie(str(field.column), False, not field.null, record=True)
        elif isinstance(field, models.UUIDField) and not field.primary_key:
            maybe = not _NOBODYS.fullmatch(str(field.column))
            yield Tie(str(field.column), maybe, not field.null, record=field.column in _POLYMORPHIC)


def _somebodys(model: Any) -> bool:
    """Whether rows of a model belong to one person each."""
    declared = getattr(model, "personal", None)
    own = isinstance(declared, Personal) and declared.erase in ("delete", "blank") and bool(declared.subject)
    return own and not model._meta.label.startswith("access.")


def _column(field: Any) -> Column | None:
    if field.primary_key or isinstance(field, models.GeneratedField | SearchVectorField) or not field.column:
        return None
    if isinstance(field, models.JSONField):
        empty = None if field.null else field.get_default()
        return Column(field.column, "json", empty)
    if isinstance(field, models.BinaryField):
        return Column(field.column, "bytes", None if field.null else b"")
    coded = bool(field.choices) or (field.max_length or 10_000) <= _CODE_LENGTH
    if isinstance(field, _TEXTS) and not coded:
        return Column(field.column, "text", None if field.null else "" if field.blank else GONE)
    return None
