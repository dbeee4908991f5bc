"""Card numbers never leave and are never kept: all but their last four digits are masked. Pure."""

from __future__ import annotations

import re

MASK = "•"
_BETWEEN = r"[ \u00a0\-.]"
# What stands between digits where a text is written as HTML, JSON or a form: blanks by name, marks of how they look.
_TOLD = r"&nbsp;|&#160;|&#xa0;|%20|%C2%A0|\\u00a0|\+"
_LOOKS = r"</?(?:a|b|em|font|i|small|span|strong|tt|u|wbr)\b[^<>]{0,300}>"
_DIGITS = re.compile(rf"(?<!\d)\d(?:{_BETWEEN}?\d){{12,18}}(?!\d)")
_WRITTEN = re.compile(
    rf"(?<!\d)\d(?:(?:{_LOOKS}){{0,3}}(?:{_BETWEEN}|{_TOLD})?(?:{_LOOKS}){{0,3}}\d){{12,18}}(?!\d)", re.IGNORECASE
)
_TOKEN = re.compile(rf"{_LOOKS}|{_TOLD}|.", re.IGNORECASE | re.DOTALL)


def masked(text: str, sign: str = MASK) -> str:
    """``text`` with every number that can be a payment card's (13–19 digits, Luhn) masked."""
    return _DIGITS.sub(lambda match: _mask(match.group(0), sign), text)


def masked_source(text: str, sign: str = MASK) -> str:
    """`masked` for what is written as HTML, JSON or a form, where other things than blanks may part the digits."""
    return _WRITTEN.sub(lambda match: _mask(match.group(0), sign), text)


def luhn(digits: str) -> bool:
    """Whether the check digit of a card number is right."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _mask(told: str, sign: str) -> str:
    tokens = _TOKEN.findall(told)
    digits = "".join(each for each in tokens if each.isdecimal())
    if len(set(digits)) == 1 or not luhn(digits):
        return told
    left = len(digits) - 4
    out, seen = [], 0
    for each in tokens:
        out.append(sign if each.isdecimal() and seen < left else each)
        seen += each.isdecimal()
    return "".join(out)
