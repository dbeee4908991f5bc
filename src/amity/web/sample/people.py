"""The people of the sample: contacts at companies and leads, with what decides whether a lead becomes a customer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from amity.web.sample import chance, names, places
from amity.web.sample.catalogue import ROLES, SELLERS, SOURCES, TITLES, Source, Staff
from amity.web.sample.company import DAYS, Company

LEAD_SHARE = 0.56
NEVER_DECIDED = 0.07
_INTERCEPT = -2.3
_OTHER_LANGUAGE = 0.06  # people who work in a country with another first language


@dataclass(slots=True)
class Person:
    id: str
    language: str
    gender: str
    given: str
    middle: str
    family: str
    email: str
    phone: str
    mobile: str
    title: str
    role: str
    company: Company
    created: datetime
    updated: datetime
    owner: Staff
    source: Source
    birthday: date | None = None
    mail_consent: bool = False
    sms_consent: bool = False
    newsletter: bool = False
    cups: int = 0
    supplier: str = ""
    lead_status: str = ""  # empty for a contact that never was a lead; New, Contacted, Converted, Lost
    decided: datetime | None = None
    visits: int = 0
    minutes: float = 0.0
    pages: int = 0
    replies: int = 0
    response_hours: float = 0.0

    @property
    def is_lead(self) -> bool:
        return bool(self.lead_status)


def people(rng: Random, companies: list[Company], count: int, today: date) -> list[Person]:
    """``count`` people with unique mail addresses and phones; every company has at least one where ``count`` allows."""
    weights = [math.sqrt(c.employees) for c in companies]
    firms = companies[:count] + rng.choices(companies, weights, k=max(0, count - len(companies)))
    rng.shuffle(firms)
    taken: set[str] = set()
    made = [_person(rng, number, firm, today, taken) for number, firm in enumerate(firms, 1)]
    for person in made:
        person.company.created = min(person.company.created, person.created.date())
    return made


def _person(rng: Random, number: int, company: Company, today: date, taken: set[str]) -> Person:
    foreign = rng.random() < _OTHER_LANGUAGE
    language = rng.choice(names.LANGUAGES) if foreign else company.language
    gender = rng.choice("mf")
    given, middle, family = names.person(rng, language, gender)
    role = rng.choices(list(ROLES), [weight for weight, _ in ROLES.values()])[0]
    is_lead = rng.random() < LEAD_SHARE
    created = chance.at_work(rng, chance.day(rng, today, DAYS if is_lead else DAYS + 400))
    person = Person(
        id=f"P-{number:05d}",
        language=language,
        gender=gender,
        given=given,
        middle=middle,
        family=family,
        email=_email(rng, given, family, company.domain, taken),
        phone=_unique(taken, lambda: places.landline(rng, company.language, company.city)),
        mobile=_unique(taken, lambda: places.mobile(rng, company.language)) if rng.random() < 0.5 else "",
        title=rng.choice(TITLES[role][company.language])[gender == "f"],
        role=role,
        company=company,
        created=created,
        updated=created,
        owner=company.owner if rng.random() < 0.8 else rng.choice(SELLERS[company.language]),
        source=rng.choices(SOURCES, [s.weight for s in SOURCES])[0],
        mail_consent=rng.random() < 0.68,
        sms_consent=rng.random() < 0.3,
        newsletter=rng.random() < 0.4,
        cups=max(5, round(company.employees * chance.lognormal(rng, 1.6, 0.5))),
        supplier=rng.choice(("none", "none", "own machine", "rented machine", "vending")),
    )
    if rng.random() < 0.35:
        person.birthday = date(rng.randrange(1962, 2003), rng.randrange(1, 13), rng.randrange(1, 29))
    if is_lead:
        _work(rng, person, today)
    return person


def _email(rng: Random, given: str, family: str, domain: str, taken: set[str]) -> str:
    first, last = names.slug(given, ""), names.slug(family)
    local = rng.choices((f"{first}.{last}", f"{first[0]}.{last}", f"{first[0]}{last}", last), (6, 2, 1, 1))[0]
    address, again = f"{local}@{domain}", 1
    while address in taken:  # ends: each turn is another number
        again += 1
        address = f"{local}{again}@{domain}"
    taken.add(address)
    return address


def _unique(taken: set[str], draw: Callable[[], str]) -> str:
    for _ in range(1000):
        value = draw()
        if not value:
            return ""
        if value not in taken:
            taken.add(value)
            return value
    raise ValueError("no free number is left: ask for fewer people")


def _work(rng: Random, lead: Person, today: date) -> None:
    """Let the lead look around and be worked on, then decide it, unless it is too young or was forgotten."""
    now = datetime.combine(today, time(), UTC)
    pace = timedelta(days=chance.lognormal(rng, 34, 0.8))
    age = min(1.0, (now - lead.created).days / 14)
    warmth = rng.gauss(0, 1) + {"Bought list": -0.7, "Website": 0.3, "Referral": 0.2}.get(lead.source.name, 0.0)
    lead.visits = chance.poisson(rng, age * math.exp(0.75 + 0.7 * warmth), 25)
    lead.pages = lead.visits + sum(chance.poisson(rng, 1.9, 9) for _ in range(lead.visits))
    lead.minutes = round(sum(chance.lognormal(rng, 1.1, 0.8) for _ in range(lead.pages)), 1)
    lead.replies = chance.poisson(rng, age * math.exp(-0.75 + 0.5 * warmth), 6)
    lead.response_hours = round(min(240.0, chance.lognormal(rng, 9, 1.0)), 1)
    decided = chance.at_work(rng, (lead.created + pace).date())
    if decided >= now or rng.random() < NEVER_DECIDED:
        lead.lead_status = "New" if (now - lead.created).days < 10 else "Contacted"
        lead.updated = chance.between(rng, lead.created, now)
        return
    lead.decided = lead.updated = max(decided, lead.created + timedelta(hours=2))
    lead.lead_status = "Converted" if chance.happens(rng, _log_odds(rng, lead)) else "Lost"


def _log_odds(rng: Random, lead: Person) -> float:
    """What makes a lead say yes; the last term is what nobody can see."""
    return (
        _INTERCEPT
        + lead.source.lift
        + ROLES[lead.role][1]
        + lead.company.trade.fit
        + 0.55 * math.log1p(lead.visits)
        + 0.30 * math.log1p(lead.minutes)
        + 0.50 * min(lead.replies, 3)
        - 0.30 * math.log(lead.response_hours / 9)
        + 0.20 * math.log(lead.company.employees / 40)
        + rng.gauss(0, 0.3)
    )
