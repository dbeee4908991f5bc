"""Which pages `bench lists` asks for: every list in every way it can be asked, and records of busy and quiet people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db import connection
from django.urls import reverse

from amity.access import api as access
from amity.base import listing, paging
from amity.web.lists import LISTS

SEARCHES = {
    "search, 1 letter": ("a", "m", "z"),
    "search, 2 letters": ("an", "ko", "se"),
    "search, 3 letters": ("ann", "kow", "mac"),
    "search, two words": ("anna kow", "sergei iv", "machine 12", "beacon 4"),
    "search, whole words": ("katarzyna wisniewska", "firm4711", "иван петров"),
    "search, a phone": ("+48 22 000",),
    "search, no hit": ("zzqqx", "anna zzqqx"),
}
FILTERS: dict[str, tuple[tuple[str, str], ...]] = {
    "people": (
        ("status", "open"),
        ("status", "lost"),
        ("owner", "me"),
        ("owner", "none"),
        ("city", "Berlin"),
        ("city", "nowhere"),
        ("title", "barista"),
        ("has_phone", "no"),
        ("updated_from", "2026-10-20"),
        ("lead_since_to", "2025-01-01"),
        ("t.trade", "Bakeries"),
        ("t.cups_a_day", "77"),
    ),
    "companies": (
        ("owner", "me"),
        ("industry", "hotel"),
        ("city", "Leeds"),
        ("employees_min", "500"),
        ("has_email", "no"),
        ("updated_from", "2026-10-20"),
        ("t.segment", "B"),
    ),
    "deals": (("status", "open"), ("status", "won"), ("owner", "me")),
    "products": (),
}


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing to measure: a few URLs of the same kind."""

    label: str
    urls: tuple[str, ...]
    of_all: bool = False  # rows of many owners: only who sees all rows is asked


def asks() -> Iterator[Ask]:
    """Everything to measure; a few queries to find out what to ask for."""
    for name in LISTS:
        yield from _list_asks(name)
    yield from _record_asks()
    yield Ask("home", (reverse("home"),))


def _list_asks(name: str) -> Iterator[Ask]:
    shown, _permission = LISTS[name]
    yield Ask(f"{name}, as it opens", (reverse(name),))
    for column in shown.columns:
        for order in (column.key, f"-{column.key}") if column.sort else ():
            yield Ask(f"{name}, by {order}", (_url(name, sort=order),))
    for label, words in SEARCHES.items():
        yield Ask(f"{name}, {label}", tuple(_url(name, q=each) for each in words))
    for key, value in FILTERS[name]:
        yield Ask(f"{name}, {key} = {value}", (_url(name, **{key: value}),))
    yield Ask(f"{name}, search and filter", (_url(name, q="an", owner="me"), _url(name, q="firm1", owner="none")))
    for order in dict.fromkeys((shown.sort, "name")):
        if any(column.key == order.removeprefix("-") and column.sort for column in shown.columns):
            yield Ask(f"{name}, deep page by {order}", (_url(name, sort=order, at=_middle(shown, order)),))


def _record_asks() -> Iterator[Ask]:
    """Pages of those with the most events, of ordinary ones, and of those with a deal."""
    busiest = "SELECT person_id FROM events_event GROUP BY 1 ORDER BY count(*) DESC LIMIT 5"
    yield Ask("person, the busiest", _pages("person", busiest), of_all=True)
    yield Ask(
        "person, an ordinary one",
        _pages("person", "SELECT id FROM people_person ORDER BY search DESC LIMIT 10"),
        of_all=True,
    )
    open_deals = "FROM sales_deal WHERE status = 'open' ORDER BY title LIMIT 10"
    yield Ask("person, with an open deal", _pages("person", f"SELECT person_id {open_deals}"), of_all=True)
    busy_firms = (
        "SELECT company_id FROM events_event WHERE company_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC LIMIT 3"
    )
    yield Ask("company, the busiest", _pages("company", busy_firms), of_all=True)
    yield Ask(
        "company, an ordinary one",
        _pages("company", "SELECT id FROM people_company ORDER BY search DESC LIMIT 10"),
        of_all=True,
    )
    yield Ask("deal, an open one", _pages("deal", f"SELECT id {open_deals}"), of_all=True)


def _pages(name: str, sql: str) -> tuple[str, ...]:
    return tuple(reverse(name, args=[found]) for found in _column(sql))


def _column(sql: str) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [row[0] for row in cursor.fetchall()]


def _middle(shown: listing.Listing, order: str) -> str:
    """A page marker at the middle of all rows in this order."""
    key = order.removeprefix("-")
    expression = next(column.sort for column in shown.columns if column.key == key)
    assert expression is not None
    rows: Any = shown.rows(access.SYSTEM)
    ordered = paging.ordered(rows.order_by(), paging.Order(key, expression, order.startswith("-")))
    half = rows.count() // 2
    row = ordered.values(listing.SORT_VALUE, "pk")[half]
    return paging.Cursor(order, row[listing.SORT_VALUE], row["pk"]).sealed()


def _url(name: str, **params: str) -> str:
    return f"{reverse(name)}?{urlencode(params)}"
