"""Clocks of law: when a complaint has to be answered by. Pure; the rules are rows that the manager can change.

The day of the complaint does not count; a deadline is the end of its last day. Sources of the rules that Amity starts
with: Directive (EU) 2015/2366 Art. 101 (payments: 15 business days, 35 with a holding reply); Polish Consumer Rights
Act Art. 7a (14 days, silence accepts); Russian Consumer Protection Act Art. 22 (10 days); last days that nobody works
on: Polish Civil Code Art. 115, German § 193 BGB, Russian Civil Code Art. 193.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from amity.desk.statutory_days import holidays

CALENDAR, BUSINESS = "calendar", "business"
MAX_DAYS = 366
EU = ("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
      "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK")  # fmt: skip
ZONES = {"PL": "Europe/Warsaw", "DE": "Europe/Berlin", "RU": "Europe/Moscow", "GB": "Europe/London"}


@dataclass(frozen=True, slots=True)
class Rule:
    """A clock. ``extended``: days in all once a holding reply went out in time; ``acknowledge``: days to confirm."""

    key: str
    days: int
    unit: str = CALENDAR
    extended: int | None = None
    acknowledge: int | None = None
    rolls: bool = True
    silence_accepts: bool = False
    warn_days: int = 3

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it; `Rule(**plain)` reads it back."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Dates:
    """What a clock says: moments in UTC."""

    due_at: datetime
    warn_at: datetime
    acknowledge_at: datetime | None


def dates(rule: Rule, received: datetime, country: str, closed: Collection[date] = (), *, held: bool = False) -> Dates:
    """When an answer is due, when to warn of it, and when the receipt is to be confirmed.

    ``closed``: days of one's own that nobody works on, beside weekends and the country's holidays. ``held``: a holding
    reply went out, where the rule knows one.
    """
    zone = ZoneInfo(ZONES.get(country, "Europe/Brussels" if country in EU else "UTC"))
    start = received.astimezone(zone).date()
    days = rule.extended if held and rule.extended else rule.days
    last = last_day(start, days, rule.unit, country, closed, rolls=rule.rolls)
    warn = max(start, last - timedelta(days=rule.warn_days))
    ack = rule.acknowledge
    confirm = last_day(start, ack, rule.unit, country, closed, rolls=rule.rolls) if ack else None
    return Dates(_end(last, zone), _end(warn, zone), _end(confirm, zone) if confirm else None)


def last_day(
    start: date, days: int, unit: str, country: str, closed: Collection[date] = (), *, rolls: bool = True
) -> date:  # fmt: skip
    """The last of ``days`` after ``start``; of calendar days one that nobody works on moves on where the rule says."""
    day, left = start, days
    if unit == CALENDAR:
        day += timedelta(days=days)
        while rolls and not works(day, country, closed):
            day += timedelta(days=1)
        return day
    while left:
        day += timedelta(days=1)
        left -= works(day, country, closed)
    return day


def works(day: date, country: str, closed: Collection[date] = ()) -> bool:
    """Whether ``day`` is a working day there: Monday to Friday, no public holiday, none of ``closed``."""
    return day.weekday() < 5 and day not in closed and day not in holidays(country, day.year)


def choose(rows: Iterable[Mapping[str, Any]], country: str, kind: str) -> Mapping[str, Any] | None:
    """The first rule whose countries and kinds hold; ``rows`` as `StatutoryRule` has them, in order."""
    for row in rows:
        if (not row["countries"] or country in row["countries"]) and (not row["kinds"] or kind in row["kinds"]):
            return row
    return None


def rule_of(row: Mapping[str, Any]) -> Rule:
    """A row as a clock."""
    return Rule(
        row["key"], row["days"], row["unit"], row["extended_days"], row["acknowledge_days"], row["rolls"],
        row["silence_accepts"], row["warn_days"],
    )  # fmt: skip


def _end(day: date, zone: ZoneInfo) -> datetime:
    """The last moment of a day on the spot."""
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC) - timedelta(seconds=1)


def _names(en: str, ru: str, pl: str, de: str) -> dict[str, str]:
    return {"en": en, "ru": ru, "pl": pl, "de": de}


DEFAULTS: tuple[dict[str, Any], ...] = (
    {
        "key": "payments", "countries": list(EU), "kinds": ["payment"], "days": 15, "unit": BUSINESS,
        "extended_days": 35, "rolls": False,
        "names": _names("Payment services: 15 business days", "Платёжные услуги: 15 рабочих дней",
                        "Usługi płatnicze: 15 dni roboczych", "Zahlungsdienste: 15 Geschäftstage"),
    },
    {
        "key": "pl_consumer", "countries": ["PL"], "days": 14, "silence_accepts": True,
        "names": _names("Poland, consumers: 14 days, silence accepts",
                        "Польша, потребители: 14 дней, молчание — согласие",
                        "Polska, konsumenci: 14 dni, milczenie oznacza uznanie",
                        "Polen, Verbraucher: 14 Tage, Schweigen gilt als Anerkenntnis"),
    },
    {
        "key": "ru_consumer", "countries": ["RU"], "days": 10, "warn_days": 2,
        "names": _names("Russia, consumers: 10 days", "Россия, потребители: 10 дней", "Rosja, konsumenci: 10 dni",
                        "Russland, Verbraucher: 10 Tage"),
    },
    {
        "key": "de_usual", "countries": ["DE"], "days": 14,
        "names": _names("Germany: 14 days, as is usual", "Германия: 14 дней, как принято",
                        "Niemcy: 14 dni, jak to przyjęte", "Deutschland: 14 Tage, wie üblich"),
    },
    {
        "key": "eu_general", "countries": list(EU), "days": 30, "acknowledge_days": 5, "warn_days": 5,
        "names": _names("EU: confirmed in 5 days, answered in 30", "ЕС: подтвердить за 5 дней, ответить за 30",
                        "UE: potwierdzenie w 5 dni, odpowiedź w 30", "EU: in 5 Tagen bestätigt, in 30 beantwortet"),
    },
    {
        "key": "elsewhere", "days": 30, "warn_days": 5,
        "names": _names("Elsewhere: 30 days", "В других странах: 30 дней", "Gdzie indziej: 30 dni",
                        "Anderswo: 30 Tage"),
    },
)  # fmt: skip
