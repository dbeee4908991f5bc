"""What to offer next: to a person, for a basket, beside a product; what counts against an offer is policy, said here.

What somebody bought, looked at and put into a basket counts at once: it is read when asked, nothing is stored per
person. So strangers are answered as well, by what is in their basket.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amity.base import words
from amity.base.ids import read_id
from amity.events import api as events
from amity.intelligence import api as intelligence
from amity.journeys import api as journeys
from amity.people import api as people
from amity.sales.customer_orders import FALLEN
from amity.sales.models import Product

MOST = 50  # products in one answer
MOST_BASKET = 200
_SPARE = 40  # asked for beyond the limit, in case policy rules some out
_CHOSEN = """
(SELECT row_number() OVER latest AS place, l.product_id, '' FROM sales_order o
JOIN sales_orderline l ON l.order_id = o.id
WHERE o.person_id = ANY(%s::uuid[]) AND l.product_id IS NOT NULL AND lower(o.status) <> ALL(%s)
WINDOW latest AS (ORDER BY o.ordered_at DESC, l.id DESC) ORDER BY place LIMIT %s)
UNION ALL SELECT 0, id, sku FROM sales_product WHERE sku = ANY(%s) OR id = ANY(%s::uuid[])"""


@dataclass(frozen=True, slots=True)
class Offer:
    """A product to offer. ``people``: how many have it and ``because`` (its id), or just it; ``score``: for order."""

    product_id: UUID
    name: str
    price_minor: int | None
    currency: str
    score: float
    because_id: UUID | None
    because: str
    people: int

    @property
    def reason(self) -> str:
        """Why, in the reader's language."""
        count = words.number(self.people)
        if self.because:
            return ngettext(
                "Goes with %(product)s: %(count)s customer has both",
                "Goes with %(product)s: %(count)s customers have both",
                self.people,
            ) % {"product": self.because, "count": count}
        return ngettext("%(count)s customer has it", "%(count)s customers have it", self.people) % {"count": count}


@dataclass(frozen=True, slots=True)
class Offers:
    """An answer. ``silent``: why there is none (not_learned, complaint), empty where there is one; ``as_of``: when the
    model learned."""

    offers: list[Offer]
    silent: str
    as_of: Any = None
    version: int | None = None

    @property
    def note(self) -> str:
        """Why nothing is offered, in words."""
        if self.silent == "complaint":
            return _("Nothing is offered while a complaint is open.")
        return _("Nothing learned yet") if self.silent else ""


def for_person(person_id: UUID, limit: int = 5, basket: Iterable[str] = (), members: Sequence[UUID] = ()) -> Offers:
    """Next products for a person whom the caller may see: what they bought and looked at, and what is in ``basket``.

    6 queries, 5 where the profile's ``members`` are known.
    """
    members = members or people.members_of([person_id])[person_id]
    if journeys.complaining([person_id], {person_id: members}):
        return Offers([], "complaint")
    looked = events.looked_at(members)[::-1]
    bought, known = _chosen(members, [*(key for each in looked for key in each.keys), *basket])
    seen = [known[key] for each in looked for key in each.keys if key in known]
    held = [known[key] for key in basket if key in known]
    return _answer([*bought, *seen, *held], held, bought, limit)


def for_basket(basket: Sequence[str], limit: int = 5) -> Offers:
    """Next products for what somebody unknown chose: ids or article numbers, oldest first. 3 queries."""
    known = _chosen((), basket)[1]
    held = [known[key] for key in basket if key in known]
    return _answer(held, held, [], limit)


def similar(product_id: UUID, limit: int = 5) -> Offers:
    """What goes with one product. 2 queries."""
    return _answer([product_id], [product_id], [], limit)


def _answer(basket: Sequence[UUID], held: Sequence[UUID], bought: Sequence[UUID], limit: int) -> Offers:
    learned = intelligence.live_goods()
    if learned is None:
        return Offers([], "not_learned")
    version, goods = learned
    latest = list(dict.fromkeys(reversed(basket)))[:MOST_BASKET][::-1]
    without = {*held, *(each for each in bought if not goods.bought_again(each))}
    limit = min(max(limit, 1), MOST)
    found = goods.suggest(latest, limit + _SPARE, without)
    rows = _offered([each.product for each in found] + [each.because for each in found if each.because])
    offers = []
    for each in found:
        row, because = rows.get(each.product), rows.get(each.because or each.product)
        if row is not None and _may_be_offered(row):
            told = (because or row)["name"] if each.because else ""
            plain = {name: row[name] for name in ("name", "price_minor", "currency")}
            offers.append(
                Offer(
                    each.product, score=each.score, because_id=each.because, because=told, people=each.people, **plain
                )
            )
    return Offers(offers[:limit], "", version.created_at, version.number)


def _may_be_offered(row: Mapping[str, Any]) -> bool:
    """Policy: nothing archived, nothing that is out of stock."""
    return row["archived_at"] is None and (row["stock"] is None or row["stock"] > row["reserved"])


def _offered(ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    fields = ("id", "name", "price_minor", "currency", "archived_at", "stock", "reserved")
    rows = Product.objects.filter(pk__in=set(ids) or {UUID(int=0)}).values(*fields)
    return {row["id"]: row for row in rows}


def _chosen(members: Sequence[UUID], keys: Iterable[str]) -> tuple[list[UUID], dict[str, UUID]]:
    """What these profiles bought, oldest first, at most 200; and the products that people write as ``keys`` (id or
    article number). 1 query, none where nothing is asked for."""
    wanted = list(dict.fromkeys(str(key).strip()[:200] for key in keys))[:500]
    if not wanted and not members:
        return [], {}
    ids = {key: each for key in wanted if (each := read_id(key))}
    with connection.cursor() as cursor:
        cursor.execute(_CHOSEN, [list(members), list(FALLEN), MOST_BASKET, wanted, list(ids.values())])
        rows = sorted(cursor.fetchall())
    there = {pk for place, pk, _sku in rows if not place}
    numbered = {sku: pk for place, pk, sku in rows if sku and not place}
    found = {key: numbered.get(key) or ids.get(key) for key in wanted}
    told = [pk for place, pk, _sku in reversed(rows) if place]
    return told, {key: pk for key, pk in found.items() if pk in there and pk}


__all__ = ["MOST", "Offer", "Offers", "for_basket", "for_person", "similar"]
