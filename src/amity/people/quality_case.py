"""Names in capitals or small letters, and how they are written. Pure functions; the base's own spelling goes first."""

from __future__ import annotations

import re
from collections.abc import Mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Small inside of a family name, by the usual spelling of the languages that have them.
_PARTICLES = _words(
    "von vom van der den zu zum zur de del della di da dos das do du des la le ter ten af av of y e i bin ibn und"
)
_SMALL = _words("und and i и of the de der für for am pod im dla при")
_ALWAYS_CAPITAL = _words("ii iii iv vi vii viii")
_MAC = re.compile(
    r"^mac(?=donald|kenzie|gregor|arthur|intyre|intosh|lean|leod|millan|kay|dougall|farlane|pherson|neil|neill|lachlan|"
    r"aulay|allister|alister|bride|callum|cormack|dermott|ewan|gill|guire|innes|kinnon|laren|mahon|namara|nab|naughton|"
    r"phail|quarrie|rae|taggart|tavish|williams)"
)
_WORD = re.compile(r"[^\W\d_]+(?:\.[^\W\d_]+)*\.?")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)+")
_INSIDE: tuple[str, ...] = ("-", "'", "’", "`", "ʼ")
LEGAL = _words(
    "gmbh ag kg kgaa ohg ug gbr ek e.k. mbh ev e.v. ltd ltd. limited llc llp plc inc inc. corp corp. corporation co "
    "co. s.a. sa sp spółka z.o.o. zoo o.o. sp.j. sp.k. s.k.a. s.c. ооо оао зао пао ао ип тов чп bv b.v. nv n.v. srl "
    "s.r.l. spa s.p.a. sarl sas oy ab as a/s aps kft s.r.o. d.o.o. pty"
)
LEGAL_WRITTEN = {
    "gmbh": "GmbH", "mbh": "mbH", "kgaa": "KGaA", "ltd": "Ltd", "ltd.": "Ltd.", "limited": "Limited", "inc": "Inc",
    "inc.": "Inc.", "corp": "Corp", "corp.": "Corp.", "co": "Co", "co.": "Co.", "plc": "plc", "e.k.": "e.K.",
    "e.v.": "e.V.", "sp.": "sp.", "z": "z", "o.o.": "o.o.", "sp.j.": "sp.j.", "sp.k.": "sp.k.", "gbr": "GbR",
    "corporation": "Corporation", "pty": "Pty", "srl": "Srl", "sarl": "SARL", "spółka": "Spółka", "k.": "K.",
    "e.": "e.",
}  # fmt: skip


def shape(text: str) -> str:
    """``upper``, ``lower``, ``inverted`` (jOHN), ``mixed`` (written by somebody who meant it), or ``none``."""
    cased = [letter for letter in text if letter.lower() != letter.upper()]
    if not cased or (len(cased) == 1 and cased[0].isupper()):
        return "none"
    if all(letter.isupper() for letter in cased):
        return "upper"
    if all(letter.islower() for letter in cased):
        return "lower"
    words = [word for word in re.split(r"[\s\-]+", text) if sum(map(str.isalpha, word)) > 2]
    flipped = [word for word in words if word[0].islower() and word[1:].isupper()]
    return "inverted" if words and len(flipped) == len(words) else "mixed"


def name_case(text: str, spelt: Mapping[str, str], *, family: bool = False) -> str:
    """A name as it is written. ``spelt``: case-folded word → the spelling that this base uses most."""
    words, given = text.split(), not family

    def one(at: int, word: str) -> str:
        particle = len(words) > 1 and word.casefold() in _PARTICLES and not (given and at == 0)
        return word.lower() if particle else _word(word, spelt)

    return " ".join(one(at, word) for at, word in enumerate(words))


def company_case(text: str, spelt: Mapping[str, str]) -> str:
    """A company's name as it is written; short words without a known spelling stay capitals, they may be letters."""
    return " ".join(_company_word(word, spelt, at) for at, word in enumerate(text.split()))


def _word(word: str, spelt: Mapping[str, str]) -> str:
    if word.casefold() in spelt:
        return spelt[word.casefold()]
    for sign in _INSIDE:
        head, found, tail = word.partition(sign)
        if found and head and tail and (sign == "-" or len(head) <= 2):
            return _word(head, spelt) + sign + _word(tail, spelt)
    return _lone(word.lower())


def _lone(lower: str) -> str:
    if lower.rstrip(".") in _ALWAYS_CAPITAL or _INITIALS.fullmatch(lower):
        return lower.upper()
    if lower.startswith("mc") and len(lower) > 4:
        return "Mc" + lower[2:].capitalize()
    if _MAC.match(lower):
        return "Mac" + lower[3:].capitalize()
    return _WORD.sub(_capital, lower)


def _capital(found: re.Match[str]) -> str:
    return str(found[0]).capitalize()


def _company_word(word: str, spelt: Mapping[str, str], at: int) -> str:
    bare = word.strip("«»\"'„“”(),")
    folded = bare.casefold()
    if folded in LEGAL_WRITTEN or folded in spelt:
        return word.replace(bare, LEGAL_WRITTEN.get(folded) or spelt[folded])
    if folded in LEGAL:
        return word if "." in word else word.upper()
    if at and folded in _SMALL:
        return word.lower()
    if len(bare) <= 3 or "&" in bare:
        return word
    parts = re.split(r"([\-«»\"'„“”(),])", word)
    return "".join(part.capitalize() if part.isalpha() and len(part) > 1 else part for part in parts)
