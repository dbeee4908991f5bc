"""Text as it is compared: folded to plain Latin letters, split into words, and how a name sounds in four languages."""

from __future__ import annotations

import re
from functools import lru_cache

from anyascii import anyascii

_WORD = re.compile(r"[a-z0-9]+")
_CYRILLIC = str.maketrans(
    {"ё": "e", "й": "y", "х": "kh", "ц": "ts", "щ": "shch", "ъ": "", "ь": "", "э": "e", "ы": "y", "ю": "yu", "я": "ya"}
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_LEGAL = frozenset(
    [
        "gmbh",
        "mbh",
        "ag",
        "kg",
        "ohg",
        "ug",
        "gbr",
        "ev",
        "se",
        "co",
        "cokg",
        "ltd",
        "limited",
        "llc",
        "llp",
        "lp",
        "inc",
        "incorporated",
        "corp",
        "corporation",
        "company",
        "plc",
        "sa",
        "spzoo",
        "spk",
        "spj",
        "spolka",
        "zoo",
        "ooo",
        "oao",
        "zao",
        "pao",
        "ao",
        "ip",
        "tov",
        "srl",
        "spa",
        "sarl",
        "bv",
        "nv",
        "ab",
        "oy",
        "aps",
        "as",
        "kft",
        "sro",
        "the",
    ]
)
_PATRONYMIC = re.compile(r"(?:ovich|evich|ovna|evna|ichna|ilyich|inichna)$")
_PARTICLES = frozenset(
    [
        "von",
        "van",
        "der",
        "den",
        "de",
        "di",
        "da",
        "la",
        "le",
        "du",
        "del",
        "zu",
        "zum",
        "zur",
        "vom",
        "of",
        "the",
        "ter",
        "dr",
        "prof",
        "mr",
        "mrs",
        "ms",
        "herr",
        "frau",
    ]
)
_SOUNDS = (
    (re.compile("shch|szcz|sch|sh|sz"), "s"),
    (re.compile("tsch|tch|cz|kh|ch"), "h"),
    (re.compile("zh|rz|dz"), "z"),
    (re.compile("ph"), "f"),
    (re.compile("th"), "t"),
    (re.compile("tz|ts"), "c"),
    (re.compile("ck|q"), "k"),
    (re.compile("x"), "ks"),
    (re.compile("w"), "v"),
    (re.compile("([aou])e"), r"\1"),
    (re.compile("(?:skiy|skij|skii|skyy|sky|ski|skaya|skaia|skaja|ska|cki|cka|ckiy|ckaya|tskiy|tski|tsky)$"), "sk"),
    (re.compile("(?:[oe](?:v|ff|f)a?)$"), "ov"),
    (re.compile("(?<=[a-z]{3}in)a$"), ""),
    (re.compile("ou"), "u"),
    (re.compile("[yj]"), "i"),
    (re.compile("c(?=[eiy])"), "s"),
    (re.compile("c"), "k"),
    (re.compile("i(?=[aeou])"), ""),
    (re.compile(r"(.)\1+"), r"\1"),
)


def fold(text: str) -> str:
    """Lower-case plain Latin letters: Müller → mueller, Łukasz → lukasz, Саша → sasha."""
    lower = text.lower()
    if lower.isascii():
        return lower
    return anyascii(lower.translate(_CYRILLIC).translate(_UMLAUTS)).lower().replace("'", "")


def words(text: str) -> list[str]:
    """The folded words and numbers of a text."""
    return _WORD.findall(fold(text).replace("'", ""))


def plain(text: str) -> str:
    """The folded words with single blanks between them."""
    return " ".join(words(text))


def without_legal_form(text: str) -> str:
    """A folded company name without GmbH, sp. z o.o., ООО, Ltd; the whole where nothing else is left."""
    joined = re.sub(r"\bsp z o ?o\b", "spzoo", text)
    joined = re.sub(r"\bs a\b", "sa", joined)
    kept = [word for word in joined.split() if word not in _LEGAL]
    return " ".join(kept) or text


def name_words(text: str) -> list[str]:
    """The words of a folded personal name without titles, particles and patronymics, where two or more remain."""
    parts = text.split()
    kept = [part for part in parts if part not in _PARTICLES]
    if len(kept) > 2:
        kept = [part for part in kept if not _PATRONYMIC.search(part)]
    return kept or parts


def is_patronymic(word: str) -> bool:
    """Whether a folded word is a Russian patronymic."""
    return bool(_PATRONYMIC.search(word))


@lru_cache(maxsize=1 << 17)
def sound(word: str) -> str:
    """How a folded name sounds, whatever the spelling: Kowalska, Ковальский, Kovalsky → kovalsk.

    A skeleton of our own in the manner of Daitch–Mokotoff: digraphs of Polish, German, English and transliterated
    Russian become one letter, gendered surname endings one ending.
    """
    found = word
    for pattern, to in _SOUNDS:
        found = pattern.sub(to, found)
    return found


@lru_cache(maxsize=1 << 17)
def skeleton(word: str) -> str:
    """The consonants of the sound, with the first letter: what a typo in a vowel leaves alone."""
    heard = sound(word)
    return heard[:1] + re.sub("[aeiouh]", "", heard[1:])
