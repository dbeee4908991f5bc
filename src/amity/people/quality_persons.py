"""Detectors of people's names and dates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from amity.people.matching.words import fold
from amity.people.quality_case import LEGAL, name_case, shape
from amity.people.quality_contacts import WRONG_FIELD, dialled
from amity.people.quality_kinds import TRAITS, Found, Row
from amity.people.quality_names import is_patronymic, swapped
from amity.people.quality_world import World, company_key

CAPS, SWAPPED, DATES = "name_case", "names_swapped", "impossible_date"
_EMAIL = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
_PHONE = re.compile(r"^[+(]?[\d][\d\s()/.\-]{5,}$")
_LEGAL_IN = re.compile(
    r"(?i)(?:^|\s)(?:sp\.? ?z ?\.?o\.? ?o\.?|spółka z o\.?o\.?|gmbh\s*&\s*co\.?\s*kg|e\. ?k\.)(?:\s|$)"
)
_SHORT = "co co. sa as ab oy ag ek ev sp spa ип ао kg ug nv bv"  # legal forms that may be names
_SHORT_LEGAL = frozenset(_SHORT.split())
_FILLERS = "1900-01-01 1899-12-30 1899-12-31 0001-01-01 1000-01-01 9999-12-31 1753-01-01"
_PLACEHOLDERS = frozenset(_FILLERS.split())
_OLDEST, _AHEAD = 117, timedelta(days=2)
_SWAP = 0.6


def look(row: Row, world: World) -> Iterator[Found]:
    """What is wrong with a name, or with a day."""
    moved = list(_wrong_field(row, world))
    yield from moved
    if not moved:
        yield from _case(row, world)
        yield from _swapped(row, world)
    yield from _dates(row, world)


def _wrong_field(row: Row, world: World) -> Iterator[Found]:
    """An address, a number, a company or a whole name where a name should be."""
    fields = ("given_name", "family_name") if row.text("given_name") or row.text("family_name") else ("display_name",)
    for name in fields:
        text = row.text(name)
        address = _EMAIL.search(text) if "@" in text else None
        if address:
            yield _away(row, name, "email", address[0].lower(), "email_in_name")
            return
        if text and _PHONE.match(text):
            yield _away(row, name, "phone", dialled(text, row.text("country")), "phone_in_name")
            return
    if fields[0] != "display_name":
        yield from _company_in_name(row, world)
        yield from _whole_in_one(row, world)


def _away(row: Row, name: str, to: str, value: str, reason: str) -> Found:
    """The value goes to the field where it belongs when that is empty; the name is empty then."""
    before: dict[str, Any] = {name: row.text(name), to: row.text(to)}
    known = {fold(row.text(to)), fold(value)} - {""}
    after = {name: ""} | ({to: value} if value and not row.text(to) else {})
    if len(known) > 1:  # another one is in use: kept beside it
        before[f"{TRAITS}other_{to}"] = row.traits.get(f"other_{to}")
        after[f"{TRAITS}other_{to}"] = value
    if not value or before.get(f"{TRAITS}other_{to}"):
        after = {}
    return Found(WRONG_FIELD, name, before, after, (reason, {}), 0.96)


def _company_in_name(row: Row, world: World) -> Iterator[Found]:
    for name in ("family_name", "given_name"):
        text = row.text(name)
        if not text or not _is_company(text, row, world):
            continue
        owner = row.values.get("company_id")
        found = world.companies.get(company_key(text))
        before = {name: text, "company_id": str(owner) if owner else None}
        same = company_key(text) == company_key(row.text("_company_name"))
        if same or (found is not None and owner is None):
            after: dict[str, Any] = {name: ""} | ({} if same else {"company_id": str(found)})
            words = {"company": row.text("_company_name") if same else text}
            yield Found(WRONG_FIELD, name, before, after, ("company_in_name", words), 0.96)
        else:
            yield Found(WRONG_FIELD, name, before, {}, ("company_unknown", {"company": text}), 0.85)
        return


def _is_company(text: str, row: Row, world: World) -> bool:
    """It ends in a legal form, or it is the name of a company and of nobody."""
    words = text.casefold().replace(",", " ").split()
    legal = [word for word in words if word in LEGAL and word not in _SHORT_LEGAL]
    if len(words) > 1 and (legal or _LEGAL_IN.search(text)):
        return True
    key = company_key(text)
    if len(words) > 1 and key and key == company_key(row.text("_company_name")):
        return True
    return len(words) > 1 and key in world.companies and not world.sense.known(text)


def _whole_in_one(row: Row, world: World) -> Iterator[Found]:
    """Anna Kowalska as a first name, with nothing (or the same again) in the other field."""
    given, family = row.text("given_name"), row.text("family_name")
    if given and family and fold(family).split()[-1:] == fold(given).split()[-1:] and len(given.split()) == 2:
        parts = given.split()
        if fold(family) == fold(parts[1]) and world.sense.leaning(parts[0]) > 0:
            yield _split(row, parts[0], family, 0.95, "whole_name_again")
        return
    if given and family and len(family.split()) == 2 and fold(family.split()[0]) == fold(given):
        yield _split(row, given, family.split()[1], 0.93, "whole_name_again")
        return
    text = given or family
    if (given and family) or not text:
        return
    if text.count(",") == 1:
        last, first = (part.strip() for part in text.split(","))
        if first and last and world.sense.leaning(first) > min(0.0, world.sense.leaning(last)):
            yield _split(row, first, last, 0.94, "whole_name")
        return
    parts = text.split()
    if len(parts) == 2 and world.sense.leaning(parts[0]) > 0.2 > world.sense.leaning(parts[1]):
        yield _split(row, parts[0], parts[1], 0.93, "whole_name")
    elif len(parts) == 2 and world.sense.leaning(parts[1]) > 0.2 > -0.4 > world.sense.leaning(parts[0]):
        yield _split(row, parts[1], parts[0], 0.85, "whole_name")


def _split(row: Row, given: str, family: str, sure: float, reason: str) -> Found:
    before = {"given_name": row.text("given_name"), "family_name": row.text("family_name")}
    field = "given_name" if row.text("given_name") else "family_name"
    return Found(WRONG_FIELD, field, before, {"given_name": given, "family_name": family}, (reason, {}), sure)


def _case(row: Row, world: World) -> Iterator[Found]:
    """JAN KOWALSKI, jan kowalski, jAN kOWALSKI: written as names are."""
    names = ("given_name", "family_name") if row.text("given_name") or row.text("family_name") else ("display_name",)
    before = {name: row.text(name) for name in names if row.text(name)}
    shapes = {name: shape(text) for name, text in before.items()}
    wrong = {name for name, found in shapes.items() if found in ("upper", "lower", "inverted") and before[name]}
    if not wrong or not any(_can_be_told(before[name], shapes[name], world, wrong) for name in wrong):
        return
    if len(wrong) < len(before) and not all(_alone(before[name], shapes[name], world) for name in wrong):
        return
    after = {name: _written(name, before[name], world) for name in wrong}
    if all(after[name] == before[name] for name in wrong):
        return
    middle = row.text("middle_name")
    if middle and shape(middle) in ("upper", "lower") and len(middle) > 2:
        before["middle_name"], after["middle_name"] = middle, _written("given_name", middle, world)
    first = next(name for name in ("family_name", "given_name", "display_name") if name in wrong)
    reason = {"upper": "capitals", "lower": "small_letters", "inverted": "caps_lock"}[shapes[first]]
    used = {name: before[name] for name in after}
    yield Found(CAPS, first, used, after, (reason, {}), 0.97 if len(wrong) == len(before) else 0.92)


def _can_be_told(text: str, found: str, world: World, wrong: set[str]) -> bool:
    """Not an abbreviation (AJ, IBM): long enough, or known as a name."""
    letters = sum(map(str.isalpha, text))
    if found == "upper" and letters <= 4 and len(text.split()) == 1:
        return world.sense.known(text) and (letters > 2 or len(wrong) > 1)
    return letters > 1


def _alone(text: str, found: str, world: World) -> bool:
    """Whether one field alone may be wrong: KOWALSKI beside Jan, but not AJ beside Jackson."""
    letters = sum(map(str.isalpha, text))
    if found == "upper" and (letters <= 3 or (letters <= 5 and not world.sense.known(text))):
        return False
    return "." not in text and (found != "lower" or world.sense.known(text) or letters > 2)


def _written(name: str, text: str, world: World) -> str:
    spelt = world.family_spelt if name == "family_name" else world.given_spelt
    if name == "display_name":
        spelt = {**world.given_spelt, **world.family_spelt} if len(world.family_spelt) < 2_000 else world.family_spelt
    return name_case(text, spelt, family=name == "family_name")


def _swapped(row: Row, world: World) -> Iterator[Found]:
    given, family = row.text("given_name"), row.text("family_name")
    if not given or not family or fold(given) == fold(family):
        return
    if is_patronymic(family) and world.sense.leaning(given) > 0:
        return  # a father's name in the last field: not swapped
    sure = swapped(world.sense, given, family, row.text("email"), world.first_leads)
    if sure < _SWAP:
        return
    before = {"given_name": given, "family_name": family}
    after = {"given_name": family, "family_name": given}
    yield Found(SWAPPED, "family_name", before, after, ("swapped", {"given": family, "family": given}), round(sure, 3))


def _dates(row: Row, world: World) -> Iterator[Found]:
    for name in world.births & row.traits.keys():
        raw = row.traits[name]
        reason = _born(str(raw), world) if raw not in (None, "") else ""
        if reason:
            field = f"{TRAITS}{name}"
            words = {"day": str(raw)[:40]}
            yield Found(DATES, field, {field: raw}, {field: None}, (reason, words), 0.97)
    made, begun, done = (row.values.get(n) for n in ("created_at", "lead_created_at", "lead_decided_at"))
    ahead = datetime.combine(world.today, datetime.min.time()) + _AHEAD
    for name, moment in (("created_at", made), ("lead_created_at", begun), ("lead_decided_at", done)):
        if moment and moment.replace(tzinfo=None) > ahead:
            yield Found(
                DATES, name, {name: moment.isoformat()}, {}, ("in_the_future", {"day": str(moment.date())}), 0.97
            )
            return
    if begun and done and done.date() < begun.date():
        before = {"lead_decided_at": done.isoformat(), "lead_created_at": begun.isoformat()}
        words = {"day": str(done.date()), "begun": str(begun.date())}
        yield Found(DATES, "lead_decided_at", before, {}, ("decided_before", words), 0.97)


def _born(text: str, world: World) -> str:
    """Why nobody can be born on that day; empty where somebody can."""
    day = text[:10]
    if day in _PLACEHOLDERS or day in world.crowded:
        return "placeholder"
    try:
        born = date.fromisoformat(day)
    except ValueError:
        return "no_such_day" if re.search(r"\d", text) else ""
    if born > world.today:
        return "not_yet_born"
    return "too_old" if world.today.year - born.year > _OLDEST else ""
