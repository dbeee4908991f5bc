"""Names of things as plain words, whoever wrote them."""

from __future__ import annotations

import re
from functools import cache

from anyascii import anyascii

LANGUAGES = ("en", "ru", "pl", "de")
_CAMEL = re.compile(r"(?<=[a-zа-я0-9])(?=[A-ZА-Я])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_NOISE = frozenset(("the", "a", "of", "your", "our"))
_SEPARATE = re.compile(r"[_\-./:]+")


@cache
def normal(text: str) -> str:
    """A heading as plain lower-case words: ``FirstName``, ``first_name`` and ``First-Name`` are one."""
    spaced = _SEPARATE.sub(" ", _CAMEL.sub(" ", text.strip()))
    words = _NOT_WORD.sub(" ", anyascii(spaced).lower().replace("'", "")).split()
    return " ".join(word for word in words if word not in _NOISE) or " ".join(words)
