"""A mail as it came, with the card numbers in its texts and subjects masked. Pure; never raises for a mail.

Only the bytes of a text or subject that holds one are written anew, in its own encoding and charset: boundaries,
attachments and the headers that tie mails together stay as they came. What is written is read again before it is
trusted; a mail in which a number cannot be masked like this is not to be kept.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from email import policy
from email.feedparser import BytesFeedParser
from email.header import Header
from email.message import Message

from amity.channels import mail_parse
from amity.channels.mail_parse import Mail
from amity.channels.masking import masked, masked_source

SIGN = "*"  # every charset has it
_SAID = ("subject", "thread-topic", "comments")  # headers that are words of the sender's
_BLANK_LINES = (b"\n\n", b"\n\r\n", b"\r\r")
_MOST_TRIES = 1_000
_CHARSETS = ("utf-8", "utf-16-be", "utf-16-le", "latin-1")
_OF_SEVEN_BITS = ("iso-2022", "hz", "utf-7")  # charsets in which digits may be parts of other signs
Change = tuple[int, int, bytes]  # from, to, what stands there instead


class Stuck(ValueError):
    """A number is there, and there is no way to write its text anew."""


def without_cards(raw: bytes, mail: Mail | None = None) -> bytes | None:
    """The mail (at most 40 MB of it) without card numbers; as it is where it has none; None: it must not be kept.

    ``mail``: the same, where it was read already.
    """
    raw = raw[: mail_parse.MAX_BYTES]
    if not mail_parse.readable(raw):
        return _swept(raw)
    try:
        found = _changed(raw, list(_changes(raw)))
        if found == raw:
            return raw
        left = list(_changes(found))
    except RecursionError:  # parts within parts
        return _swept(raw)
    except Stuck:
        return None
    return None if left or not _alike(mail or mail_parse.read(raw), mail_parse.read(found)) else found


def _changes(raw: bytes) -> Iterator[Change]:
    parser = BytesFeedParser(policy=policy.compat32)  # unlike `BytesParser` it leaves ends of lines alone
    parser.feed(raw)
    place, parts = 0, [parser.close()]
    while parts:
        part = parts.pop()
        yield from _subjects(part, raw, place)
        beside = f"{part.preamble or ''}\n{part.epilogue or ''}"
        if masked(beside) != beside:
            raise Stuck("beside the parts, where nobody reads it")
        inner = part.get_payload() if part.is_multipart() else None
        if isinstance(inner, list):
            parts += [each for each in reversed(inner) if isinstance(each, Message)]
            continue
        body = str(getattr(part, "_payload", None) or "").encode("ascii", "surrogateescape")
        new = _rewritten(part, body) if mail_parse.says(part, part.get_content_type()) else body
        start = _place_of(body, raw, place)
        place = start + len(body) if start >= 0 else place
        if new != body:
            yield _there(start), place, new


def _changed(raw: bytes, changes: list[Change]) -> bytes:
    out, place = [], 0
    for start, end, new in sorted(changes):
        out += [raw[place:start], new]
        place = end
    return b"".join([*out, raw[place:]])


def _place_of(body: bytes, raw: bytes, place: int) -> int:
    """Where a body stands: after a blank line, the first from ``place`` on; -1 for an empty one."""
    first = at = raw.find(body, place) if body else -1
    for _try in range(_MOST_TRIES):
        if at < 1 or raw[max(at - 3, 0) : at].endswith(_BLANK_LINES):
            break
        at = raw.find(body, at + 1)
    return at if at >= 0 else first


def _there(place: int) -> int:
    if place < 0:
        raise Stuck("not where it was read")
    return place


def _rewritten(part: Message, body: bytes) -> bytes:
    """The body with its text masked, encoded as it was; raises `Stuck`."""
    data, charset = mail_parse.payload(part), part.get_content_charset() or ""
    mask = masked_source if part.get_content_type() == "text/html" else masked
    new = _masked_bytes(data, charset, mask)
    text = mail_parse.unflowed(part, mail_parse.text_of_bytes(new, charset).replace("\x00", ""))
    if mask(text) != text:
        raise Stuck("across lines that are one")
    encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
    if new == data or encoding in ("", "7bit", "8bit", "binary"):
        return body if new == data else new
    if encoding not in ("base64", "quoted-printable"):
        raise Stuck(encoding[:40])
    told = base64.encodebytes(new) if encoding == "base64" else binascii.b2a_qp(new, istext=True)
    end = b"\r\n" if b"\r\n" in body else b"\n"
    lines = told.replace(b"\r\n", b"\n").rstrip(b"\n").replace(b"\n", end)
    return lines + body[len(body.rstrip(b"\r\n")) :]


def _masked_bytes(data: bytes, charset: str, mask: Callable[..., str]) -> bytes:
    told = mail_parse.text_of_bytes(data, charset)
    if mask(told) == told:  # as it is read; its bytes may still be plain digits, its charset being another
        plain = told.encode("utf-8", "replace") == data or charset.lower().startswith(_OF_SEVEN_BITS)
        return data if plain else mask(data.decode("latin-1"), SIGN).encode("latin-1")
    for name in (charset, *_CHARSETS):
        try:
            text = data.decode(name)
            new = mask(text, SIGN).encode(name) if text.encode(name) == data else data
        except (LookupError, ValueError):
            continue
        told = mail_parse.text_of_bytes(new, charset)
        if mask(told, SIGN) == told:
            return new
    raise Stuck(charset[:40])


def _subjects(part: Message, raw: bytes, place: int) -> Iterator[Change]:
    for name, value in part.raw_items():
        words = mail_parse.decoded(str(value)) if name.lower() in _SAID else ""
        if masked(words) == words:
            continue
        key, old = (str(each).encode("ascii", "surrogateescape") for each in (name, value))
        at = re.compile(rb"^" + re.escape(key) + rb":[ \t]*(" + re.escape(old) + rb")", re.MULTILINE).search(raw, place)
        new = masked(str(value), SIGN)
        if masked(left := mail_parse.decoded(new)) != left:
            end = "\r\n" if b"\r\n" in raw else "\n"
            new = Header(masked(words, SIGN), "utf-8", header_name=name).encode(linesep=end)
        start = _there(at.start(1) if at else -1)
        yield start, start + len(old), new.encode("ascii", "surrogateescape")


def _alike(before: Mail, after: Mail) -> bool:
    """Whether two readings tell the same mail, its words aside."""
    told = [
        (each.message_id, each.answers, each.sender, each.to, each.sent_at, len(each.reports), each.left_out,
         [file for file in each.files if file.type != "message/rfc822"], len(each.files))
        for each in (before, after)
    ]  # fmt: skip
    return told[0] == told[1]


def _swept(raw: bytes) -> bytes:
    """A mail that breaks readers: what stands in it in plain digits is masked."""
    return masked_source(raw.decode("latin-1"), SIGN).encode("latin-1")
