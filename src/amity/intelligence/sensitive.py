"""Columns about who a person is, not what they do: recognised by heading and by values, and kept out by default.

Special categories of the GDPR (art. 9), and what equal-treatment law protects: sex, age, origin, family.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import polars as pl
from anyascii import anyascii

from amity.intelligence.columns import clean_words, plain, typed

# Words of headings, transliterated to ASCII; one that ends in "*" is a beginning; several words stand together.
_HEADINGS: dict[str, str] = {
    "sex": "sex|gender|pol|plec|geschlecht|anrede|salutation|title of address",
    "age": "age|birth*|birthday|dob|date of birth|year of birth|vozrast|rozhdeniya|wiek|urodz*|rok urodzenia|alter|"
    "geburts*|geburtsdatum|age group|altersgruppe",
    "origin": "race|ethnic*|ethno*|rasa|rasse|etnic*|ethnie|skin color|skin colour|natsionalnost|natsionalnosti|"
    "narodowosc|pochodzenie etniczne|ethnische herkunft|proiskhozhdenie|migration background|migrationshintergrund",
    "nationality": "nationality|citizen*|grazhdanstvo|obywatelstwo|staatsangehor*|staatsburger*|nationalitat|"
    "place of birth|birthplace|geburtsort|mesto rozhdeniya|miejsce urodzenia",
    "religion": "relig*|faith|confession|denomination|konfession|veroispovedanie|wyznanie|church|kirchensteuer",
    "health": "health|disease*|illness*|diagnos*|disab*|medical*|pregnan*|allerg*|blood type|zdorove|bolezn|bolezni|"
    "invalidnost|beremenn*|zdrow*|chorob*|niepelnospraw*|ciaza|gesundheit*|krank*|behinder*|schwanger*",
    "politics": "politic*|political party|party membership|partei|parteizugehor*|politicheskie|polityczn*|politisch*|"
    "trade union|union member|union membership|gewerkschaft*|profsoyuz|zwiazek zawodowy|zwiazki zawodowe",
    "family": "marital*|married|marriage|family status|family size|children|kids|dependents|dependants|"
    "number of children|semeinoe polozhenie|semeynoe polozhenie|deti|kolichestvo detei|stan cywilny|dzieci|"
    "familienstand|kinder|kinderzahl",
    "orientation": "sexual orientation|orientation|sexuelle orientierung|orientatsiya|orientacja seksualna",
}
# What turns such a word into something else: the age of an account, the health score of a customer.
_HARMLESS = frozenset(
    [
        "account",
        "company",
        "deal",
        "lead",
        "contract",
        "card",
        "domain",
        "device",
        "days",
        "months",
        "tenure",
        "product",
        "score",
        "index",
        "policy",
        "screen",
        "page",
        "ticket",
        "record",
        "relationship",
        "firmy",
        "umowy",
        "vertrag",
        "konto",
        "firma",
        "schet",
    ]
)
_SEXES = (
    {"m", "male", "man", "mr", "herr", "pan", "muzh", "muzhskoi", "muzhskoy", "mezczyzna", "mannlich", "muzhchina"},
    {"f", "female", "woman", "mrs", "ms", "miss", "frau", "pani", "zhen", "zhenskii", "zhenskiy", "kobieta", "weiblich",
     "zhenshchina", "w", "k", "zh"},
)  # fmt: skip
_VALUES: dict[str, frozenset[str]] = {
    "family": frozenset(
        [
            "single",
            "married",
            "divorced",
            "widowed",
            "separated",
            "ledig",
            "verheiratet",
            "geschieden",
            "verwitwet",
            "kawaler",
            "panna",
            "zonaty",
            "mezatka",
            "rozwiedziony",
            "rozwiedziona",
            "zhenat",
            "zamuzhem",
            "kholost",
            "razveden",
            "razvedena",
            "vdova",
        ]
    ),
    "religion": frozenset(
        [
            "christian",
            "catholic",
            "protestant",
            "orthodox",
            "muslim",
            "islam",
            "jewish",
            "hindu",
            "buddhist",
            "atheist",
            "katholisch",
            "evangelisch",
            "katolik",
            "prawoslawny",
            "katolicheskaya",
            "pravoslavnyi",
            "pravoslavie",
            "musulmanin",
            "islamic",
            "sikh",
        ]
    ),
    "origin": frozenset(["caucasian", "hispanic", "latino", "asian", "black", "white", "african", "mixed"]),
}
_MOSTLY = 0.8
_BORN = (1915, 2015)
_YOUNG = 2000  # the middle of birth dates lies before, the middle of a company's dates after


def found(table: pl.DataFrame) -> dict[str, str]:
    """Sensitive columns of ``table`` and what each tells of a person. Cost: one pass per text or date column."""
    kinds = {name: by_heading(name) or by_values(table[name]) for name in table.columns}
    return {name: kind for name, kind in kinds.items() if kind}


def held(columns: Mapping[str, str], decisions: Mapping[str, bool]) -> list[str]:
    """Those that stay out: all for which nobody took the decision to use them."""
    return [name for name in columns if decisions.get(name) is not True]


def by_heading(name: str) -> str:
    """What a heading says it holds, "" when nothing sensitive. Known product columns are not looked at."""
    words = _words(name)
    if not words or _HARMLESS & set(words):
        return ""
    return next((kind for kind, pattern in _PATTERNS.items() if pattern.search(f" {' '.join(words)} ")), "")


def by_values(raw: pl.Series) -> str:
    """What the values give away whatever the heading says."""
    if raw.dtype.is_temporal():
        return "age" if _births(raw) else ""
    if raw.dtype != pl.String:
        return ""
    known = clean_words(plain(raw)).drop_nulls()
    if not len(known):
        return ""
    values = {anyascii(str(v)).lower().strip(" .").replace("'", "") for v in known.unique().head(200)}
    if len(values) <= 5 and all(values & side for side in _SEXES) and _share(values, set.union(*_SEXES)) >= 0.6:
        return "sex"
    for kind, words in _VALUES.items():
        hits = values & words
        if len(hits) >= 2 and _share(values, words) >= _MOSTLY / (1 + (len(values) > 5)):
            return kind
    seen = typed(raw.name, raw)
    return "age" if seen.kind == "date" and _births(seen.values) else ""


def _births(dates: pl.Series) -> bool:
    years = dates.drop_nulls().dt.year()
    if len(years) < 10 or years.n_unique() < 5:
        return False
    inside = years.is_between(*_BORN).mean()
    middle = years.median()
    return isinstance(inside, float) and inside >= 0.95 and isinstance(middle, float) and middle < _YOUNG


def _share(values: set[str], words: Iterable[str]) -> float:
    return len(values & set(words)) / len(values)


def _words(name: str) -> list[str]:
    apart = re.sub(
        r"([a-z\d])([A-Z])", r"\1 \2", anyascii(re.sub(r"(?<=[а-яё])(?=[А-ЯЁ])", " ", name)).replace("'", "")
    )
    return [w for w in re.split(r"[^a-z]+", apart.lower()) if w]


def _pattern(words: str) -> re.Pattern[str]:
    options = [re.escape(w).replace(r"\*", r"\w*").replace(r"\ ", " ") for w in words.split("|")]
    return re.compile(rf" (?:{'|'.join(options)}) ")


_PATTERNS = {kind: _pattern(words) for kind, words in _HEADINGS.items()}
