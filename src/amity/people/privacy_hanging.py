"""Rows that hang on rows that were erased: they go along or let go, as their foreign keys say.

The database checks its keys only when a transaction ends, and then refuses all of it: a mark of who has read a
conversation must not keep the conversation from being erased.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models

from amity.people.privacy_map import quoted


@dataclass(frozen=True, slots=True)
class Hanging:
    """A foreign key of another table. ``goes``: its row goes along, else the key is emptied."""

    table: str
    column: str
    key: str
    goes: bool


@cache
def hanging() -> Mapping[str, tuple[Hanging, ...]]:
    """Foreign keys by the table that they lead to; those that protect what they lead to are left out."""
    found: dict[str, list[Hanging]] = defaultdict(list)
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if not isinstance(field, models.ForeignKey) or not getattr(field, "db_constraint", True):
                continue
            goes = field.remote_field.on_delete is models.CASCADE
            if goes or (field.null and field.remote_field.on_delete is models.SET_NULL):
                key = Hanging(model._meta.db_table, str(field.column), str(model._meta.pk.column), goes)
                found[field.related_model._meta.db_table].append(key)
    return {table: tuple(keys) for table, keys in found.items()}


def loosen(cursor: Any, gone: Mapping[str, Sequence[Any]]) -> dict[tuple[str, str], int]:
    """Let go of rows that were deleted (``gone``: keys by table), however deep; what was done by table and how.

    One statement per foreign key that leads to one of these tables.
    """
    done: dict[tuple[str, str], int] = defaultdict(int)
    work = [(table, list(keys)) for table, keys in gone.items() if keys]
    while work:
        table, keys = work.pop()
        for each in hanging().get(table, ()):
            name, column = quoted(each.table), quoted(each.column)
            if not each.goes:
                cursor.execute(f"UPDATE {name} SET {column} = NULL WHERE {column} = ANY(%s)", [keys])
                done[each.table, "untied"] += cursor.rowcount
                continue
            cursor.execute(f"DELETE FROM {name} WHERE {column} = ANY(%s) RETURNING {quoted(each.key)}", [keys])
            along = [row[0] for row in cursor.fetchall()]
            done[each.table, "deleted"] += len(along)
            if along:
                work.append((each.table, along))
    return done
