"""People and subsidiaries follow their company through merges: the words they are found by, and their segments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from amity.people import segments_live
from amity.people.company_holders import CompanyHolder, register_company_holder
from amity.people.finding import person_search

_BATCH = 2_000
_WORDS = ("display_name", "given_name", "middle_name", "family_name", "email", "phone", "job_title", "city", "source")
_SELECT = (
    f"SELECT p.id, coalesce(c.name, ''), {', '.join(f'p.{name}' for name in _WORDS)} FROM people_person p "
    "LEFT JOIN people_company c ON c.id = p.company_id WHERE p.id = ANY(%s)"
)


def register_holders() -> None:
    """People and subsidiaries go along with their company."""
    register_company_holder(CompanyHolder("person", "people_person", "company_id", person_words))
    register_company_holder(CompanyHolder("subsidiary", "people_company", "parent_id"))


def person_words(cursor: Any, ids: Sequence[UUID]) -> None:
    """The words that people are found by, and their segments, with the company they have now. 2 queries a batch."""
    for start in range(0, len(ids), _BATCH):
        part = list(ids[start : start + _BATCH])
        cursor.execute(_SELECT, [part])
        rows = cursor.fetchall()
        words = [person_search(dict(zip(_WORDS, row[2:], strict=True)), row[1]) for row in rows]
        cursor.execute(
            "UPDATE people_person p SET search = v.words FROM unnest(%s::uuid[], %s::text[]) AS v (id, words) "
            "WHERE p.id = v.id AND p.search <> v.words",
            [[row[0] for row in rows], words],
        )
    segments_live.touched(cursor, {pk: {"field:company_id"} for pk in ids})
