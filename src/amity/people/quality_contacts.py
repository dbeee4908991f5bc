"""Detectors of e-mail addresses, phones and countries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat

from amity.people.matching.words import fold
from amity.people.quality_email import domain_of, repair, well_formed
from amity.people.quality_kinds import TRAITS, Found, Row
from amity.people.quality_world import World

EMAIL, PHONE, COUNTRY, WRONG_FIELD = "email_malformed", "phone_malformed", "country_phone", "name_wrong_field"
_LETTERS = str.maketrans("OoОоIlІ|", "00001111")
_EMAIL_IN = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
_EXTENSION = re.compile(r"(?i)\s*(?:ext\.?|x|доб\.?|wewn\.?|durchwahl|dw\.?|#)\s*\d{1,6}\s*$")


def look(row: Row, world: World) -> Iterator[Found]:
    """What is wrong with the ways to reach somebody."""
    yield from _emails(row, world)
    yield from _phones(row, world)
    yield from _country(row, world)


def valid(phone: str) -> bool:
    """Whether an E.164 number can be dialled, by its country's plan."""
    return _known(phone)[0]


def region(phone: str) -> str:
    """The country that a number is of; empty where it is of none or of several."""
    return _known(phone)[1]


@lru_cache(maxsize=4096)
def _known(phone: str) -> tuple[bool, str]:
    """Whether a number can be dialled, and where; it is asked for more than once per row."""
    number = _parsed(phone, "")
    code = phonenumbers.region_code_for_number(number) if number else ""
    if number is None or not code or code == "001":
        return number is not None and phonenumbers.is_valid_number(number), ""
    return phonenumbers.is_valid_number_for_region(number, code), code


def dialled(text: str, country: str) -> str:
    """What was meant by a text that is no number as it stands, as E.164; empty where that is not clear."""
    bare = _EXTENSION.sub("", text.strip()).translate(_LETTERS)
    if re.search(r"[^\W\d_]", bare) or "E+" in text.upper():
        return ""
    digits = re.sub(r"\D", "", bare)
    tries = [bare, re.sub(r"^\+*(?:00)?", "+", bare), f"+{digits}"]
    code = _code(country)
    if code:
        if digits.startswith(code * 2):
            tries.append(f"+{digits[len(code) :]}")
        if digits.startswith(f"{code}0"):
            tries.append(f"+{code}{digits[len(code) + 1 :]}")
        tries.append(f"+{code}{digits.lstrip('0')}")
    for each in tries:
        number = _parsed(each, country)
        if number and phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return ""


def _emails(row: Row, world: World) -> Iterator[Found]:
    own = [domain.removeprefix("www.") for domain in (row.text("_company_domain").lower(),) if domain]
    if row.text("email"):
        meant = repair(row.text("email"), world.domains, own)
        if meant:
            only = {"email": meant[0]} if meant[0] else {}
            yield Found(EMAIL, "email", {"email": row.text("email")}, only, (meant[1], {}), meant[2])
    after: dict[str, Any]
    for name, raw in _custom(row, world, "email"):
        found = repair(raw, world.domains, own)
        if found and not found[0]:
            other = dialled(raw, _home(row))
            if other and not row.text("phone"):
                yield _moved(row, name, raw, "phone", other, "phone_in_email")
                continue
        meant = found or (raw.strip().lower(), "email_signs", 0.97)
        before: dict[str, Any] = {f"{TRAITS}{name}": raw}
        if row.text("email"):  # another address beside the one in use
            if meant[0] != raw:
                gone = meant[0] == row.text("email").lower() or not meant[0]
                after = {f"{TRAITS}{name}": None if gone else meant[0]} if meant[0] else {}
                yield Found(EMAIL, f"{TRAITS}{name}", before, after, (meant[1], {}), meant[2])
        else:
            after = {"email": meant[0], f"{TRAITS}{name}": None} if meant[0] else {}
            yield Found(EMAIL, "email", before | {"email": ""}, after, (meant[1], {}), meant[2])


def _phones(row: Row, world: World) -> Iterator[Found]:
    phone, home = row.text("phone"), _home(row)
    if phone and not valid(phone):
        address = _EMAIL_IN.search(phone)
        meant = "" if address else dialled(phone, home)
        number = _parsed(phone, home)
        if address and not row.text("email"):
            after = {"phone": "", "email": address[0].lower()}
            yield Found(WRONG_FIELD, "phone", {"phone": phone, "email": ""}, after, ("email_in_phone", {}), 0.97)
        elif meant:
            yield Found(PHONE, "phone", {"phone": phone}, {"phone": meant}, ("phone_meant", {}), 0.93)
        elif number is None or not phonenumbers.is_possible_number(number):
            yield _no_number("phone", phone)
    for name, raw in _custom(row, world, "phone"):
        yield from _custom_phone(row, name, raw, home)


def _custom_phone(row: Row, name: str, raw: str, home: str) -> Iterator[Found]:
    address = _EMAIL_IN.search(raw)
    if address:
        if not row.text("email"):
            yield _moved(row, name, raw, "email", address[0].lower(), "email_in_phone")
        return
    meant = dialled(raw, home)
    before = {f"{TRAITS}{name}": raw, "phone": row.text("phone")}
    if meant and (not row.text("phone") or meant == row.text("phone")):
        after = {"phone": meant, f"{TRAITS}{name}": None}
        yield Found(PHONE, "phone", before, after, ("phone_meant", {}), 0.93)
    elif not meant or not valid(raw):
        yield _no_number(f"{TRAITS}{name}", raw)


def _no_number(name: str, raw: str) -> Found:
    """A text that is no number: junk is taken away (the log keeps it), the rest is for somebody to look at."""
    digits = re.sub(r"\D", "", raw)
    junk = len(set(digits)) <= 1 or digits in "1234567890" or digits in "9876543210"
    after = {name: None if name.startswith(TRAITS) else ""} if junk else {}
    reason = "phone_junk" if junk else "phone_short" if len(digits) < 7 else "phone_unreadable"
    return Found(PHONE, name, {name: raw}, after, (reason, {}), 0.96 if junk else 0.9)


def _country(row: Row, world: World) -> Iterator[Found]:
    """The number is of another country, and so is something else that is known: then the country is wrong."""
    country, there = row.text("country"), region(row.text("phone"))
    if not country or not there or _code(country) == _code(there):
        return
    city = world.cities.get(fold(row.text("city")), "")
    company = row.text("_company_country")
    ending = domain_of(row.text("email")).rpartition(".")[2].upper()
    if city == country or (not city and company == country) or ending == country:
        return
    witnesses = [word for word, value in (("city", city), ("company", company), ("email", ending)) if value == there]
    if not witnesses:
        return
    words = {"phone": there, "country": country}
    sure = 0.97 if len(witnesses) > 1 else 0.9
    yield Found(COUNTRY, "country", {"country": country}, {"country": there}, (f"country_{witnesses[0]}", words), sure)


def _moved(row: Row, name: str, raw: str, to: str, value: str, reason: str) -> Found:
    before = {f"{TRAITS}{name}": raw, to: row.text(to)}
    return Found(WRONG_FIELD, f"{TRAITS}{name}", before, {to: value, f"{TRAITS}{name}": None}, (reason, {}), 0.95)


def _custom(row: Row, world: World, what: str) -> list[tuple[str, str]]:
    """Cells of imported address or phone columns that were none, kept as custom fields."""
    named = [(name, value) for name, value in row.traits.items() if world.headings.get(name) == what]
    return [(name, value) for name, value in named if isinstance(value, str) and value.strip()]


def _home(row: Row) -> str:
    return row.text("country") or row.text("_company_country")


def _parsed(text: str, country: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return None


def _code(country: str) -> str:
    plan = PhoneMetadata.metadata_for_region(country.upper(), None) if country else None
    return str(plan.country_code) if plan else ""


__all__ = ["COUNTRY", "EMAIL", "PHONE", "WRONG_FIELD", "dialled", "look", "region", "valid", "well_formed"]
