"""Words of a text cut to their stems, for finding: Snowball's rules for English, Russian, Polish and German."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

_WORD = re.compile(r"\w+")
_NAMES = {"en": "english", "ru": "russian", "pl": "polish", "de": "german"}
_COMMON = {
    "en": "a an the of to in on at for and or is are was were be been do does did what which who whom how when where "
    "why with by from that this it its as has have had i you he she they we my your",
    "ru": "и в во на с со к ко у о об от до по за из не что как где когда кто чем это этот эта эти был была было были "
    "он она они я мы вы а но же ли бы для при какой какая какие каком какую сколько",
    "pl": "i w we na z ze do o od po za nie co jak gdzie kiedy kto to ten ta te jest są był była było były się a ale "
    "czy dla przy jaki jaka jakie ile mój moja",
    "de": "der die das den dem des ein eine einen einem einer und oder in im an am auf mit von vom zu zum zur für ist "
    "sind war waren wird wurde wurden hat haben hatte was wer wie wo wann warum welche welcher welches es sie er ich "
    "wir nicht sich bei nach aus als auch",
}


def stems(text: str, language: str) -> list[str]:
    """Stems in their order, without the commonest words; a text of nothing else keeps them."""
    words = _WORD.findall(unicodedata.normalize("NFKC", text).lower().replace("ё", "е"))
    common = _common(language)
    kept = [word for word in words if word not in common] or words
    return [stem(word, language) for word in kept]


@lru_cache(maxsize=100_000)
def stem(word: str, language: str) -> str:
    """One lower-case word; as it is in a language without rules here."""
    if language not in _NAMES or not word.isalpha():
        return word
    return str(_stemmer(language).stemWord(word))


@lru_cache(maxsize=8)
def _common(language: str) -> frozenset[str]:
    return frozenset(_COMMON.get(language, "").split())


@lru_cache(maxsize=8)
def _stemmer(language: str) -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer(_NAMES[language])
