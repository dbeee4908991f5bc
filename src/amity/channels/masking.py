"""Card numbers never leave and are never kept: all but their last four digits are masked. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate

MASK = "•"
_BETWEEN = r"[ \u00a0\u2009\u202f\-\u2010\u2011\u2013.]"
# What stands between digits where a text is written as HTML, JSON or a form: blanks by name, marks of how they look.
_TOLD = r"&nbsp;|&#160;|&#xa0;|%20|%C2%A0|\\u00a0|\+"
_LOOKS = r"</?(?:a|b|em|font|i|small|span|strong|tt|u|wbr)\b[^<>]{0,300}>"
_FEWEST, _MOST = 13, 19
_DIGITS = re.compile(rf"(?<!\d)\d(?:{_BETWEEN}?\d){{12,}}+(?!\d)")
# Possessive: where digits end too early, tags between them are not shared out anew in every way there is.
_WRITTEN = re.compile(
    rf"(?<!\d)\d(?:(?:{_LOOKS}){{0,3}}+(?:{_BETWEEN}|{_TOLD})?+(?:{_LOOKS}){{0,3}}+\d){{12,}}+(?!\d)", re.IGNORECASE
)
_TOKEN = re.compile(rf"{_LOOKS}|{_TOLD}|.", re.IGNORECASE | re.DOTALL)
# First digits and lengths of networks: one in ten other long numbers, and every IMEI, has a right check digit too.
# Visa's of 13 digits ended long ago; German mobile numbers look like them.
_CARD = re.compile(
    r"1\d{14}|2\d{15,18}|3[47]\d{13}|3[0689]\d{12,17}|35\d{14,17}|4\d{15}(?:\d{3})?|5[1-5]\d{14}|5[06-9]\d{11,17}"
    r"|6[0245]\d{14,17}|6[136-9]\d{11,17}|8[12]\d{14,17}|9\d{15}"
)
_APART = 4  # digits that the first group of a number has, where other digits stand beside it


def masked(text: str, sign: str = MASK) -> str:
    """``text`` with every number that can be a payment card's (13–19 digits, network, Luhn) masked."""
    return _settled(_DIGITS, text, sign)


def masked_source(text: str, sign: str = MASK) -> str:
    """`masked` for what is written as HTML, JSON or a form, where other things than blanks may part the digits."""
    return _settled(_WRITTEN, text, sign)


def luhn(digits: str) -> bool:
    """Whether the check digit of a card number is right."""
    return bool(digits) and _sum(_sums(digits), 0, len(digits)) % 10 == 0


def _settled(pattern: re.Pattern[str], text: str, sign: str) -> str:
    """Masked until nothing is left to mask: the last four digits of a number may begin another."""
    while (told := pattern.sub(lambda match: _mask(match.group(0), sign), text)) != text:
        text = told
    return text


def _mask(told: str, sign: str) -> str:
    tokens = _TOKEN.findall(told)
    places = [place for place, each in enumerate(tokens) if each.isdecimal()]
    begins = [at for at, place in enumerate(places) if not at or place > places[at - 1] + 1]
    for start, end in _cards("".join(str(int(tokens[place])) for place in places), begins):
        for place in places[start : end - 4]:
            tokens[place] = sign
    return "".join(tokens)


def _cards(digits: str, begins: Sequence[int]) -> list[tuple[int, int]]:
    """Where numbers of cards stand: all digits, else groups of them, since others (an expiry) may stand beside."""
    sums, bounds = _sums(digits), [*begins, len(digits)]
    if _is_card(digits, sums, 0, len(digits)):
        return [(0, len(digits))]
    found: list[tuple[int, int]] = []
    for at, start in enumerate(begins):
        if bounds[at + 1] - start < _APART or (found and start < found[-1][1]):
            continue
        ends = [end for end in bounds[at + 1 : at + 1 + _MOST] if _is_card(digits, sums, start, end)]
        found += [(start, ends[-1])] if ends else []
    return found


def _is_card(digits: str, sums: tuple[list[int], list[int]], start: int, end: int) -> bool:
    if not _FEWEST <= end - start <= _MOST or _sum(sums, start, end) % 10:
        return False
    number = digits[start:end]
    return len(set(number)) > 1 and bool(_CARD.fullmatch(number))


def _sums(digits: str) -> tuple[list[int], list[int]]:
    """Sums up to each place, where digits in even places count as they are, and where those in odd ones do."""
    twice = [value * 2 - 9 * (value > 4) for value in map(int, digits)]
    plain = list(map(int, digits))
    even = [plain[at] if at % 2 == 0 else twice[at] for at in range(len(digits))]
    odd = [plain[at] if at % 2 else twice[at] for at in range(len(digits))]
    return [0, *accumulate(even)], [0, *accumulate(odd)]


def _sum(sums: tuple[list[int], list[int]], start: int, end: int) -> int:
    told = sums[(end - 1) % 2]
    return told[end] - told[start]
