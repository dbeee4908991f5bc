"""Card numbers never leave and are never kept: all but their last four digits are masked. Pure."""

from __future__ import annotations

import re

_DIGITS = re.compile(r"(?<![\d])\d(?:[ \u00a0\-.]?\d){12,18}(?![\d])")
MASK = "•"


def masked(text: str) -> str:
    """``text`` with every number that can be a payment card's (13–19 digits, Luhn) masked."""
    return _DIGITS.sub(_mask, text)


def luhn(digits: str) -> bool:
    """Whether the check digit of a card number is right."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _mask(match: re.Match[str]) -> str:
    told = match.group(0)
    digits = re.sub(r"\D", "", told)
    if len(set(digits)) == 1 or not luhn(digits):
        return told
    left = len(digits) - 4
    out, seen = [], 0
    for sign in told:
        out.append(MASK if sign.isdigit() and seen < left else sign)
        seen += sign.isdigit()
    return "".join(out)
