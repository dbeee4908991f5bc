"""Orders: what won deals brought, and the beans and filters that customers order again until they leave."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from amity.web.sample import chance, places
from amity.web.sample.catalogue import CONSUMABLES, INSTALLATION, RATES, Product
from amity.web.sample.company import Company
from amity.web.sample.deals import Deal
from amity.web.sample.people import Person

CHURN = 0.22  # part of the customers that stop ordering within the two years
_MOST_REPEATS = 40


@dataclass(frozen=True, slots=True)
class Line:
    product: Product
    quantity: int
    price: int  # minor units for one, after the discount

    @property
    def total(self) -> int:
        return self.price * self.quantity


@dataclass(slots=True)
class Order:
    id: str
    company: Company
    person: Person
    deal: Deal | None
    placed: datetime
    currency: str
    status: str
    lines: list[Line] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(line.total for line in self.lines)


def orders(rng: Random, deals: list[Deal], people: list[Person], today: date) -> list[Order]:
    """All orders by time; marks the companies that left (``churned``, status ``Former customer``)."""
    made = [_first(rng, deal) for deal in deals if deal.status == "won" and deal.closed]
    buyers = {p.company.id: p for p in people}
    since: dict[str, Order] = {}
    for order in sorted(made, key=lambda o: (o.placed, o.id)):
        since.setdefault(order.company.id, order)
    for order in since.values():
        made += _again(rng, order, buyers[order.company.id], today)
    made = [o for o in made if o.placed.date() < today]
    made.sort(key=lambda o: (o.placed, o.company.id, o.total))
    for number, order in enumerate(made, 1):
        order.id = f"O-{number:05d}"
    return made


def _first(rng: Random, deal: Deal) -> Order:
    assert deal.closed is not None
    placed = deal.closed + timedelta(minutes=rng.randrange(30, 2880))
    order = Order("", deal.company, deal.person, deal, placed, deal.currency, "Delivered")
    price = round(deal.product.price * RATES[deal.currency] * (100 - deal.discount) / 100)
    order.lines.append(Line(deal.product, deal.quantity, price))
    if deal.product.category in ("Machines", "Water"):
        order.lines.append(Line(INSTALLATION, 1, round(INSTALLATION.price * RATES[deal.currency])))
    return order


def _again(rng: Random, first: Order, buyer: Person, today: date) -> list[Order]:
    """Repeat orders of one company, about one in five weeks by the season, until today or until it leaves."""
    company = first.company
    every = chance.lognormal(rng, 38, 0.35)
    end = datetime.combine(today, time(), UTC)
    if rng.random() < CHURN and (end - first.placed).days > 200:
        company.churned = (first.placed + timedelta(days=rng.randrange(90, (end - first.placed).days - 100))).date()
        company.status = "Former customer"
    last = datetime.combine(company.churned, time(), UTC) if company.churned else end
    placed, made = first.placed, []
    for _ in range(_MOST_REPEATS):
        gap = every * chance.lognormal(rng, 1, 0.25) / math.sqrt(chance.SEASON[placed.month - 1])
        placed = chance.at_work(rng, (placed + timedelta(days=max(6.0, gap))).date())
        if placed >= last:
            break
        made.append(_repeat(rng, company, buyer, placed))
    return made


def _repeat(rng: Random, company: Company, buyer: Person, placed: datetime) -> Order:
    currency = places.CURRENCIES[company.language]
    status = rng.choices(("Delivered", "Cancelled", "Returned"), (94, 4, 2))[0]
    order = Order("", company, buyer, None, placed, currency, status)
    goods = CONSUMABLES[:-1]
    chosen = sorted(set(rng.choices(goods, [p.weight for p in goods], k=1 + chance.poisson(rng, 1.4, 4))))
    for product in chosen:
        quantity = 1 + chance.poisson(rng, math.log1p(company.employees) / 1.8, 40)
        order.lines.append(Line(product, quantity, round(product.price * RATES[currency])))
    return order
