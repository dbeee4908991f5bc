"""Values found in the data, for whoever writes a condition: the most frequent ones, narrowed by what was typed."""

from __future__ import annotations

from typing import Any

from django.db import DatabaseError, connection, transaction

from amity.access import api as access
from amity.events import api as events
from amity.people.lists import people_rows
from amity.people.segments_sql import FIELDS
from amity.people.segments_views import Attribute

MAX_SHOWN = 20
LOOKED = 20_000  # the newest people or events that are looked at
_PATIENCE_MS = 400
_FREQUENT = """
SELECT v FROM (SELECT {value} AS v FROM people_person p WHERE p.id IN ({rows})) AS found
WHERE v <> '' AND v ILIKE %s GROUP BY v ORDER BY count(*) DESC, v LIMIT {limit}"""


def values_of(principal: access.Principal, attribute: Attribute, typed: str) -> list[str]:
    """Frequent values of a field or trait among the newest people that ``principal`` sees. 1 query, bounded time."""
    if attribute.source == "computed":
        return []
    rows, params = people_rows(principal).order_by("-updated_at", "-id").values("pk")[:LOOKED].query.sql_with_params()
    column, kind = FIELDS.get(attribute.name, ("", "text"))
    if kind != "text":
        return []
    value = f"p.{connection.ops.quote_name(column)}::text" if column else "p.traits->>%s"
    sql = _FREQUENT.format(value=value, rows=rows, limit=MAX_SHOWN)
    return _asked(sql, [*([] if column else [attribute.name]), *params, _contains(typed)])


def property_values(event: str, name: str, typed: str) -> list[str]:
    """Frequent values of a property among the newest events of a name."""
    return events.property_values(event, name, typed, MAX_SHOWN)


def _contains(typed: str) -> str:
    escaped = typed[:100].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _asked(sql: str, params: list[Any]) -> list[str]:
    """The answer, or nothing when it takes too long: suggestions are a help, not a duty."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(_PATIENCE_MS)])
            cursor.execute(sql, params)
            found = [row[0] for row in cursor.fetchall()]
            cursor.execute("SELECT set_config('statement_timeout', '0', true)")
            return found
    except DatabaseError:
        return []
