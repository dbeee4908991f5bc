"""Which of the four languages a message is in, or none of them: by its letters, its commonest words and its endings."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(r"[^\W\d_]+")
_COMMON = {
    "en": "a the of and to in is are was were be been do does did can could would will should what which who how when "
    "where why with by from that this it its as has have had i you he she they we my your me us not no on at for "
    "or if an so there please want need get make set tell show give find know about any some all new out up am "
    "i'm it's don",
    "pl": "i w we na z ze do o od po za nie co jak gdzie kiedy kto to ten ta te jest są był była było były się a ale "
    "czy dla przy jaki jaka jakie ile mój moja mnie mam ma już tylko też tak jego jej ich ja ty on ona oni my "
    "wy być przez bez nad pod który która które może proszę dziękuję chcę jestem tego tym tej nowy",
    "de": "der die das den dem des ein eine einen einem einer und oder in im an am auf mit von vom zu zum zur für ist "
    "sind war waren wird wurde werden hat haben hatte was wer wie wo wann warum welche welcher welches es sie er "
    "ich wir nicht sich bei nach aus als auch mir mich mein meine du dein ihr bitte kannst kann will möchte gibt "
    "noch um so heute morgen mal alle alles keine kein bis über dass wenn",
}
_LETTERS = {"pl": "ąćęłńśźżó", "de": "äöüß"}
_ENDINGS = {
    "en": ("ing", "tion", "ly", "ed", "ght", "ck", "ould", "th", "ee", "ss", "ness", "ful", "ow", "ay"),
    "pl": ("ie", "ów", "ego", "ych", "owa", "ski", "cie", "ację", "nia", "wy", "rz", "ek", "zy", "uje", "any", "anie"),
    "de": ("en", "ung", "ich", "sch", "keit", "heit", "lich", "ern", "tet", "ei", "cht", "tz", "er", "ste"),
}
_STARTS = {
    "en": ("th", "wh", "wr", "kn"),
    "pl": ("prz", "sz", "cz", "wy", "dz", "nie", "pod", "roz", "ws", "zw"),
    "de": ("ge", "ver", "sch", "ein", "auf", "be", "zu", "aus"),
}
_FOREIGN = set("іїєґўјљњћђќѓѕџ")  # Cyrillic, but no Russian
_WORD_WEIGHT, _LETTER_WEIGHT, _PART_WEIGHT = 2.0, 2.5, 0.4
_LEAST = 0.55
_LEAST_A_WORD = 0.25


@dataclass(frozen=True, slots=True)
class Tongue:
    """``code``: en, ru, pl, de, or "" for don't know; ``confidence`` 0..1."""

    code: str
    confidence: float


def tongue(text: str) -> Tongue:
    """The language of a message."""
    words = _WORD.findall(text.lower())
    letters = Counter("".join(words))
    total = sum(letters.values())
    if not total:
        return Tongue("", 0.0)
    cyrillic = sum(count for letter, count in letters.items() if "\u0400" <= letter <= "\u04ff")
    if cyrillic * 2 > total:
        russian = not any(letter in _FOREIGN for letter in letters)
        return Tongue("ru" if russian else "", cyrillic / total)
    latin = sum(count for letter, count in letters.items() if letter < "\u0250")
    if latin * 2 < total:
        return Tongue("", 0.0)
    points = {code: max(sum(_points(word, code) for word in words), 0.0) for code in _COMMON}
    best = max(points, key=lambda code: points[code])
    sure = points[best] / max(sum(points.values()), 1e-9)
    enough = sure >= _LEAST and points[best] > _LEAST_A_WORD * len(words)
    return Tongue(best if enough else "", sure)


@lru_cache(maxsize=50_000)
def _points(word: str, code: str) -> float:
    letters = sum(letter in _LETTERS.get(code, "") for letter in word)
    if letters < sum(not letter.isascii() for letter in word):
        return -_LETTER_WEIGHT  # a letter this language does not have
    parts = sum(word.endswith(end) for end in _ENDINGS[code]) + sum(word.startswith(start) for start in _STARTS[code])
    return _WORD_WEIGHT * (word in _words(code)) + _LETTER_WEIGHT * min(letters, 2) + _PART_WEIGHT * min(parts, 2)


@lru_cache(maxsize=8)
def _words(code: str) -> frozenset[str]:
    return frozenset(_COMMON[code].split())
