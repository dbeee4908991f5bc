"""Whether rows that a file would add look like people or companies that are here: a sample, in the dry run."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from amity.people import duplicates_live
from amity.people.models import Company, Person
from amity.people.profiles import company_names, names

MOST_ROWS, MOST_SHOWN = 50, 5
# New rows of the last batch that landed.
_NEW = "SELECT l.id FROM landed l JOIN stage s ON s.n = l.n AND s.id = l.id WHERE NOT s.again ORDER BY l.n LIMIT %s"
_PERSON = {
    "first_name": "given_name", "last_name": "family_name", "name": "display_name", "email": "email",
    "phone": "phone", "city": "city", "company": "company__name",
}  # fmt: skip
_COMPANY = {"name": "name", "website": "domain", "email": "email", "phone": "phone", "city": "city"}
_PAIRS = (
    "SELECT count(*) FROM people_pair p WHERE p.kind = %s AND p.state = 'open' AND EXISTS (SELECT FROM {table} r "
    "WHERE r.id IN (p.left_id, p.right_id) AND r.origin_id = %s)"
)


def sample(cursor: Any, noun: str) -> tuple[int, list[UUID]]:
    """New rows looked at (at most 50), and for each of them that looks like somebody known, who that is.

    Inside the dry run's transaction, after its last batch; up to 50 ms per row.
    """
    cursor.execute("SELECT to_regclass('pg_temp.landed') IS NOT NULL")
    if noun not in ("person", "company") or not cursor.fetchone()[0]:
        return 0, []
    cursor.execute(_NEW, [MOST_ROWS])
    ids = [row[0] for row in cursor.fetchall()]
    known: Any = Company.objects if noun == "company" else Person.objects
    columns = _COMPANY if noun == "company" else _PERSON
    rows = list(known.filter(pk__in=ids).values(*columns.values()))
    found = []
    for row in rows:
        record = {name: str(row[column] or "") for name, column in columns.items()}
        alike = duplicates_live.like(record, noun, 1, ids)
        found += [alike[0].id] if alike else []
    return len(rows), found


def known_names(principal: Any, noun: str, ids: list[UUID]) -> list[tuple[UUID, str]]:
    """Who they are, of those that the reader sees; a few. 1 query."""
    told = company_names(ids, principal) if noun == "company" else names(ids, principal)
    return list(told.items())[:MOST_SHOWN]


def waiting_of(cursor: Any, run_id: UUID) -> dict[str, int]:
    """Pairs to be reviewed in which a record of this import takes part, by kind. 2 queries."""
    found = {}
    for kind, table in (("person", "people_person"), ("company", "people_company")):
        cursor.execute(_PAIRS.format(table=table), [kind, run_id])
        found[kind] = int(cursor.fetchone()[0])
    return found
