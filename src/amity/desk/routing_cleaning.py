"""What may be typed into queues, hours, promises, agents, rules and weights."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from math import isnan
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from amity.base.errors import Refused
from amity.base.ids import read_id
from amity.desk import hours as business
from amity.desk.routing_choice import WEIGHTS
from amity.desk.routing_rules import CONDITIONS, EFFECTS, MAX_LENGTH, MAX_VALUES
from amity.desk.sla_policies import CUSTOMERS

MAX_MINUTES, MAX_CAPACITY, MAX_WEIGHT = 60 * 24 * 90, 100, 10.0
CHANNELS = ("email", "chat", "telegram", "whatsapp", "sms", "webhook", "phone")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")


def cleaned(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they are kept; raises `Refused` that says what is wrong."""
    return {name: _READ.get((kind, name), _READ.get(("", name), _as_is))(value) for name, value in values.items()}


def week_of(days: Iterable[str]) -> list[Any]:
    """Seven texts like "09:00-12:30, 13:30-18:00" as `BusinessHours` keeps them."""
    return [[list(each) for each in _day(text)] for text in days]


def days_of(text: str) -> dict[str, Any]:
    """Lines like "2026-12-24 09:00-12:00" or "2026-12-25" (closed)."""
    found = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        day, _space, rest = line.strip().partition(" ")
        try:
            found[date.fromisoformat(day).isoformat()] = [list(each) for each in _day(rest)]
        except ValueError as error:
            raise Refused(
                "bad_day", _("A day is written like 2026-12-24, with hours like 09:00-12:00 after it.")
            ) from error
    if len(found) > 400:
        raise Refused("too_many", _("There are as many as can be. Remove one first."))
    return found


def words(value: Any) -> list[str]:
    """A list, or a text with commas, as distinct short texts."""
    parts = value.split(",") if isinstance(value, str) else list(value or ())
    kept = list(dict.fromkeys(str(each).strip()[:MAX_LENGTH] for each in parts if str(each).strip()))
    return kept[:MAX_VALUES]


def skills_of(value: Any) -> dict[str, int]:
    """ "refunds 3, invoices" as {"refunds": 3, "invoices": 2}; 1 knows a little, 3 knows it best."""
    if isinstance(value, Mapping):
        return {str(name)[:MAX_LENGTH]: min(max(int(level), 1), 3) for name, level in list(value.items())[:MAX_VALUES]}
    found = {}
    for each in words(value):
        name, _space, level = each.rpartition(" ")
        known = bool(name) and level.isdecimal()
        found[name.strip() if known else each] = min(max(int(level), 1), 3) if known else 2
    return found


def _day(text: str) -> Any:
    try:
        return business.read_day(text)
    except ValueError as error:
        raise Refused("bad_hours", _("Hours are written like 09:00-12:30, 13:30-18:00.")) from error


def _as_is(value: Any) -> Any:
    return value


def _name(value: Any) -> str:
    text = " ".join(str(value or "").split())[:120]
    if not text:
        raise Refused("no_name", _("Give it a name."))
    return text


def _reference(value: Any) -> str | None:
    return str(read_id(str(value))) if value and read_id(str(value)) else None


def _ids(value: Any) -> list[str]:
    return [str(pk) for each in words(value) if (pk := _id(each))]


def _id(text: str) -> UUID | None:
    return read_id(text)


def _languages(value: Any) -> list[str]:
    found = words(value)
    if any(not _LANGUAGE.fullmatch(each) for each in found):
        raise Refused("bad_language", _("Languages are written like en, de, pl."))
    return found


def _channels(value: Any) -> list[str]:
    return [each for each in words(value) if each in CHANNELS]


def _minutes(value: Any) -> int | None:
    if value in ("", None):
        return None
    return _whole(value, 1, MAX_MINUTES)


def _whole(value: Any, least: int, most: int) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError) as error:
        raise Refused("bad_number", _("Type a whole number.")) from error
    if not least <= number <= most:
        raise Refused("bad_number", _("Type a number from {least} to {most}.").format(least=least, most=most))
    return number


def _zone(value: Any) -> str:
    if value not in available_timezones():
        raise Refused("bad_zone", _("Choose a time zone, like Europe/Berlin."))
    return str(value)


def _capacity(value: Any) -> dict[str, int]:
    told = {
        name: _whole(number, 0, MAX_CAPACITY) for name, number in dict(value or {}).items() if number not in ("", None)
    }
    return {name: number for name, number in told.items() if name in ("all", *CHANNELS)}


def _customer(value: Any) -> str:
    return str(value) if value in CUSTOMERS else ""


def _when(value: Any) -> dict[str, list[str]]:
    told = {name: words(each) for name, each in dict(value or {}).items() if name in CONDITIONS}
    return {name: each for name, each in told.items() if each}


def _then(value: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        name: each for name, each in dict(value or {}).items() if name in EFFECTS and each not in ("", None)
    }
    if "queue" in told:
        told["queue"] = _reference(told["queue"])
    if "urgency" in told:
        told["urgency"] = _whole(told["urgency"], 0, 3)
    if "skill" in told:
        told["skill"] = " ".join(str(told["skill"]).split())[:MAX_LENGTH]
    if not any(each not in ("", None) for each in told.values()):
        raise Refused("no_effect", _("Say what the rule does: a queue, a skill or how urgent it is."))
    return told


def _weights(value: Any) -> dict[str, float]:
    """Weights 0 to 10, ``hold`` 0 to 1, ``valuable_from`` in minor units."""
    found: dict[str, float] = {}
    for name, each in dict(value or {}).items():
        try:
            number = float(each)
        except (TypeError, ValueError) as error:
            raise Refused("bad_number", _("Type a number.")) from error
        most = {"hold": 1.0, "valuable_from": 1e12}.get(name, MAX_WEIGHT)
        if name in (*WEIGHTS, "hold", "valuable_from"):
            found[name] = 0.0 if isnan(number) else min(max(number, 0.0), most)
    return found


_READ: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("", "name"): _name, ("", "team_id"): _reference, ("", "hours_id"): _reference, ("", "staff_id"): _reference,
    ("", "languages"): _languages, ("", "accounts"): _ids, ("", "queues"): _ids, ("", "channels"): _channels,
    ("", "urgency"): lambda value: _whole(value, 0, 3), ("", "customer"): _customer, ("", "zone"): _zone,
    ("", "first_reply"): _minutes, ("", "next_reply"): _minutes, ("", "resolution"): _minutes,
    ("", "skills"): skills_of, ("", "capacity"): _capacity, ("", "when"): _when, ("", "then"): _then,
    ("", "weights"): _weights, ("", "pause_pending"): bool, ("", "pause_snoozed"): bool, ("", "enabled"): bool,
}  # fmt: skip
