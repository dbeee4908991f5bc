"""Rows of sales that belong to a person or company and go along when profiles become one or part again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from amity.base.searching import search_text
from amity.people import api as people

_WORDS = """
SELECT d.id, d.title, d.person_id, c.name, p.name FROM sales_deal d LEFT JOIN people_company c ON c.id = d.company_id
LEFT JOIN sales_product p ON p.id = d.product_id WHERE d.id = ANY(%s)
"""


def register_holders() -> None:
    """Deals, orders and tasks follow their person and their company."""
    people.register_holder(people.Holder("deal", "sales_deal", deal_words))
    people.register_holder(people.Holder("order", "sales_order"))
    people.register_holder(people.Holder("task", "sales_task"))
    people.register_holder(people.Holder("dealcontact", "sales_dealcontact"))
    people.register_holder(people.Holder("tieend", "sales_tieend"))
    people.register_company_holder(people.CompanyHolder("deal", "sales_deal", words=deal_words))
    people.register_company_holder(people.CompanyHolder("order", "sales_order"))
    people.register_company_holder(people.CompanyHolder("task", "sales_task"))


def deal_words(cursor: Any, ids: Sequence[UUID]) -> None:
    """Compute the words that deals are found by anew. 3 queries."""
    cursor.execute(_WORDS, [list(ids)])
    rows = cursor.fetchall()
    names = people.names(row[2] for row in rows)
    words = [search_text([title, names.get(person, ""), firm, product]) for _id, title, person, firm, product in rows]
    cursor.execute(
        "UPDATE sales_deal d SET search = v.words FROM unnest(%s::uuid[], %s::text[]) AS v (id, words) "
        "WHERE d.id = v.id AND d.search <> v.words",
        [[row[0] for row in rows], words],
    )
