"""Deals of two years: who, what, at which discount, how fast, and what decides whether they are won."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from heapq import heappop, heappush
from random import Random

from amity.web.sample import chance, places
from amity.web.sample.catalogue import COMPETITOR_PULL, COMPETITORS, EQUIPMENT, RATES, Product, Staff
from amity.web.sample.company import DAYS, Company
from amity.web.sample.people import Person

STAGES = ("New", "Qualified", "Demo", "Offer", "Negotiation")
PER_PERSON = 0.5  # deals for one person of the sample
STUCK = 0.05
_INTERCEPT = -2.05


@dataclass(slots=True)
class Deal:
    id: str
    name: str
    company: Company
    person: Person
    product: Product
    quantity: int
    discount: int  # per cent
    value: int  # minor units of ``currency``, after the discount
    currency: str
    owner: Staff
    kind: str  # New business, Expansion
    created: datetime
    expected: date
    stage: str
    contacts: int
    decision_maker: bool
    competitor: str
    replies: int
    silence: int  # days between the customer's last answer and the end (or today)
    closed: datetime | None = None
    status: str = "open"


def deals(rng: Random, people: list[Person], today: date) -> list[Deal]:
    """The deals in the order of creation; companies that bought become customers."""
    customers: set[str] = set()
    wins: list[tuple[datetime, str]] = []  # heap of wins that lie ahead of the next deal's beginning
    made: list[Deal] = []
    for created, person in _beginnings(rng, people, today):
        while wins and wins[0][0] < created:
            customers.add(heappop(wins)[1])
        deal = _deal(rng, len(made) + 1, created, person, customer=person.company.id in customers, today=today)
        if deal.status == "won" and deal.closed is not None:
            heappush(wins, (deal.closed, deal.company.id))
            deal.company.status = "Customer"
        made.append(deal)
    return made


def _beginnings(rng: Random, people: list[Person], today: date) -> list[tuple[datetime, Person]]:
    """One deal for every converted lead, the rest with contacts who were known before; by time."""
    starts = [(p.decided + timedelta(minutes=20), p) for p in people if p.lead_status == "Converted" and p.decided]
    known = [p for p in people if not p.is_lead or p.lead_status == "Converted"]
    wanted = max(0, round(len(people) * PER_PERSON) - len(starts))
    for person in rng.choices(known, [math.sqrt(p.company.employees) for p in known], k=wanted):
        start = chance.at_work(rng, chance.day(rng, today, DAYS))
        first = (person.decided or person.created) + timedelta(days=1)
        if start < first:
            start = chance.between(rng, first, datetime.combine(today, time(), UTC))
        starts.append((start, person))
    return sorted(starts, key=lambda pair: (pair[0], pair[1].id))


def _deal(rng: Random, number: int, created: datetime, person: Person, *, customer: bool, today: date) -> Deal:
    now = datetime.combine(today, time(), UTC)
    company, product = person.company, rng.choices(EQUIPMENT, [p.weight for p in EQUIPMENT])[0]
    quantity = min(30, 1 + chance.poisson(rng, math.log1p(company.employees) / 2.5))
    currency = places.CURRENCIES[company.language] if rng.random() < 0.7 else "EUR"
    discount = rng.choices((0, 5, 8, 10, 12, 15, 20, 25), (5, 3, 3, 3, 2, 2, 1, 1))[0]
    cycle = chance.lognormal(rng, 42 if product.price < 600_000 else 65, 0.6)
    end = chance.at_work(rng, (created + timedelta(days=cycle)).date())
    stuck = rng.random() < STUCK
    part = 1.0 if end < now and not stuck else min(0.95, (now - created).days / cycle)
    deal = Deal(
        id=f"D-{number:05d}",
        name=f"{product.name}, {company.name}",
        company=company,
        person=person,
        product=product,
        quantity=quantity,
        discount=discount,
        value=round(product.price * RATES[currency] * quantity * (100 - discount) / 100),
        currency=currency,
        owner=person.owner,
        kind="Expansion" if customer else "New business",
        created=created,
        expected=created.date() + timedelta(days=rng.choice((30, 45, 60, 90))),
        stage=STAGES[min(4, int(part * 5))],
        contacts=1 + chance.poisson(rng, 0.3 + 0.8 * part, 6),
        decision_maker=person.role == "Decision maker" or rng.random() < 0.35 * part,
        competitor=rng.choice(COMPETITORS),
        replies=chance.poisson(rng, 3.2 * part, 12),
        silence=min(int(chance.lognormal(rng, 6, 0.9)), int(cycle)),
    )
    if part == 1.0:
        deal.closed = max(end, created + timedelta(hours=3))
        deal.status = "won" if chance.happens(rng, _log_odds(rng, deal, cycle, customer)) else "lost"
        deal.stage = deal.status.capitalize()
    return deal


def _log_odds(rng: Random, deal: Deal, cycle: float, customer: bool) -> float:
    """What wins a deal; the last term is what nobody can see."""
    return (
        _INTERCEPT
        + 1.2 * deal.decision_maker
        + 0.45 * (min(deal.contacts, 4) - 2)
        - 0.7 * math.log(cycle / 45)
        + 1.2 * deal.product.pull
        + {0: -0.2, 5: 0.15, 8: 0.4, 10: 0.4, 12: 0.35}.get(deal.discount, -0.25)
        + 1.3 * deal.owner.skill
        + 0.45 * (min(deal.replies, 6) - 2)
        - 0.75 * math.log((deal.silence + 1) / 7)
        + 0.9 * customer
        + 1.3 * COMPETITOR_PULL[deal.competitor]
        + rng.gauss(0, 0.3)
    )
