"""Which encoding a text file is in: UTF-8 and UTF-16 by their structure, the rest by letters that make sense."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from functools import cache

from charset_normalizer import from_bytes
from django.utils.translation import gettext as _

from amity.base.errors import Refused

SAMPLE = 256 * 1024
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SINGLE = ("cp1251", "koi8-r", "cp866", "cp1252", "cp1250", "iso-8859-2")
_CYRILLIC_LOWER = frozenset("абвгдежзийклмнопрстуфхцчшщъыьэюяё")
_CYRILLIC_UPPER = frozenset(letter.upper() for letter in _CYRILLIC_LOWER)
_POLISH = frozenset("ąćęłńśźżĄĆĘŁŃŚŹŻ")
_WESTERN = frozenset("äöüßÄÖÜéèêëàâçñóÓòôîïíúùûáãõåæøÉÈÀÇÑÅÆØ§°€–—’„“”»«")
_CONTROL = frozenset(range(32)) - {9, 10, 11, 12, 13, 26, 27, 28, 29, 30, 31, 1, 0}


def detect(head: bytes, suspects: bytes = b"") -> str:
    """The encoding of a file that starts with ``head``.

    ``suspects`` are lines (from anywhere) that are not valid UTF-8; with none the file is UTF-8.
    Raises ``Refused("file_binary")`` where it is no text at all.
    """
    for bom, name in _BOMS:
        if head.startswith(bom):
            return name
    wide = _wide(head)
    if wide:
        return wide
    if _looks_binary(head):
        raise Refused("file_binary", _("This is not a table: export it as CSV, XLSX or JSON lines."))
    if not suspects:
        return "utf-8"
    return _single_byte(suspects[:SAMPLE])


def is_utf8(data: bytes) -> bool:
    """Whether the bytes decode as UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def suspects(blocks: Iterable[bytes]) -> tuple[bytes, int, int]:
    """Lines that are not UTF-8 (up to 256 KiB of them), their number, and the number of good non-ASCII lines."""
    found: list[bytes] = []
    kept = bad = good = 0
    for block in lines_of(blocks):
        if block.isascii() or is_utf8(block):
            good += 0 if block.isascii() else block.count(b"\n") + 1
            continue
        for line in block.split(b"\n"):
            if line.isascii():
                continue
            if is_utf8(line):
                good += 1
                continue
            bad += 1
            if kept < SAMPLE:
                found.append(line)
                kept += len(line)
    return b"\n".join(found), bad, good


def lines_of(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The blocks cut at line ends, so that no character is split."""
    carry = b""
    for block in blocks:
        cut = block.rfind(b"\n")
        if cut < 0:
            carry += block
            if len(carry) > 64 * 1024 * 1024:
                raise Refused("file_no_lines", _("The file has no line ends: it is not a table."))
            continue
        yield carry + block[: cut + 1]
        carry = block[cut + 1 :]
    if carry:
        yield carry


def to_utf8(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The same text as UTF-8 without a byte-order mark; bytes of a UTF-8 file pass as they are, bad ones too."""
    if encoding in ("utf-8", "utf-8-sig"):
        yield from _without_bom(blocks)
        return
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    for block in blocks:
        yield decoder.decode(block).encode()
    yield decoder.decode(b"", True).encode()


def _without_bom(blocks: Iterable[bytes]) -> Iterator[bytes]:
    first = True
    for block in blocks:
        yield block.removeprefix(codecs.BOM_UTF8) if first else block
        first = False


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: every other byte is nearly always zero (or, for Cyrillic, 4)."""
    if len(head) < 8 or b"\x00" not in head:
        return ""
    even, odd = head[0::2], head[1::2]
    if odd.count(0) + odd.count(4) > 0.9 * len(odd) and even.count(0) < 0.02 * len(even):
        return "utf-16-le"
    if even.count(0) + even.count(4) > 0.9 * len(even) and odd.count(0) < 0.02 * len(odd):
        return "utf-16-be"
    return ""


def _looks_binary(head: bytes) -> bool:
    if not head:
        return False
    if head.startswith((b"%PDF", b"PAR1", b"\x7fELF")):
        return True
    control = sum(head.count(bytes([code])) for code in _CONTROL)
    return head.count(0) > 0.05 * len(head) or control > 0.02 * len(head)


def _single_byte(sample: bytes) -> str:
    scored = [(_score(sample.decode(name, "replace")), -rank, name) for rank, name in enumerate(_SINGLE)]
    best, _rank, name = max(scored)
    if best >= 0.6:
        return name
    guess = from_bytes(sample, cp_exclusion=["utf_7"]).best()
    return guess.encoding if guess else name


@cache
def _weights() -> dict[str, float]:
    common = "оеаинтсрвлкмдпу"
    weights = dict.fromkeys(_CYRILLIC_LOWER, 0.9) | dict.fromkeys(_CYRILLIC_UPPER, 0.8)
    weights |= dict.fromkeys(common, 1.2)
    return weights | dict.fromkeys(_POLISH, 1.0) | dict.fromkeys(_WESTERN, 0.95)


def _score(text: str) -> float:
    """How much the non-ASCII letters look like words of our languages; about 1 is right, below 0.6 is not."""
    weights, total, count = _weights(), 0.0, 0
    before = " "
    for char in text:
        if ord(char) >= 128:
            count += 1
            total += weights.get(char, -1.0) - _awkward(before, char)
        before = char
    return total / count if count else 1.0


def _awkward(before: str, char: str) -> float:
    """A penalty where a letter follows one that it would not: a capital inside a word, Cyrillic next to Latin."""
    penalty = 0.0
    if before.islower() and char.isupper():
        penalty += 1.0
    if before.isalpha() and char.isalpha() and (before in _weights() or before.isascii()):
        mixed = (before.lower() in _CYRILLIC_LOWER) != (char.lower() in _CYRILLIC_LOWER)
        penalty += 1.0 if mixed else 0.0
    return penalty
