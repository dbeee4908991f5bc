"""Words that a person types, folded the same way as the words that are searched: lower case, ASCII, no punctuation."""

from __future__ import annotations

import re
from collections.abc import Iterable

from anyascii import anyascii
from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db.models import F, Func, TextField, Value

MAX_WORDS = 6
MAX_WORD = 40
MAX_TEXT = 2_000
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_SILENT = str.maketrans("", "", "'`’ʼ\"")
_DIALLED = re.compile(r"[\d\s()+./-]{6,}")


def fold(text: str) -> str:
    """``text`` as words of a-z and 0-9 parted by single blanks: "Ольга O'Brien-Żak" is "olga obrien zak"."""
    plain = text if text.isascii() else anyascii(text)
    return _NOT_WORD.sub(" ", plain.lower().translate(_SILENT)).strip()


def search_text(parts: Iterable[str | None], phones: Iterable[str | None] = ()) -> str:
    """What a row is found by: folded words, phones whole and by their last nine digits; at most 2,000 characters."""
    words = [word for part in parts if part for word in fold(part).split()]
    for phone in phones:
        digits = re.sub(r"\D", "", phone or "")
        words += [digits, digits[-9:]] if len(digits) > 9 else [digits] if digits else []
    return " ".join(dict.fromkeys(words))[:MAX_TEXT]


def words_vector(column: str) -> Func:
    """The words of a column that holds `search_text`, as a tsvector for a generated column.

    The text is folded already, so it is only cut at the blanks: a fifth of the time that Postgres' own parser takes.
    """
    words = Func(F(column), Value(" "), function="string_to_array", output_field=TextField())
    filled = Func(words, Value(""), function="array_remove", output_field=TextField())
    return Func(filled, function="array_to_tsvector", output_field=SearchVectorField())


def words_of(query: str) -> list[str]:
    """The words of a search, at most six; a dialled number ("+48 600 100 200") is one word."""
    text = query.strip()
    if _DIALLED.fullmatch(text):
        digits = re.sub(r"\D", "", text).removeprefix("00")
        return [digits[:MAX_WORD]] if digits else []
    return [word[:MAX_WORD] for word in fold(text).split()[:MAX_WORDS]]


def prefix_query(query: str) -> SearchQuery | None:
    """A tsquery that wants every word as a prefix (`ann:* & kow:*`); None when nothing searchable was typed."""
    words = words_of(query)
    if not words:
        return None
    return SearchQuery(" & ".join(map(_wanted, words)), search_type="raw", config="simple")


def whole_query(query: str) -> SearchQuery | None:
    """A tsquery that wants every word as it stands; None when nothing searchable was typed."""
    words = words_of(query)
    return SearchQuery(" & ".join(words), search_type="raw", config="simple") if words else None


def _wanted(word: str) -> str:
    """One or two digits are wanted whole: as a beginning they would mean every phone number there is."""
    return word if word.isdigit() and len(word) < 3 else f"{word}:*"
