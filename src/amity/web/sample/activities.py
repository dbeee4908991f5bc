"""Everything that happened: page views, forms, newsletters, mails, calls and meetings, tied to a person and a deal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from amity.web.sample import chance, texts
from amity.web.sample.catalogue import EQUIPMENT, STAFF
from amity.web.sample.deals import Deal
from amity.web.sample.orders import Order
from amity.web.sample.people import Person

SITE = "https://www.copperleaf.example"
_PAGES = (
    "/",
    "/",
    "/products",
    "/pricing",
    "/service-plans",
    "/blog/water-hardness",
    "/about",
    "/case-studies",
    "/contact",
)
_CARE = tuple(s for s in STAFF if s.team == "Customer care")
_WEB_SOURCES = ("Website", "Google Ads", "LinkedIn", "Newsletter")


@dataclass(slots=True)
class Activity:
    kind: str  # page view, form, newsletter opened, mail sent, mail received, mail bounced, call, meeting
    at: datetime
    person: str
    deal: str = ""
    staff: str = ""
    subject: str = ""
    text: str = ""
    url: str = ""
    seconds: int = 0
    outcome: str = ""
    id: str = ""


def activities(
    rng: Random, people: list[Person], deals: list[Deal], orders: list[Order], today: date
) -> list[Activity]:
    """All activities before ``today``, by time."""
    now = midnight(today)
    made: list[Activity] = []
    for person in people:
        made += _web(rng, person, now)
        made += _newsletters(rng, person, now)
        if person.is_lead:
            made += _lead_work(rng, person, now)
    for deal in deals:
        made += _deal_work(rng, deal, now)
    for order in orders:
        made += _order_mails(rng, order, now)
    return numbered(a for a in made if a.at < now)


def midnight(today: date) -> datetime:
    """The end of what the sample knows."""
    return datetime.combine(today, time(), UTC)


def numbered(made: Iterator[Activity] | list[Activity]) -> list[Activity]:
    """By time, with ids in that order."""
    ordered = sorted(made, key=lambda a: (a.at, a.person, a.kind, a.url, a.subject))
    for number, activity in enumerate(ordered, 1):
        activity.id = f"A-{number:06d}"
    return ordered


def _web(rng: Random, person: Person, now: datetime) -> Iterator[Activity]:
    """Page views: those of a lead are exactly its ``visits``, ``pages``; others look in now and then."""
    end = person.decided or now
    if person.is_lead:
        yield from _sessions(rng, person, person.visits, person.pages, start=person.created, end=end)
        if person.source.name in _WEB_SOURCES:
            yield Activity("form", person.created, person.id, url=f"{SITE}/contact", subject="Contact form")
    if person.lead_status in ("", "Converted"):
        start = person.decided or max(person.created, now - timedelta(days=700))
        visits = chance.poisson(rng, 2.4 if person.role != "User" else 1.2, 12)
        yield from _sessions(rng, person, visits, visits + chance.poisson(rng, 1.9 * visits), start=start, end=now)


def _sessions(
    rng: Random, person: Person, visits: int, pages: int, *, start: datetime, end: datetime
) -> Iterator[Activity]:
    if not visits:
        return
    begins = sorted(chance.between(rng, start, end) for _ in range(visits))
    sizes = [1] * visits
    for _ in range(pages - visits):
        sizes[rng.randrange(visits)] += 1
    for begin, size in zip(begins, sizes, strict=True):
        at = begin
        for _ in range(size):
            seconds = 3 + int(chance.lognormal(rng, 45, 0.9))
            path = rng.choice(_PAGES)
            url = SITE + (f"/products/{rng.choice(EQUIPMENT).sku.lower()}" if path == "/products" else path)
            yield Activity("page view", min(at, end), person.id, url=url, seconds=seconds)
            at += timedelta(seconds=seconds + rng.randrange(4))


def _newsletters(rng: Random, person: Person, now: datetime) -> Iterator[Activity]:
    """The first Tuesday-or-so of each month, for who subscribed and cares."""
    if not (person.newsletter and person.mail_consent):
        return
    keen = rng.random() * 0.9
    for month in range(1, 25):
        sent = now - timedelta(days=30 * month)
        if sent > person.created and rng.random() < keen:
            subject = f"Copperleaf News {sent:%m/%Y}"
            yield Activity(
                "newsletter opened", sent + timedelta(hours=chance.lognormal(rng, 9, 1)), person.id, subject=subject
            )


def _lead_work(rng: Random, lead: Person, now: datetime) -> Iterator[Activity]:
    """First mail after ``response_hours``, follow-ups, exactly ``replies`` answers, calls."""
    end = min(lead.decided or now, lead.created + timedelta(days=60))
    first = min(lead.created + timedelta(hours=lead.response_hours), end)
    yield _mail(rng, "intro", first, lead)
    for _ in range(chance.poisson(rng, 0.9, 4)):
        yield _mail(rng, "follow-up", chance.between(rng, first, end), lead)
    for _ in range(lead.replies):
        yield _mail(rng, "reply", chance.between(rng, first, end), lead)
    for _ in range(chance.poisson(rng, 0.8, 4)):
        yield _call(rng, chance.between(rng, first, end), lead, "", lead.owner.email)


def _deal_work(rng: Random, deal: Deal, now: datetime) -> Iterator[Activity]:
    """Mails, calls and meetings of a deal; its last answer lies exactly ``silence`` days before its end."""
    end = deal.closed or now
    last = max(deal.created, end - timedelta(days=deal.silence))
    product, person = deal.product.name, deal.person
    for number in range(deal.replies):
        at = last if number == 0 else chance.between(rng, deal.created, last)
        yield _mail(rng, "reply", at, person, deal)
    for _ in range(1 + chance.poisson(rng, 1.6, 6)):
        yield _mail(rng, "follow-up", chance.between(rng, deal.created, end), person, deal)
    if deal.stage in ("Offer", "Negotiation", "Won", "Lost"):
        middle = deal.created + (end - deal.created) * 0.6
        yield _mail(rng, "offer", middle, person, deal)
    for _ in range(chance.poisson(rng, 1.3, 6)):
        yield _call(rng, chance.between(rng, deal.created, end), person, deal.id, deal.owner.email)
    for _ in range(0 if deal.stage in ("New", "Qualified") else chance.poisson(rng, 0.9, 3)):
        subject = rng.choice(texts.MEETINGS[person.company.language]).format(product=product)
        at = chance.between(rng, deal.created, end)
        seconds = rng.choice((1800, 2700, 3600, 5400))
        yield Activity("meeting", at, person.id, deal.id, deal.owner.email, subject, seconds=seconds)


def _order_mails(rng: Random, order: Order, now: datetime) -> Iterator[Activity]:
    """The confirmation, now and then a question, and complaints in the months before a customer leaves."""
    yield _mail(rng, "order", order.placed + timedelta(minutes=5), order.person, order=order.id)
    left = order.company.churned
    leaving = left is not None and 0 <= (left - order.placed.date()).days < 120
    occasion = "complaint" if rng.random() < (0.7 if leaving else 0.06) else "question"
    if occasion == "complaint" or rng.random() < 0.15:
        at = chance.at_work(rng, order.placed.date() + timedelta(days=rng.randrange(1, 20)))
        product = order.lines[0].product.name
        yield _mail(rng, occasion, at, order.person, product=product, order=order.id)


def _mail(
    rng: Random,
    occasion: str,
    at: datetime,
    person: Person,
    deal: Deal | None = None,
    *,
    product: str = "",
    order: str = "",
) -> Activity:
    language = person.company.language
    care = occasion in ("order", "question", "complaint")
    staff = rng.choice(_CARE) if care else deal.owner if deal else person.owner
    name = f"{person.given} {person.middle}" if person.language == "ru" else f"{person.given} {person.family}"
    product = deal.product.name if deal else product or rng.choice(EQUIPMENT).name
    subject, text = texts.mail(
        rng, occasion, language, name=name, product=product, company=person.company.name, staff=staff.name, order=order
    )
    kind = "mail received" if occasion in ("reply", "question", "complaint") else "mail sent"
    return Activity(kind, at, person.id, deal.id if deal else "", staff.email, subject, text)


def _call(rng: Random, at: datetime, person: Person, deal: str, staff: str) -> Activity:
    outcome = rng.randrange(4)
    seconds = 0 if outcome == 1 else int(chance.lognormal(rng, 210, 0.8))
    words = texts.CALLS[person.company.language][outcome]
    return Activity(
        "call", at, person.id, deal, staff, words, seconds=seconds, outcome="missed" if outcome == 1 else "answered"
    )
