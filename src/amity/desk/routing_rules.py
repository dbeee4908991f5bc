"""Rules that can be read: in order, "when all of this holds, then that". Pure.

Each rule that holds sets what no rule before it has set: a queue, a skill that is needed, how urgent it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

CONDITIONS = ("channel", "language", "intent", "urgency", "queue", "customer", "tone", "words")
EFFECTS = ("queue", "skill", "urgency")
MAX_VALUES, MAX_LENGTH = 40, 80
_LEVELS = {"known": 1, "valuable": 2}


@dataclass(frozen=True, slots=True)
class About:
    """What rules and choices look at. ``level``: 0 nobody known, 1 customer, 2 valuable. ``text``: lower case."""

    channel: str
    language: str = ""
    intent: str = ""
    urgency: int = 1
    queue: str = ""
    level: int = 0
    tone: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """``when``: condition → values, any of which is enough; ``then``: effect → value."""

    key: str
    name: str
    when: Mapping[str, Sequence[str]]
    then: Mapping[str, Any]

    def holds(self, about: About) -> bool:
        return all(_met(name, values, about) for name, values in self.when.items() if values)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say: where it goes, what it needs, and which rule said so."""

    queue: str
    skill: str = ""
    urgency: int = 1
    rules: Mapping[str, str] = field(default_factory=dict)  # effect → name of the rule


def decide(rules: Sequence[Rule], about: About) -> Verdict:
    """Read the rules in order. What none of them sets stays as it is."""
    said: dict[str, Any] = {}
    told: dict[str, str] = {}
    for rule in rules:
        if rule.holds(about):
            for effect, value in rule.then.items():
                if value not in ("", None) and effect not in said:
                    said[effect], told[effect] = value, rule.name
    return Verdict(said.get("queue", about.queue), said.get("skill", ""), int(said.get("urgency", about.urgency)), told)


def _met(name: str, values: Sequence[str], about: About) -> bool:
    if name == "words":
        return any(_says(about.text, each) for each in values)
    if name == "customer":
        return any(about.level >= _LEVELS.get(each, 9) for each in values)
    if name == "urgency":
        return str(about.urgency) in values
    if name == "language":
        return about.language.partition("-")[0] in {each.partition("-")[0] for each in values}
    return getattr(about, name) in values


def _says(text: str, word: str) -> bool:
    """Whole words; a word that ends with * is the beginning of one."""
    stem = word.strip().lower()
    begins = stem.endswith("*")
    pattern = rf"(?<!\w){re.escape(stem.rstrip('*'))}" + ("" if begins else r"(?!\w)")
    return bool(stem.strip("*")) and re.search(pattern, text) is not None
