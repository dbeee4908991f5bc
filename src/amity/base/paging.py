"""Keyset paging: a page is found by the last row seen, never by counting rows from the start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core import signing
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, Case, F, Field, Func, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.utils.translation import gettext as _

from amity.base.errors import Refused

_SALT = "amity.paging"
_NO_ID = UUID(int=0)
NOBODY = Q(pk=_NO_ID)  # matches no row, and yet is asked for: what a page costs does not depend on what it finds


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page starts: after (or, going ``back``, before) the row with this sort value and id."""

    sort: str
    value: Any
    id: UUID
    back: bool = False

    def sealed(self) -> str:
        """Opaque and signed: nobody can probe values that they cannot see."""
        value = self.value.isoformat() if hasattr(self.value, "isoformat") else self.value
        return signing.dumps([self.sort, value, str(self.id), int(self.back)], salt=_SALT, compress=True)


def unseal(text: str, sort: str) -> Cursor | None:
    """The cursor behind ``text``; None for an empty one or one of another sorting; raises ``Refused("bad_cursor")``."""
    if not text:
        return None
    try:
        made_for, value, row_id, back = signing.loads(text, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise Refused("bad_cursor", _("This page marker is not valid. Start from the first page."), 400) from error
    return Cursor(sort, value, UUID(row_id), bool(back)) if made_for == sort else None


@dataclass(frozen=True, slots=True)
class Order:
    """A total order: one expression that is never null, then the id; an index must exist on both."""

    key: str
    expression: str | Combinable
    descending: bool = False

    @property
    def name(self) -> str:
        return f"-{self.key}" if self.descending else self.key


def slice_of(rows: QuerySet[Any], order: Order, cursor: Cursor | None, size: int) -> QuerySet[Any]:
    """``size`` + 1 rows beyond ``cursor``, annotated with ``sort_value``; in reverse when going back."""
    descending = order.descending != bool(cursor and cursor.back)
    rows = ordered(rows, order, descending)
    if cursor is not None:
        sort_value = rows.query.annotations["sort_value"]
        field: Field[Any, Any] = sort_value.output_field
        value = Value(field.to_python(cursor.value), output_field=field)
        rows = rows.filter(
            _Beyond(
                _source(order), F("pk"), value, Value(cursor.id, output_field=rows.model._meta.pk), below=descending
            )
        )
    page: QuerySet[Any] = rows[: size + 1]
    return page


def few(
    rows: QuerySet[Any], order: Order, cursor: Cursor | None, size: int, bound: int
) -> tuple[int, QuerySet[Any] | None]:
    """How many ``rows`` there are (up to ``bound`` + 1) and what `slice_of` gives of them (None above it). 1 query.

    Meant for rare matches: they are found once and then sorted, where the planner might walk a whole sorting index.
    """
    descending = order.descending != bool(cursor and cursor.back)
    matches = rows.order_by().annotate(sort_value=_source(order))
    try:
        inner, params = matches.values("sort_value", "pk")[: bound + 1].query.sql_with_params()
    except EmptyResultSet:  # the conditions exclude each other
        return 0, ordered(rows, order, descending)
    sign, way = ("<", "DESC") if descending else (">", "ASC")
    beyond = ""
    if cursor is not None:
        beyond = f"WHERE (sort_value, pk) {sign} (%s, %s)"
        field: Field[Any, Any] = matches.query.annotations["sort_value"].output_field
        params = (*params, field.get_db_prep_value(field.to_python(cursor.value), connection), cursor.id)
    sql = (
        f"WITH few AS MATERIALIZED ({inner}) SELECT (SELECT count(*) FROM few),"
        f" ARRAY(SELECT pk FROM few {beyond} ORDER BY sort_value {way}, pk {way} LIMIT {size + 1})"
    )
    with connection.cursor() as database:
        database.execute(sql, params)
        count, keys = database.fetchone()
    if count > bound:
        return count, None
    return count, ordered(rows.model._base_manager.filter(pk__in=keys or [_NO_ID]), order, descending)


def along_index(rows: QuerySet[Any], wanted: Q) -> QuerySet[Any]:
    """``rows`` that are ``wanted``, with the condition hidden from the planner.

    For many matches, of which the planner may expect few: it then walks the sorting index, and the first fifty matches
    are found after few steps, where it would have collected and sorted all.
    """
    if not wanted:
        return rows
    return rows.filter(Case(When(wanted, then=Value(True)), default=Value(False), output_field=BooleanField()))


def ordered(rows: QuerySet[Any], order: Order, descending: bool | None = None) -> QuerySet[Any]:
    """All rows in this order, annotated with ``sort_value``."""
    down = order.descending if descending is None else descending
    found: QuerySet[Any] = rows.annotate(sort_value=_source(order))
    return found.order_by(*(("-sort_value", "-pk") if down else ("sort_value", "pk")))


def _source(order: Order) -> Any:
    return F(order.expression) if isinstance(order.expression, str) else order.expression


class _Beyond(Func):
    """``(a, b) > (x, y)`` as one row comparison, which a two-column index answers."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, *expressions: Any, below: bool = False, **extra: Any) -> None:
        super().__init__(*expressions, **extra)
        self.below = below

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **extra: Any) -> tuple[str, Any]:
        parts = [compiler.compile(each) for each in self.source_expressions]
        sql = [text for text, _params in parts]
        mark = "<" if self.below else ">"
        return f"({sql[0]}, {sql[1]}) {mark} ({sql[2]}, {sql[3]})", [p for _text, params in parts for p in params]
