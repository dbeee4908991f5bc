"""Cities with dialling codes, and telephone numbers that belong to nobody.

A subscriber number never begins with 0 in these four numbering plans, so numbers that do are valid in form
(libphonenumber accepts them) and cannot be called.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple


class City(NamedTuple):
    name: str
    code: str  # dialling code without the trunk prefix
    postcode: str  # first characters of the postcodes


COUNTRIES = {"de": "Germany", "pl": "Poland", "en": "United Kingdom", "ru": "Russia"}
PREFIXES = {"de": "49", "pl": "48", "en": "44", "ru": "7"}
CURRENCIES = {"de": "EUR", "pl": "PLN", "en": "GBP", "ru": "EUR"}
_MOBILE = {"de": "150", "ru": "973"}  # blocks that no operator holds


def _cities(text: str) -> tuple[City, ...]:
    return tuple(City(*(part.strip() for part in line.split("/"))) for line in text.split(","))


CITIES: dict[str, tuple[City, ...]] = {
    "de": _cities(
        "Berlin/30/10, München/89/80, Hamburg/40/20, Frankfurt am Main/69/60, Köln/221/50, Düsseldorf/211/40, "
        "Stuttgart/711/70, Leipzig/341/04, Dresden/351/01, Nürnberg/911/90, Hannover/511/30, Münster/251/48, "
        "Lübeck/451/23, Würzburg/931/97, Göttingen/551/37"
    ),
    "pl": _cities(
        "Warszawa/22/00, Kraków/12/30, Wrocław/71/50, Poznań/61/60, Gdańsk/58/80, Łódź/42/90, Katowice/32/40, "
        "Lublin/81/20, Szczecin/91/70, Białystok/85/15, Rzeszów/17/35, Toruń/56/87"
    ),
    "en": _cities(
        "London/20/EC1, Manchester/161/M1, Birmingham/121/B1, Leeds/113/LS1, Glasgow/141/G1, Edinburgh/131/EH1, "
        "Bristol/117/BS1, Liverpool/151/L1, Sheffield/114/S1, Cardiff/29/CF10, Nottingham/115/NG1, Reading/118/RG1"
    ),
    "ru": _cities(
        "Москва/495/101, Санкт-Петербург/812/190, Новосибирск/383/630, Екатеринбург/343/620, Казань/843/420, "
        "Нижний Новгород/831/603, Самара/846/443, Краснодар/861/350, Воронеж/473/394, Пермь/342/614"
    ),
}
DIGITS = {"de": 10, "pl": 9, "en": 10, "ru": 10}  # of a national number, without the trunk prefix
_POSTCODE = {"de": 5, "pl": 5, "en": 0, "ru": 6}


def landline(rng: Random, language: str, city: City) -> str:
    """A number in E.164, e.g. ``+49300123456``."""
    rest = DIGITS[language] - len(city.code) - 1
    return f"+{PREFIXES[language]}{city.code}0{rng.randrange(10**rest):0{rest}d}"


def mobile(rng: Random, language: str) -> str:
    """A mobile number in E.164, or empty where no block is free of owners."""
    if language not in _MOBILE:
        return ""
    digits = 8 if language == "de" else 7
    return f"+{PREFIXES[language]}{_MOBILE[language]}{rng.randrange(10**digits):0{digits}d}"


def written(rng: Random, phone: str, language: str, code: str) -> str:
    """``phone`` as staff typed it: national or international, with spaces, slashes or brackets."""
    national = phone.removeprefix(f"+{PREFIXES[language]}")
    rest = national.removeprefix(code)
    pairs = " ".join(rest[i : i + 3] for i in range(0, len(rest), 3)) if len(rest) > 3 else rest
    trunk = {"de": "0", "en": "0", "pl": "", "ru": "8 "}[language]
    styles = (
        phone,
        f"+{PREFIXES[language]} {code} {pairs}",
        f"+{PREFIXES[language]} ({code}) {rest[:3]}-{rest[3:]}",
        f"{trunk}{code}/{rest}" if language == "de" else f"{trunk}({code}) {pairs}" if language == "ru" else
        f"{trunk}{code} {pairs}",
    )  # fmt: skip
    return rng.choices(styles, (3, 4, 1, 2))[0]


def postcode(rng: Random, language: str, city: City) -> str:
    """A postcode of the city's area in the country's form."""
    if language == "en":
        return f"{city.postcode} {rng.randrange(1, 10)}{rng.choice('ABDEFGHJ')}{rng.choice('LNPQRSTU')}"
    size = _POSTCODE[language]
    digits = city.postcode + f"{rng.randrange(10 ** (size - len(city.postcode))):0{size - len(city.postcode)}d}"
    return f"{digits[:2]}-{digits[2:]}" if language == "pl" else digits
