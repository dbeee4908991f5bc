"""Word pieces of the English sentence encoder: the uncased vocabulary of BERT (Devlin et al. 2018, Apache-2.0)."""

from __future__ import annotations

import gzip
import unicodedata
from functools import lru_cache
from importlib.resources import files

START, END, UNKNOWN = 101, 102, 100
_LONGEST_WORD = 100


def pieces(text: str, most: int) -> list[int]:
    """Numbers of the pieces of ``text``, with the marks of start and end, at most so many."""
    found: list[int] = []
    for word in _words(text):
        found.extend(_split(word))
        if len(found) >= most - 2:
            break
    return [START, *found[: most - 2], END]


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFD", text.lower())
    marked = []
    for letter in plain:
        kind = unicodedata.category(letter)
        if kind == "Mn" or (kind[0] == "C" and letter not in "\t\n\r"):
            continue
        alone = kind[0] == "P" or (letter.isascii() and not letter.isalnum()) or "\u4e00" <= letter <= "\u9fff"
        marked.append(f" {letter} " if alone else letter)
    return "".join(marked).split()


@lru_cache(maxsize=50_000)
def _split(word: str) -> tuple[int, ...]:
    """The longest known piece first, again and again."""
    known = _vocabulary()
    found: list[int] = []
    start = 0
    while start < len(word):
        mark = "##" if start else ""
        end = len(word)
        while end > start and mark + word[start:end] not in known:
            end -= 1
        if end == start or len(word) > _LONGEST_WORD:
            return (UNKNOWN,)
        found.append(known[mark + word[start:end]])
        start = end
    return tuple(found)


@lru_cache(maxsize=1)
def _vocabulary() -> dict[str, int]:
    packed = files("amity.engines").joinpath("english_words.txt.gz").read_bytes()
    return {word: place for place, word in enumerate(gzip.decompress(packed).decode("utf-8").split("\n"))}
