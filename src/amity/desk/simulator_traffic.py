"""Thirty days of made-up traffic for a desk: seeded, with what makes desks hard.

Hours and days have their profile and Mondays are the worst; half of the days differ by chance; languages and skills
are not spread evenly over agents; handling times have a heavy tail (lognormal); three in ten contacts come from
somebody who wrote in the last days; some customers are worth more; what is urgent must be answered sooner.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from amity.desk.hours import BusinessHours, read_day
from amity.desk.simulator import Contact, Worker

START = datetime(2026, 9, 7, tzinfo=UTC)  # a Monday
OPEN = BusinessHours("UTC", (read_day("08:00-20:00"),) * 5 + (read_day("09:00-15:00"), ()))
_HOURS = np.array([0.2] * 7 + [1.5, 4, 7, 8.5, 8, 6, 6.5, 7.5, 7, 6, 5, 4, 3, 2, 1, 0.6, 0.3])
_DAYS = (1.35, 1.1, 1.0, 1.0, 0.95, 0.45, 0.2)
_SKILLS = (("", 0.35), ("billing", 0.28), ("technical", 0.22), ("returns", 0.15))
_LANGUAGES = (("en", 0.45), ("de", 0.27), ("pl", 0.18), ("ru", 0.1))
_CHANNELS = (("email", 0.55), ("chat", 0.3), ("whatsapp", 0.15))
_URGENCIES = ((0, 0.15), (1, 0.6), (2, 0.2), (3, 0.05))
_TARGETS = {0: 480, 1: 240, 2: 60, 3: 30}  # working minutes
_CHAT = 20
_WORK = {"": 420.0, "billing": 560.0, "technical": 900.0, "returns": 480.0}  # mean seconds
_TAIL = 0.9
_AGAIN, _AGAIN_DAYS = 0.3, 5


@dataclass(frozen=True, slots=True)
class Traffic:
    """Contacts of a month, who serves them, and when the desk is open."""

    contacts: list[Contact]
    workers: list[Worker]
    hours: BusinessHours


def made(seed: int, days: int = 30, a_day: float = 300.0, agents: int = 12) -> Traffic:
    """One month; the same seed makes the same. ``a_day``: contacts on a middling weekday."""
    dice = np.random.default_rng(seed)
    workers = _workers(dice, agents)
    contacts: list[Contact] = []
    recent: list[tuple[float, str, str, int]] = []
    for day in range(days):
        expected = a_day * _DAYS[(START + timedelta(days=day)).weekday()] * dice.lognormal(0, 0.15)
        hours = dice.choice(24, size=int(dice.poisson(expected)), p=_HOURS / _HOURS.sum())
        for at in np.sort(hours * 3600 + dice.uniform(0, 3600, size=len(hours))):
            moment = START.timestamp() + day * 86_400 + float(at)
            contacts.append(_contact(dice, len(contacts), moment, recent))
    return Traffic(contacts, workers, OPEN)


def _contact(dice: np.random.Generator, number: int, at: float, recent: list[tuple[float, str, str, int]]) -> Contact:
    while recent and recent[0][0] < at - _AGAIN_DAYS * 86_400:
        recent.pop(0)
    if recent and dice.random() < _AGAIN:
        _when, person, language, level = recent[int(dice.integers(len(recent)))]
    else:
        person, language, level = f"p{number}", _pick(dice, _LANGUAGES), int(dice.choice(3, p=(0.5, 0.38, 0.12)))
    recent.append((at, person, language, level))
    channel, urgency, skill = _pick(dice, _CHANNELS), int(_pick(dice, _URGENCIES)), _pick(dice, _SKILLS)
    minutes = _CHAT if channel == "chat" else _TARGETS[urgency]
    work = float(dice.lognormal(np.log(_WORK[skill]) - _TAIL**2 / 2, _TAIL))
    return Contact(
        f"c{number}", at, person, channel, "", min(max(work, 30.0), 4 * 3600.0), language, skill, urgency, level,
        minutes * 60.0,
    )  # fmt: skip


def _workers(dice: np.random.Generator, agents: int) -> list[Worker]:
    """Early and late shifts; everybody speaks English or not alone, a few know a field well."""
    shifts = ("08:00-12:00, 12:30-16:30", "11:30-15:30, 16:00-20:00")
    names = [name for name, _share in _SKILLS if name]
    found = []
    for number in range(agents):
        day = read_day(shifts[number % 2])
        saturday = read_day("09:00-15:00") if number % 4 == 0 else ()
        best = names[number % len(names)]
        skills = {best: int(dice.choice((2, 3)))}
        if dice.random() < 0.5:
            skills[names[(number + 1) % len(names)]] = int(dice.choice((1, 2)))
        spoken = {"en"} if dice.random() < 0.85 else set()
        spoken |= {("de", "pl", "ru")[(number // 2) % 3]} | ({"de"} if dice.random() < 0.35 else set())
        hours = BusinessHours("UTC", (day,) * 5 + (saturday, ()))
        found.append(Worker(f"a{number:02d}", skills, frozenset(spoken), frozenset(), 2, hours))
    return found


def _pick(dice: np.random.Generator, shares: tuple[tuple[object, float], ...]) -> str:
    place = int(dice.choice(len(shares), p=[share for _name, share in shares]))
    return str(shares[place][0])
