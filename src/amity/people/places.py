"""Countries and languages by any name in English, Russian, Polish or German, as ISO codes."""

from __future__ import annotations

from functools import cache

from babel import Locale
from rapidfuzz import fuzz, process

from amity.base.plain import LANGUAGES, normal

_SPELLABLE = 7  # letters from which on a misspelt name is recognised
_NEARLY = 92  # of 100: one wrong letter in a name of that length
_ALIASES = {
    "usa": "US", "u s a": "US", "united states america": "US", "america": "US", "сша": "US", "uk": "GB",
    "england": "GB", "great britain": "GB", "britain": "GB", "scotland": "GB", "англия": "GB",
    "wielka brytania": "GB", "england uk": "GB", "korea": "KR", "россия": "RU", "рф": "RU",
    "российская федерация": "RU", "russian federation": "RU", "rosja": "RU", "holland": "NL", "holandia": "NL",
    "czech republic": "CZ", "czechy": "CZ", "tschechien": "CZ", "deutschland": "DE", "brd": "DE", "niemcy": "DE",
    "polen": "PL", "uae": "AE", "turkey": "TR", "belarus": "BY", "белоруссия": "BY", "republic korea": "KR",
    "viet nam": "VN", "macedonia": "MK", "беларусь": "BY", "republika federalna niemiec": "DE",
    "stany zjednoczone ameryki": "US", "vereinigte staaten von amerika": "US", "соединенные штаты": "US",
    "polska rp": "PL", "rp": "PL", "ivory coast": "CI", "burma": "MM", "moldova": "MD", "молдавия": "MD",
    "киргизия": "KG", "hong kong": "HK", "taiwan": "TW", "iran": "IR", "syria": "SY", "tanzania": "TZ",
    "bolivia": "BO", "venezuela": "VE",
}  # fmt: skip


@cache
def country_code(text: str) -> str:
    """ISO 3166-1 alpha-2 code of a country named in one of four languages or by a code; empty where unknown."""
    if found := well_spelt_country(text):
        return found
    known, name = _countries(), normal(text.strip())
    if len(name) < _SPELLABLE or any(letter.isdigit() for letter in name):
        return ""
    close = process.extractOne(name, known.keys(), scorer=fuzz.ratio, score_cutoff=_NEARLY)
    return known[close[0]] if close else ""


def well_spelt_country(text: str) -> str:
    """As `country_code`, of names without a wrong letter; a hundredth of its cost for texts that are no country."""
    stripped = text.strip()
    if len(stripped) == 2 and stripped.isascii() and stripped.upper() in _codes():
        return stripped.upper()
    return _countries().get(normal(stripped), "")


@cache
def language_code(text: str) -> str:
    """BCP 47 primary code of a language (``Polish``, ``polski``, ``pl_PL``, ``ru-RU``); empty where unknown."""
    stripped = text.strip()
    head = stripped.replace("_", "-").split("-")[0].lower()
    if 2 <= len(head) <= 3 and head in Locale.parse("en").languages:
        return head
    return _languages().get(normal(stripped), "")


@cache
def _codes() -> frozenset[str]:
    names = [str(code) for code in Locale.parse("en").territories]
    return frozenset(code for code in names if len(code) == 2 and code.isalpha()) - {"EU", "UN", "XA", "XB", "EZ", "ZZ"}


@cache
def _countries() -> dict[str, str]:
    found: dict[str, str] = {}
    for language in LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if code in _codes():
                found.setdefault(normal(name), code)
                found.setdefault(normal(name.split("(")[0]), code)
    found |= _three_letters()
    return found | {normal(name): code for name, code in _ALIASES.items()}


def _three_letters() -> dict[str, str]:
    pairs = (
        "deu:DE pol:PL rus:RU gbr:GB fra:FR ita:IT esp:ES ukr:UA blr:BY kaz:KZ nld:NL bel:BE aut:AT che:CH "
        "cze:CZ svk:SK swe:SE nor:NO dnk:DK fin:FI prt:PT grc:GR tur:TR chn:CN jpn:JP ind:IN bra:BR can:CA "
        "aus:AU mex:MX ltu:LT lva:LV est:EE hun:HU rou:RO bgr:BG srb:RS hrv:HR isr:IL are:AE zaf:ZA kor:KR "
        "arg:AR irl:IE lux:LU svn:SI uzb:UZ geo:GE "
    )
    return {pair[:3]: pair[4:] for pair in pairs.split()}


@cache
def _languages() -> dict[str, str]:
    found: dict[str, str] = {}
    for language in LANGUAGES:
        for code, name in Locale.parse(language).languages.items():
            if len(code) <= 3:
                found.setdefault(normal(name), code)
    for code in ("en", "ru", "pl", "de", "fr", "es", "it", "uk"):
        found.setdefault(normal(Locale.parse(code).get_display_name(code) or code), code)
    return found | {"polnisch": "pl", "angielski": "en", "rosyjski": "ru", "niemiecki": "de"}
