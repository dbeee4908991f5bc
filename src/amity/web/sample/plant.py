"""The dirt of a real export, planted in known numbers: duplicates, gaps, stale and broken values.

Each person gets at most one kind of dirt, so the counts in ``Planted`` are exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from amity.web.sample import activities, errors, names, places, texts
from amity.web.sample.activities import Activity
from amity.web.sample.company import Company, respelled
from amity.web.sample.people import Person
from amity.web.sample.tables import AFTERWARDS, Export, Row

# Kind of dirt → part of all people rows (of deals and companies where the name says so).
DUPLICATES = {
    "duplicate_entered_twice": 0.006,
    "duplicate_same_email_typo": 0.010,
    "duplicate_same_phone_respelled": 0.010,
    "duplicate_transliterated": 0.008,
    "duplicate_married_name": 0.004,
    "duplicate_nickname": 0.006,
}
IN_PLACE = {
    "missing_phone": 0.080,
    "missing_city": 0.050,
    "missing_job_title": 0.060,
    "missing_email": 0.030,
    "stale_bounced_mail": 0.030,
    "stale_left_company": 0.020,
    "malformed_email": 0.012,
    "malformed_phone": 0.015,
    "swapped_names": 0.010,
    "all_caps_names": 0.015,
    "impossible_birthday": 0.008,
    "created_in_the_future": 0.004,
}
DEALS = {"deal_closed_before_created": 0.010, "deal_orphan": 0.012}
COMPANIES = {"company_duplicate": 0.030}
DUPLICATE_SHARE = sum(DUPLICATES.values())


@dataclass(slots=True)
class Planted:
    """What was planted: ids of the rows by kind, and (copy, original) pairs of duplicates."""

    ids: dict[str, list[str]] = field(default_factory=dict)
    pairs: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    meant: dict[str, dict[str, Row]] = field(default_factory=dict)  # kind → id → what columns should say, where known
    tricky: dict[str, list[str]] = field(default_factory=dict)  # rows that only look wrong
    afterwards: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(AFTERWARDS))
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """Number of rows by kind."""
        both: dict[str, list[str] | list[tuple[str, str]]] = {**self.ids, **self.pairs}
        return {kind: len(found) for kind, found in sorted(both.items())}


def dirty(
    rng: Random,
    typing: Random,
    clean: Export,
    people: list[Person],
    companies: list[Company],
    *,
    done: list[Activity],
    today: date,
) -> Planted:
    """Soil ``clean`` and ``done`` (the activities) in place and return what was planted.

    ``typing``: the randomness of `errors`, so that more of those leaves the rest as it was.
    """
    planted = Planted()
    rows = {row["Contact ID"]: row for row in clean.people}
    total = round(len(people) / (1 - DUPLICATE_SHARE))
    order = rng.sample(people, len(people))
    moved: dict[str, str] = {}
    copies: list[Row] = []
    for kind, share in DUPLICATES.items():
        chosen = _take(order, round(total * share), _SUITS.get(kind, lambda p: True))
        pairs = planted.pairs.setdefault(kind, [])
        for person in chosen:
            copy = _copy(rng, kind, rows[person.id], person, f"P-{len(people) + len(copies) + 1:05d}")
            copies.append(copy)
            pairs.append((copy["Contact ID"], person.id))
            moved[person.id] = copy["Contact ID"]
    _in_place(rng, planted, order, rows, total, today)
    clean.people += copies
    _deals(rng, clean, planted)
    _companies(rng, clean, planted, companies)
    _typed(typing, clean, planted, order, rows, total, today)
    _move(rng, done, moved)
    done += _stale(rng, planted, people, today)
    return planted


def _in_place(
    rng: Random, planted: Planted, order: list[Person], rows: dict[str, Row], total: int, today: date
) -> None:
    """Gaps and broken values, with what was meant where that can be told."""
    for kind, share in IN_PLACE.items():
        chosen = _take(order, round(total * share), _SUITS.get(kind, lambda p: True))
        planted.ids[kind] = sorted(person.id for person in chosen)
        for person in chosen:
            was = dict(rows[person.id])
            _SOIL[kind](rng, rows[person.id], person, today)
            planted.meant.setdefault(kind, {})[person.id] = _meant(kind, was, rows[person.id])


_TOLD = frozenset(("malformed_email", "swapped_names", "all_caps_names"))  # what was meant can be told


def _meant(kind: str, was: Row, now: Row) -> Row:
    if kind == "impossible_birthday":
        return {"Birthday": ""}
    return {column: value for column, value in was.items() if value != now[column]} if kind in _TOLD else {}


def _typed(
    rng: Random, clean: Export, planted: Planted, left: list[Person], rows: dict[str, Row], total: int, today: date
) -> None:
    """Mistakes of typing, in rows that are clean so far."""
    meant, tricky = errors.people(rng, rows, left, total, today)
    both = {each for pair in planted.pairs["company_duplicate"] for each in pair}
    shouted, letters = errors.companies(rng, clean.companies, both)
    taken = {*planted.ids["deal_closed_before_created"], *planted.ids["deal_orphan"]}
    slips = errors.deals(rng, clean.deals, taken)
    planted.meant |= meant | shouted | slips
    planted.tricky |= tricky | letters
    for kind, found in (meant | shouted | slips).items():
        planted.ids[kind] = sorted(found)


def _take(order: list[Person], count: int, suits: Callable[[Person], bool]) -> list[Person]:
    """The next ``count`` people of ``order`` that suit; they are used up. Fewer where not enough suit."""
    chosen = [person for person in order if suits(person)][:count]
    used = {person.id for person in chosen}
    order[:] = [person for person in order if person.id not in used]
    return chosen


_SUITS: dict[str, Callable[[Person], bool]] = {
    "duplicate_same_phone_respelled": lambda p: names.unaccented(p.family) != p.family and p.language != "ru",
    "duplicate_transliterated": lambda p: p.language == "ru",
    "duplicate_married_name": lambda p: p.gender == "f",
    "duplicate_nickname": lambda p: p.given in names.NICKNAMES,
    "stale_bounced_mail": lambda p: not p.is_lead,
    "stale_left_company": lambda p: not p.is_lead,
    "created_in_the_future": lambda p: not p.is_lead,
}


def _copy(rng: Random, kind: str, original: Row, person: Person, new_id: str) -> Row:
    """The second row of the same person; it is a plain contact, so no lead is counted twice."""
    copy = dict(original) | {"Contact ID": new_id, "Buying role": person.role}
    for column in ("Lead status", "Lead created", "Decided at", *AFTERWARDS["people"]):
        copy[column] = ""
    for column in ("Site visits", "Minutes on site", "Pages seen", "Answers", "First response (hours)"):
        copy[column] = ""
    _RESPELL[kind](rng, copy, person)
    return copy


def _twice(rng: Random, copy: Row, person: Person) -> None:
    copy["Email"] = copy["Email"].upper()


def _typo(rng: Random, copy: Row, person: Person) -> None:
    name = person.family
    at = rng.randrange(1, len(name) - 1)
    copy["Last name"] = name[:at] + (name[at + 1] + name[at] if name[at] != name[at + 1] else "") + name[at + 2 :]
    copy["Phone"] = copy["Mobile"] = ""


def _respelled(rng: Random, copy: Row, person: Person) -> None:
    copy["First name"], copy["Last name"] = names.unaccented(person.given), names.unaccented(person.family)
    copy["Email"] = _private(person.given, person.family, "post.example", copy["Contact ID"])
    copy["Phone"] = person.phone


def _transliterated(rng: Random, copy: Row, person: Person) -> None:
    copy["First name"], copy["Last name"] = names.passport(person.given), names.passport(person.family)
    copy["Middle name"] = ""
    if rng.random() < 0.5:
        copy["Email"] = _private(person.given, person.family, "pochta.example", copy["Contact ID"])
        copy["Phone"] = person.phone
    else:
        copy["Phone"] = copy["Mobile"] = ""


def _married(rng: Random, copy: Row, person: Person) -> None:
    for _ in range(20):
        last = names.family(person.language, "f", rng.choice(names.FAMILY[person.language]))
        if last != person.family:
            break
    copy["Last name"] = last
    copy["Email"] = (
        f"{names.slug(person.given, '')}.{names.slug(last)}.{copy['Contact ID'][2:]}@{person.company.domain}"
    )
    copy["Phone"] = person.phone


def _nickname(rng: Random, copy: Row, person: Person) -> None:
    copy["First name"] = names.NICKNAMES[person.given]
    copy["Email"] = _private(copy["First name"], person.family, "mail.example", copy["Contact ID"])
    copy["Phone"] = copy["Mobile"] = ""


def _private(given: str, family: str, domain: str, new_id: str) -> str:
    return f"{names.slug(given, '')}.{names.slug(family)}{new_id[2:]}@{domain}"


_RESPELL: dict[str, Callable[[Random, Row, Person], None]] = {
    "duplicate_entered_twice": _twice,
    "duplicate_same_email_typo": _typo,
    "duplicate_same_phone_respelled": _respelled,
    "duplicate_transliterated": _transliterated,
    "duplicate_married_name": _married,
    "duplicate_nickname": _nickname,
}


def _blank(*columns: str) -> Callable[[Random, Row, Person, date], None]:
    def soil(rng: Random, row: Row, person: Person, today: date) -> None:
        row.update(dict.fromkeys(columns, ""))

    return soil


def _bad_email(rng: Random, row: Row, person: Person, today: date) -> None:
    local, domain = person.email.split("@")
    row["Email"] = rng.choice((f"{local}@@{domain}", f"{local}.{domain}", f"{local}@", f"{local} @{domain}x,"))


def _bad_phone(rng: Random, row: Row, person: Person, today: date) -> None:
    prefix = places.PREFIXES[person.company.language]
    row["Phone"] = rng.choice(
        ("12345", "?0?", f"+{prefix} 12", "000000000", "see e-mail", f"+{prefix}0000000000000000")
    )
    row["Mobile"] = ""


def _swapped(rng: Random, row: Row, person: Person, today: date) -> None:
    row["First name"], row["Last name"] = person.family, person.given


def _shouted(rng: Random, row: Row, person: Person, today: date) -> None:
    row["First name"], row["Last name"] = person.given.upper(), person.family.upper()


def _bad_birthday(rng: Random, row: Row, person: Person, today: date) -> None:
    row["Birthday"] = rng.choice(("1875-05-12", "0001-01-01", f"{today.year + 3}-02-11", "1985-02-31"))


def _from_future(rng: Random, row: Row, person: Person, today: date) -> None:
    row["Created"] = f"{today + timedelta(days=rng.randrange(60, 900))} 09:00"


def _unchanged(rng: Random, row: Row, person: Person, today: date) -> None:
    """Staleness shows in the activities only."""


_SOIL: dict[str, Callable[[Random, Row, Person, date], None]] = {
    "missing_phone": _blank("Phone", "Mobile"),
    "missing_city": _blank("City", "Postcode"),
    "missing_job_title": _blank("Job title"),
    "missing_email": _blank("Email"),
    "stale_bounced_mail": _unchanged,
    "stale_left_company": _unchanged,
    "malformed_email": _bad_email,
    "malformed_phone": _bad_phone,
    "swapped_names": _swapped,
    "all_caps_names": _shouted,
    "impossible_birthday": _bad_birthday,
    "created_in_the_future": _from_future,
}


def _deals(rng: Random, clean: Export, planted: Planted) -> None:
    """Closing dates before the beginning (closed deals), and deals of people and firms that are not in the export."""
    order = rng.sample(clean.deals, len(clean.deals))
    closed = [row for row in order if row["Closed"]][: round(len(order) * DEALS["deal_closed_before_created"])]
    for row in closed:
        row["Closed"] = f"{date.fromisoformat(row['Created'][:10]) - timedelta(days=rng.randrange(5, 400))} 12:00"
    touched = {row["Deal ID"] for row in closed}
    orphans = [row for row in order if row["Deal ID"] not in touched][: round(len(order) * DEALS["deal_orphan"])]
    for number, row in enumerate(orphans, 1):
        row["Contact ID"], row["Company ID"] = f"P-9{number:05d}", f"C-9{number:04d}"
    planted.ids["deal_closed_before_created"] = sorted(touched)
    planted.ids["deal_orphan"] = sorted(row["Deal ID"] for row in orphans)


def _companies(rng: Random, clean: Export, planted: Planted, companies: list[Company]) -> None:
    """Second rows of firms under another spelling, with the same website but other ids."""
    pairs = planted.pairs.setdefault("company_duplicate", [])
    firms = rng.sample(companies, round(len(companies) * COMPANIES["company_duplicate"]))
    rows = {row["Company ID"]: row for row in clean.companies}
    for number, company in enumerate(sorted(firms, key=lambda c: c.id), len(companies) + 1):
        copy = dict(rows[company.id]) | {"Company ID": f"C-{number:04d}", "Company name": respelled(company)}
        copy["Website"] = f"https://{company.domain}/"
        clean.companies.append(copy)
        pairs.append((copy["Company ID"], company.id))


def _stale(rng: Random, planted: Planted, people: list[Person], today: date) -> list[Activity]:
    """Bounces, and automatic answers of people who left."""
    known, made = {person.id: person for person in people}, []
    end = activities.midnight(today)
    for kind, activity in (("stale_bounced_mail", "mail bounced"), ("stale_left_company", "mail received")):
        for person in (known[i] for i in planted.ids[kind]):
            at = end - timedelta(days=rng.randrange(10, 200), hours=rng.randrange(6, 15))
            company, language = person.company.name, person.company.language
            subject, text = texts.mail(rng, "left", language, company=company)
            if kind == "stale_bounced_mail":
                subject, text = "Undeliverable", f"550 5.1.1 <{person.email}>: user unknown"
            made.append(Activity(activity, at, person.id, staff=person.owner.email, subject=subject, text=text))
    return made


def _move(rng: Random, done: list[Activity], moved: dict[str, str]) -> None:
    """About a third of what duplicated people did outside of deals hangs on their second row."""
    for activity in done:
        if activity.person in moved and rng.random() < 0.35 and not activity.deal:
            activity.person = moved[activity.person]
