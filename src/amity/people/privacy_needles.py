"""What a person is known by, and finding it in texts, documents and bytes. Pure.

`Matcher.hit` looks for the values themselves or, where only the erase ledger is left, for their keyed hashes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import phonenumbers
from anyascii import anyascii

GONE = "[erased]"
_SHORTEST, _FEWEST_DIGITS = 6, 8  # shorter ids would be found in everything
_BEFORE, _AFTER = r"(?<![\w.+-])", r"(?![\w@-]|\.\w)"
_MAIL = re.compile(r"[\w.+%-]+(?:@|%40)[\w.-]+\w")
_PHONE = re.compile(r"(?<!\w)\+?\d(?:[\s().\-/]{0,3}\d){7,15}(?!\w)")
_WORD = re.compile(r"[\w.:@+-]{6,254}")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_BETWEEN = r"[\s().\-/]{0,3}"


@dataclass(frozen=True, slots=True)
class Needle:
    """A value by which somebody is found: ``kind`` person, email, phone, user_id, device, key, name, …"""

    kind: str
    value: str

    @property
    def strong(self) -> bool:
        """Whether it is telling enough to be looked for in any text."""
        if self.kind == "name":
            return len(self.value) >= _SHORTEST and " " in self.value.strip()
        digits = re.sub(r"\D", "", self.value)
        if self.kind == "phone" or re.fullmatch(r"[\d\s().+/-]+", self.value):
            return len(digits) >= _FEWEST_DIGITS
        return len(self.value) >= _SHORTEST

    @property
    def known_again(self) -> str:
        """What its mark in the ledger is a hash of; weak ones with their kind."""
        value = normal(self.kind, self.value)
        return value if self.strong else f"{self.kind}:{value}"


def normal(kind: str, value: str) -> str:
    """A value as it is hashed: phones as + and digits, the rest trimmed and lower case."""
    if kind == "phone":
        return "+" + re.sub(r"\D", "", value)
    return value.strip().casefold()


class Matcher:
    """Finds needles in texts; ``marked`` says whether a token is the hash of one (replay of the ledger)."""

    def __init__(self, needles: Iterable[Needle], marked: Callable[[str], bool] | None = None) -> None:
        self.needles = tuple(dict.fromkeys(needles))
        parts = [part for each in self.needles if each.strong for part in _patterns(each)]
        self._parts = sorted(set(parts), key=len, reverse=True)
        self._regex = re.compile(f"{_BEFORE}(?:{'|'.join(self._parts)}){_AFTER}", re.IGNORECASE) if parts else None
        self._weak = {each.value.strip().casefold() for each in self.needles if not each.strong and each.kind == "key"}
        self.marked = marked

    @property
    def sql(self) -> str:
        """The same for PostgreSQL's ``~*``, without the edges: finds all that `hit` finds, and some more."""
        return "|".join(self._parts)

    def hit(self, text: str) -> bool:
        """Whether a needle is in the text."""
        if self._regex is not None and self._regex.search(text):
            return True
        return self.marked is not None and any(self.marked(token) for token in tokens(text))

    def is_key(self, cell: str) -> bool:
        """Whether a cell of a key column is the person's key in the other system."""
        bare = cell.strip().casefold()
        return bare in self._weak or any(each.kind == "key" and each.value.casefold() == bare for each in self.needles)

    def redact(self, text: str) -> str:
        """The text without the needles."""
        if self._regex is not None:
            text = self._regex.sub(GONE, text)
        if self.marked is not None:
            for token in {token for token in spelled(text) if self.marked(_bare(token))}:
                text = text.replace(token, GONE)
        return text


def _patterns(needle: Needle) -> Iterator[str]:
    value = needle.value.strip()
    if needle.kind == "name":
        for name in {value, anyascii(value)}:
            words = [re.escape(word) for word in name.split()]
            yield r"\s+".join(words)
            yield r",?\s+".join([words[-1], *words[:-1]])
    elif needle.kind == "phone":
        for digits in _spellings(value):
            yield r"(?:\+|00)?" + _BETWEEN.join(digits)
    else:
        yield re.escape(value).replace("@", "(?:@|%40)")
        if _UUID.fullmatch(value):
            yield value.replace("-", "")


def _spellings(phone: str) -> set[str]:
    """The digits of a number with and without the country's."""
    found = {re.sub(r"\D", "", phone)}
    try:
        number = phonenumbers.parse(phone, None)
    except phonenumbers.NumberParseException:
        return found
    national = str(number.national_number)
    return found | ({national} if len(national) >= _FEWEST_DIGITS else set())


def tokens(text: str) -> Iterator[str]:
    """What in a text may be an identifier, as `normal` writes it."""
    yield from map(_bare, spelled(text))


def spelled(text: str) -> Iterator[str]:
    """What in a text may be an identifier, as it stands there."""
    if len(text) <= 254:
        yield text
    for pattern in (_MAIL, _PHONE, _UUID, _WORD):
        yield from pattern.findall(text)


def _bare(token: str) -> str:
    token = token.strip().replace("%40", "@")
    if _PHONE.fullmatch(token):
        digits = re.sub(r"\D", "", token)
        return "+" + (digits[2:] if digits.startswith("00") else digits)
    return token.strip(".:").casefold()


def leaves(value: Any) -> Iterator[str]:
    """Every text in a document, names of fields included."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield str(name)
            yield from leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def redacted(value: Any, matcher: Matcher) -> Any:
    """A document without the needles."""
    if isinstance(value, dict):
        return {matcher.redact(str(name)): redacted(each, matcher) for name, each in value.items()}
    if isinstance(value, list):
        return [redacted(each, matcher) for each in value]
    if isinstance(value, str):
        return matcher.redact(value)
    return GONE if value is not None and not isinstance(value, bool) and matcher.hit(str(value)) else value


WHOLE = object()  # of `pruned`: nothing is left


def pruned(value: Any, matcher: Matcher) -> Any:
    """A document that several people may share, without the parts that are about this one; `WHOLE`: all of it is.

    A part is an item of a list, or an entry under the person's own name; anything else found makes its whole object
    the person's.
    """
    if isinstance(value, list):
        left = [each for each in (pruned(item, matcher) for item in value) if each is not WHOLE]
        return WHOLE if value and not left else left
    if isinstance(value, dict):
        return _pruned_object(value, matcher)
    if value is None or isinstance(value, bool):
        return value
    return WHOLE if matcher.hit(str(value)) else value


def _pruned_object(value: dict[str, Any], matcher: Matcher) -> Any:
    left: dict[str, Any] = {}
    for name, each in value.items():
        if matcher.hit(str(name)):
            continue
        now = pruned(each, matcher)
        if now is WHOLE:  # a list of which nothing is left was about nobody else
            return WHOLE
        left[name] = now
    return WHOLE if value and not left else left


def document(body: bytes) -> Any:
    """JSON in bytes, else the text."""
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
