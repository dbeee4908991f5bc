"""Marks that lead an answer home: a signed part of the address, and a line in the text. Nobody else can make one.

A mark is the conversation's id and 50 bits of an HMAC with the installation's key, in base32: 36 letters and digits
that survive every program, whatever it does to case.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable
from uuid import UUID

from django.utils.crypto import salted_hmac

_SALT = "amity.mail.mark"
_TOKEN = re.compile(r"[a-z2-7]{36}")
_LINE = re.compile(r"\[ref:c([a-z2-7]{36})\]", re.IGNORECASE)
_LOCAL = re.compile(r"^(.+)\+c([a-z2-7]{36})$", re.IGNORECASE)
_LONGEST = 64  # characters before the @, RFC 5321
MOST = 20  # marks of a mail that are looked at


def token(conversation_id: UUID) -> str:
    """The mark of a conversation."""
    plain = base64.b32encode(conversation_id.bytes).decode().rstrip("=").lower()
    return plain + _signature(plain)


def read(text: str) -> UUID | None:
    """The conversation of a mark, None for what is none or was not made here."""
    text = text.lower()
    if not _TOKEN.fullmatch(text) or not hmac.compare_digest(text[26:], _signature(text[:26])):
        return None
    return UUID(bytes=base64.b32decode(text[:26].upper() + "======"))


def address(mailbox: str, conversation_id: UUID) -> str:
    """A mailbox's address with the mark; the plain address where it would be too long."""
    local, _at, domain = mailbox.rpartition("@")
    marked = f"{local}+c{token(conversation_id)}"
    return f"{marked}@{domain}" if len(marked) <= _LONGEST else mailbox


def of_addresses(addresses: Iterable[str]) -> list[UUID]:
    """Conversations that signed addresses name, in order."""
    hits = (_LOCAL.match(each.partition("@")[0]) for each in list(addresses)[:200])
    return list(dict.fromkeys(found for hit in hits if hit and (found := read(hit[2]))))


def plain_mailbox(mailbox: str) -> str:
    """An address without a mark of ours."""
    local, at, domain = mailbox.rpartition("@")
    hit = _LOCAL.match(local)
    return f"{hit[1]}{at}{domain}" if hit else mailbox


def line(conversation_id: UUID) -> str:
    """The mark as a line of text."""
    return f"[ref:c{token(conversation_id)}]"


def of_text(*texts: str) -> list[UUID]:
    """Conversations that lines of these texts name, in order."""
    found = (read(hit[1]) for text in texts for hit in list(_LINE.finditer(text))[:MOST])
    return list(dict.fromkeys(each for each in found if each))


def without(text: str) -> str:
    """A text without marks, as people are shown it."""
    return _LINE.sub("", text)


def header(outgoing_id: UUID) -> str:
    """The value of ``X-Amity``: which of our letters it is, signed."""
    return f"{outgoing_id}.{_signature(str(outgoing_id))}"


def ours(value: str) -> bool:
    """Whether an ``X-Amity`` was written here."""
    plain, _dot, signature = value.strip().partition(".")
    return bool(signature) and hmac.compare_digest(signature, _signature(plain))


def _signature(text: str) -> str:
    digest = salted_hmac(_SALT, text, algorithm="sha256").digest()
    return base64.b32encode(digest).decode().lower()[:10]
