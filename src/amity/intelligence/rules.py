"""What salespeople know before any data: mild, general rules that serve as the prior of the learned weights.

A rule matches a column's heading (and, for categories, a value) in English, Russian, Polish or German and says by
how many log-odds the chance usually moves: per standard deviation of a number, or against the other values of a
category. Data overrule them; the ladder uses them only where they prove themselves on rows not seen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amity.intelligence.features import FeatureSpec

YES = re.compile(r"^(yes|true|1|y|да|tak|ja|t)$")


@dataclass(frozen=True, slots=True)
class Rule:
    """``heading`` and ``value`` are searched in lower-cased text; ``value`` empty means a number."""

    key: str
    heading: re.Pattern[str]
    value: re.Pattern[str] | None
    effect: float


def _rule(key: str, heading: str, value: str | None, effect: float) -> Rule:
    return Rule(key, re.compile(heading), re.compile(value) if value else None, effect)


RULES = (
    _rule(
        "referral",
        r"source|origin|channel|источник|канал|źródło|zrodlo|kanał|quelle|kanal|herkunft",
        r"referr|reference|recommend|word of mouth|рекоменд|сарафан|poleceni|empfehl",
        0.8,
    ),
    _rule(
        "own_request",
        r"source|origin|channel|form|источник|źródło|quelle",
        r"demo|contact us|add form|request|запрос|zapytani|anfrage",
        0.4,
    ),
    _rule(
        "bought_list",
        r"source|origin|channel|источник|źródło|quelle",
        r"purchased|cold|list|холодн|zimn|kalt|gekauft",
        -0.4,
    ),
    _rule(
        "no_contact",
        r"do not|don't|opt.?out|unsubscrib|не звонить|отпис|nie dzwoń|wypisan|nicht kontakt|abgemeldet",
        YES.pattern,
        -0.6,
    ),
    _rule(
        "attention",
        r"time.*(site|web)|visits?$|pages? view|opens|clicks|время на сайте|визит|просмотр|"
        r"czas na stronie|wizyt|odsłon|besuche|seitenaufruf",
        None,
        0.4,
    ),
    _rule(
        "senior",
        r"title|position|role|должность|stanowisko",
        r"owner|founder|ceo|chief|director|head|владелец|директор|właściciel|dyrektor|inhaber|geschäftsführ|leiter",
        0.3,
    ),
    _rule(
        "returning", r"customer.?type|visitor|повторн|powracaj|bestandskunde", r"returning|existing|повторн|stał", 0.3
    ),
)


def prior_means(spec: FeatureSpec, meaning: list[tuple[int, str]]) -> NDArray[np.float64]:
    """Prior mean of every design column (p,), zero where no rule speaks."""
    return np.array([_effect(spec.columns[i].name, part) for i, part in meaning], dtype=np.float64)


def applied(spec: FeatureSpec, meaning: list[tuple[int, str]]) -> list[str]:
    """Keys of the rules that found a column here."""
    return sorted({r.key for i, part in meaning if (r := _match(spec.columns[i].name, part)) is not None})


def _effect(heading: str, part: str) -> float:
    rule = _match(heading, part)
    return rule.effect if rule else 0.0


def _match(heading: str, part: str) -> Rule | None:
    lower, value = heading.lower(), part.lower()
    for rule in RULES:
        if not rule.heading.search(lower):
            continue
        if (rule.value is None and part == "+") or (rule.value is not None and value and rule.value.search(value)):
            return rule
    return None
