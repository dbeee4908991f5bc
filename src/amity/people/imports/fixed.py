"""Values that somebody pinned or verified: a file does not replace them; what it says is kept beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amity.people.imports.keys import UUID7

_MARKS = "array['pin', 'checked']"
_KEPT = """
INSERT INTO people_traitchange (id, profile_kind, profile_id, name, before, after, origin_id, held, changed_at)
SELECT {uuid}, %s, t.id, left(v.name, 120), v.old, v.new, %s, true, %s
FROM stage s JOIN hit h ON h.n = s.n AND NOT s.again JOIN {table} t ON t.id = h.id
CROSS JOIN LATERAL ({sides}) v (name, old, new)
WHERE t.origins @? '$.*[3] ? (exists(@.pin) || exists(@.checked))' AND (t.origins -> v.name -> 3) ?| {marks}
AND v.new IS NOT NULL AND v.new <> 'null' AND v.new IS DISTINCT FROM v.old
AND NOT EXISTS (SELECT FROM people_traitchange c WHERE c.profile_id = t.id AND c.name = v.name AND c.held
                AND c.after = v.new)
"""


def free(name: str) -> str:
    """SQL: nobody pinned or verified the value; ``name``: SQL for the name of the field."""
    return f"NOT coalesce((t.origins -> {name} -> 3) ?| {_MARKS}, false)"


def keep_beside(context: Any, table: Any, columns: Sequence[str]) -> None:
    """What staged rows say against pinned and verified values goes to the history, as held back. 1 query."""
    sides = [f'SELECT \'{column}\', to_jsonb(t."{column}"), to_jsonb(s."{column}")' for column in columns]
    if table.bag:
        sides.append(f"SELECT e.key, t.{table.bag} -> e.key, e.value FROM jsonb_each(s.bag) e WHERE s.bag IS NOT NULL")
    query = _KEPT.format(uuid=UUID7, table=table.name, sides=" UNION ALL ".join(sides), marks=_MARKS)
    context.cursor.execute(query, [table.profile, context.run_id, context.stamp])
