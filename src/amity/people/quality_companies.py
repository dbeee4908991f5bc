"""Detectors of companies, and what they need to know about a batch of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from amity.people.quality_case import LEGAL, company_case, shape
from amity.people.quality_contacts import dialled, region, valid
from amity.people.quality_email import PUBLIC, repair
from amity.people.quality_kinds import Found, Row
from amity.people.quality_world import World

COMPANY_EMAIL, COMPANY_PHONE, COMPANY_NAME = "company_email", "company_phone", "company_wrong_field"
COMPANY_CASE, COMPANY_COUNTRY = "company_case", "company_country_phone"
_SITE = re.compile(r"(?i)^(?:https?://|www\.)\S+$|^[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+$")
_ENOUGH = 2  # people that agree


def look(row: Row, world: World) -> Iterator[Found]:
    """What is wrong with a company, and what could stand in its empty fields."""
    yield from _contacts(row, world)
    yield from _name(row, world)
    yield from _country(row)
    yield from _gaps(row)


def _contacts(row: Row, world: World) -> Iterator[Found]:
    email, phone = row.text("email"), row.text("phone")
    meant = repair(email, world.domains, [row.text("domain").lower().removeprefix("www.")]) if email else None
    if meant:
        after = {"email": meant[0]} if meant[0] else {}
        yield Found(COMPANY_EMAIL, "email", {"email": email}, after, (meant[1], {}), meant[2])
    if phone and not valid(phone):
        number = dialled(phone, row.text("country"))
        after = {"phone": number} if number else {}
        reason = "phone_meant" if number else "phone_unreadable"
        yield Found(COMPANY_PHONE, "phone", {"phone": phone}, after, (reason, {}), 0.93 if number else 0.9)


def _name(row: Row, world: World) -> Iterator[Found]:
    name = row.text("name")
    if _SITE.match(name.strip()):
        yield Found(COMPANY_NAME, "name", {"name": name}, {}, ("name_is_address", {}), 0.95)
        return
    found = shape(name)
    words = re.findall(r"[^\W\d_]{2,}", name)
    longest = max(map(len, words), default=0)
    known = all(word.casefold() in world.words_spelt or word.casefold() in LEGAL for word in words)
    if found == "upper" and (longest < 5 or (len(words) == 1 and longest < 6)) and not (known and longest > 3):
        return  # IBM, SAP AG, BMW: letters, not words
    if found not in ("upper", "lower") or ("." in name.strip(".") and len(words) < 2) or not words:
        return
    after = company_case(name, world.words_spelt)
    if after != name:
        reason = "capitals" if found == "upper" else "small_letters"
        yield Found(
            COMPANY_CASE, "name", {"name": name}, {"name": after}, (reason, {}), 0.9 if len(words) > 1 else 0.75
        )


def _country(row: Row) -> Iterator[Found]:
    country, there = row.text("country"), region(row.text("phone"))
    lands = row.values.get("_countries") or {}
    if not country or not there or there == country or lands.get(there, 0) < _ENOUGH or lands.get(country, 0):
        return
    words = {"phone": there, "country": country}
    yield Found(COMPANY_COUNTRY, "country", {"country": country}, {"country": there}, ("country_people", words), 0.95)


def _gaps(row: Row) -> Iterator[Found]:
    domains = row.values.get("_domains") or {}
    own = {domain: count for domain, count in domains.items() if domain not in PUBLIC}
    if not row.text("domain") and len(own) == 1 and sum(own.values()) >= _ENOUGH:
        domain, count = next(iter(own.items()))
        words = {"domain": domain, "count": str(count)}
        yield Found("gap_domain", "domain", {"domain": ""}, {"domain": domain}, ("gap_people_domain", words), 0.9)
    there = region(row.text("phone"))
    if not row.text("country") and there:
        words = {"phone": row.text("phone")}
        after = {"country": there}
        yield Found("gap_company_country", "country", {"country": ""}, after, ("gap_phone_country", words), 0.93)
