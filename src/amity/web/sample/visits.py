"""What people do on the imaginary seller's site and in its shop: events as tracking code sends them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

DAYS = 120
_GOODS = (
    ("House blend 1 kg", "Coffee", 24.0), ("Single origin 250 g", "Coffee", 11.5), ("Decaf 1 kg", "Coffee", 26.0),
    ("Earl Grey 100", "Tea", 14.9), ("Sencha 50", "Tea", 12.0), ("Descaler 1 l", "Care", 9.9),
    ("Milk system cleaner", "Care", 12.5), ("Paper cups 1000", "Supplies", 58.0), ("Grinder burrs", "Parts", 89.0),
)  # fmt: skip
_PAGES = ("Home", "Pricing", "Service plans", "Case studies", "Contact")


@dataclass(frozen=True, slots=True)
class Visit:
    """One event of one person (by position in the list of visitors)."""

    person: int
    name: str
    properties: dict[str, Any]
    at: datetime


def visits(rng: Random, people: int, now: datetime) -> list[Visit]:
    """Events of the last 120 days, by time. Some visitors buy again and again, some once, most only look."""
    made: list[Visit] = []
    for person in range(people):
        eager = rng.random() ** 2.2
        for _ in range(round(eager * 14)):
            made += _session(rng, person, eager, _moment(rng, eager, now))
    return sorted((each for each in made if each.at < now), key=lambda each: (each.at, each.person, each.name))


def _moment(rng: Random, eager: float, now: datetime) -> datetime:
    """The eager come lately, too; the others have often gone quiet."""
    ago = DAYS * rng.random() ** (1.6 if eager > 0.4 else 0.8)
    return now - timedelta(days=ago, seconds=rng.randrange(3_600))


def _session(rng: Random, person: int, eager: float, at: datetime) -> Iterator[Visit]:
    yield Visit(person, "Page Viewed", {"title": rng.choice(_PAGES), "referrer": _came(rng)}, at)
    looked = rng.sample(_GOODS, rng.randrange(1, 4))
    for product, category, price in looked:
        at += timedelta(seconds=rng.randrange(20, 200))
        yield Visit(person, "Product Viewed", {"product": product, "category": category, "price": price}, at)
    if rng.random() > 0.25 + eager * 0.5:
        return
    yield from _basket(rng, person, looked, at)


def _basket(rng: Random, person: int, looked: Sequence[tuple[str, str, float]], at: datetime) -> Iterator[Visit]:
    product, category, price = looked[0]
    quantity = rng.choice((1, 1, 2, 3, 6))
    at += timedelta(seconds=60)
    basket = {"product": product, "category": category, "quantity": quantity, "price": price}
    yield Visit(person, "Product Added", basket, at)
    if rng.random() < 0.35:
        return
    at += timedelta(minutes=rng.randrange(2, 9))
    order = {"category": category, "revenue": round(price * quantity, 2), "currency": "EUR"}
    yield Visit(person, "Order Completed", order | {"coupon": rng.choice(("", "", "WELCOME", "AUTUMN"))}, at)


def _came(rng: Random) -> str:
    return rng.choice(("google", "newsletter", "direct", "linkedin"))
