"""How well a heading and its values fit each field of a noun."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from rapidfuzz import fuzz, process

from amity.base.plain import normal
from amity.people.imports.facts import Facts
from amity.people.imports.nouns import DECLARED, Field, Kind, Noun
from amity.people.imports.vocabulary import file_words, phrases
from amity.people.imports.wordlists import FIELD_WORDS

_FUZZY = 88
_LEAST = 0.35
_STATES = 40  # distinct texts of an outcome at most
_NEUTRAL_WORDS = (
    "work home primary main mobile private business office billing mailing shipping other current full default what is "
    "user date "
    "рабочий основной личный мобильный домашний служебный в сумма руб рублей служебная рабочая мобильная "
    "służbowy główny prywatny domowy netto brutto "
    "geschäftlich privat haupt local usd eur pln rub gbp in der des die das vom "
    "utc gmt address адрес adres adresse value"
)
_NEVER_INSIDE = frozenset(
    ("last", "first", "y", "no", "nr", "lp", "pk", "id", "type", "typ", "head", "size", "first name")
)
_NUMBERS: tuple[Kind, ...] = ("number", "integer", "money")
_MEASURES = ("number", "integer", "money", "date", "datetime", "key", "email", "phone")


@dataclass(frozen=True, slots=True)
class Match:
    """A field for a column: ``score`` 0-1, and what it rests on (``name``, ``similar``, ``content``)."""

    field: str
    score: float
    by: str
    phrase: str = ""


def matches(noun: Noun, facts: Facts) -> list[Match]:
    """Fields of the noun that the column may be, best first."""
    named = _named(noun.key, normal(facts.column))
    found = []
    for field in noun.fields:
        match = named.get(field.key)
        if match:
            score = match.score * fit(field, noun, facts)
            found.append(Match(field.key, score, match.by, match.phrase))
        else:
            score = _by_content(field, noun, facts) * (0.5 if named else 1.0)
            found.append(Match(field.key, score, "content"))
    return sorted((match for match in found if match.score > _LEAST), key=lambda match: -match.score)


def fit(field: Field, noun: Noun, facts: Facts) -> float:
    """How far (0-1) the values allow the field; 0.7 for an empty column, which nothing contradicts."""
    if not facts.filled:
        return 0.7
    if field.key == "external_id":
        return 1.0 if facts.unique else 0.25
    if field.key == "name" and noun.key in ("company", "product", "staff"):
        if facts.kind in _NUMBERS or facts.kind in ("date", "boolean"):
            return 0.05
        return 1.0 if facts.distinct > 0.9 * facts.filled else 0.45
    return _fit_kind(field, facts)


@cache
def nouns_in(name: str) -> tuple[str, ...]:
    """Nouns that a file or sheet name speaks of, the last word first (``sales_teams`` is about teams)."""
    text = f" {normal(name.rsplit('.gz', 1)[0].rsplit('.', 1)[0])} "
    hits = [(text.rfind(f" {word} "), len(word), noun) for word, noun in file_words().items() if f" {word} " in text]
    hits.sort(key=lambda hit: (-(hit[0] + hit[1]), -hit[1]))
    return tuple(dict.fromkeys(noun for _at, _length, noun in hits))


def _fit_kind(field: Field, facts: Facts) -> float:
    if field.kind in _NUMBERS:
        return _fit_number(field, facts)
    fitting = {
        "email": facts.share("email") > 0.5,
        "phone": facts.share("phone") > 0.3 or (facts.share("numeric") > 0.5 and facts.kind not in ("boolean", "date")),
        "date": facts.share("date") > 0.7,
        "datetime": facts.share("date") > 0.7,
        "boolean": facts.share("boolean") > 0.9,
        "country": facts.share("country") > 0.5,
        "outcome": facts.distinct <= _STATES,
        "lead_status": facts.distinct <= _STATES,
    }
    if field.kind in fitting:
        return 1.0 if fitting[field.kind] else 0.1
    return _fit_text(field, facts)


def _fit_number(field: Field, facts: Facts) -> float:
    if facts.share("number") > 0.8 and facts.kind not in ("boolean", "date"):
        return 1.0
    if field.key == "employees" and facts.distinct <= 30:
        return 0.8  # ranges such as 51-200
    return 0.6 if facts.share("number") > 0.8 else 0.1


def _fit_text(field: Field, facts: Facts) -> float:
    """Texts take much; only what cannot be meant is marked down."""
    number = facts.kind in _NUMBERS
    doubtful = {
        "date": facts.kind == "date",
        "boolean": facts.kind == "boolean" and field.kind != "category",
        "number": number
        and not (field.kind in ("key", "category") or field.refers or field.key in ("postcode", "address")),
        "email": facts.share("email") > 0.5 and not field.refers,
        "no digits": field.key == "postcode" and _no_digits(facts),
        "same for all": field.key == "full_name" and facts.rows > 50 and facts.distinct <= 5,
        "own for each": field.kind == "category" and facts.unique and facts.rows > 20,
    }
    return 0.2 if any(doubtful.values()) else 1.0


def _no_digits(facts: Facts) -> bool:
    return bool(facts.samples) and not any(char.isdigit() for text in facts.samples for char in text)


def _by_content(field: Field, noun: Noun, facts: Facts) -> float:
    """A score (at most 0.65) from the values alone, for headings that say nothing."""
    if (
        not facts.filled
        or facts.kind in ("date", "boolean", "money")
        or (facts.kind == "number" and field.key != "phone")
    ):
        return 0.0
    human = noun.key in ("person", "staff") and facts.distinct > 0.5 * facts.filled
    signs = {
        "email": (facts.share("email") > 0.7, 0.65),
        "phone": (facts.share("phone") > 0.7, 0.6),
        "country": (facts.share("country") > 0.85 and facts.distinct > 2, 0.45),
        "full_name": (human and facts.share("person") > 0.8, 0.55),
        "name": (
            (human and facts.share("person") > 0.8) or (noun.key == "company" and facts.share("company") > 0.5),
            0.55,
        ),
        "company": (noun.key in ("person", "deal") and facts.share("company") > 0.5, 0.55),
        "domain": (facts.share("url") > 0.8 and facts.share("email") == 0, 0.5),
        "external_id": (facts.unique and facts.share("id") > 0.95 and facts.rows > 1 and _may_be_key(facts), 0.4),
    }
    found, score = signs.get(field.key, (False, 0.0))
    return score if found else 0.0


def _may_be_key(facts: Facts) -> bool:
    """Whole numbers are keys only where no heading says otherwise; a heading known as a measure is none."""
    if facts.kind == "integer" and not facts.column.startswith("Column "):
        return False
    meanings = (key.split(".") for key in phrases().get(normal(facts.column), ()))
    kinds = {
        noun.field(field).kind
        for owner, field in meanings
        for noun in DECLARED
        if owner in ("*", noun.key) and noun.has(field)
    }
    return not kinds & set(_MEASURES)


@cache
def _named(noun: str, heading: str) -> dict[str, Match]:
    """Matches of a heading by name alone."""
    found: dict[str, Match] = {}
    for phrase, score, by in _phrases_for(noun, heading):
        for key in phrases()[phrase]:
            owner, field = key.split(".")
            if owner not in ("*", noun):
                continue
            rank = _rank(key, phrase)
            match = Match(field, score - (0.02 if owner == "*" else 0) - rank, by, phrase)
            if field not in found or found[field].score < match.score:
                found[field] = match
    return _without_other_nouns(noun, heading, found)


def _phrases_for(noun: str, heading: str) -> list[tuple[str, float, str]]:
    """Known phrases like the heading: equal, contained with neutral words around, or spelt nearly so."""
    known = phrases()
    if heading in known:
        return [(heading, 1.0, "name")]
    found = _inside(noun, heading.split())
    squeezed = heading.replace(" ", "")
    if not found and squeezed in _squeezed():
        found.append((_squeezed()[squeezed], 0.95, "name"))
    if not found and len(heading) > 4:
        close = process.extract(heading, known.keys(), scorer=fuzz.ratio, score_cutoff=_FUZZY, limit=3)
        found += [(phrase, 0.8 * score / 100, "similar") for phrase, score, _index in close]
    return found


def _inside(noun: str, words: list[str]) -> list[tuple[str, float, str]]:
    found = []
    for length in range(len(words) - 1, 0, -1):
        for start in range(len(words) - length + 1):
            phrase = " ".join(words[start : start + length])
            rest = words[:start] + words[start + length :]
            usable = phrase in phrases() and len(phrase) > 2 and phrase not in _NEVER_INSIDE
            if usable and all(word in _side_words(noun) or word.isdigit() for word in rest):
                found.append((phrase, 0.9 - 0.05 * len(rest), "similar"))
    return found


@cache
def _squeezed() -> dict[str, str]:
    return {phrase.replace(" ", ""): phrase for phrase in phrases() if len(phrase) > 4}


@cache
def _side_words(noun: str) -> frozenset[str]:
    """Words beside a phrase that do not change its meaning: work, main, the noun itself."""
    neutral = {normal(word) for word in _NEUTRAL_WORDS.split()}
    own = {word for word, owner in file_words().items() if owner == noun and " " not in word}
    return frozenset(neutral | own | {"record"})


@cache
def _rank(key: str, phrase: str) -> float:
    """A trifle less for phrases further down the list, so that of two matches the plainer one wins."""
    listed = [normal(item) for item in FIELD_WORDS[key].split(",")]
    return min(listed.index(phrase), 60) * 0.001 if phrase in listed else 0.06


def _without_other_nouns(noun: str, heading: str, found: dict[str, Match]) -> dict[str, Match]:
    """``Company phone`` in a list of people is no phone of theirs."""
    other = {
        "person": ("company", "firma", "kompaniia", "organization", "account", "deal"),
        "company": ("contact", "person"),
    }
    if not any(word in heading.split() for word in other.get(noun, ())):
        return found
    reaching = ("email", "phone", "address", "city", "country", "postcode", "external_id", "created_at", "notes")
    return {key: match for key, match in found.items() if match.by == "name" or key not in reaching}
