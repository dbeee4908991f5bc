"""A mail as it came over the wire, read into what the rest of the house understands. Pure; never raises for a mail.

Broken headers, wrong charsets, missing boundaries and 8-bit text are read as well as they can be; what is too large or
too deep is left out and noted by name.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses, parsedate_to_datetime

from amity.base import encodings
from amity.base.errors import Refused
from amity.channels import html_clean
from amity.channels.mail_reply import Parts, parted

MAX_BYTES = 40 * 1024**2  # of a mail
MAX_PARTS, MAX_DEPTH, MAX_FILES = 500, 20, 100
MAX_TEXT = 500_000  # characters of a text
MAX_REFS, MAX_HEADER = 100, 20_000
MAX_WORK = 50_000_000  # lines times parts: each line is held against the boundary of every part around it
_PART = re.compile(rb"boundary\s*=|message/rfc822", re.IGNORECASE)
_ADDRESS = re.compile(r"[^@\s<>,;\"()]{1,64}@[^@\s<>,;\"()]{1,250}")
_ID = re.compile(r"<\s*([^<>\s]{1,490})\s*>")
_BLANK = re.compile(r"[\r\n\t ]+")
_KEPT = (
    "subject", "from", "to", "cc", "date", "message-id", "in-reply-to", "references", "reply-to", "return-path",
    "auto-submitted", "precedence", "list-id", "x-auto-response-suppress", "x-amity", "delivered-to",
)  # fmt: skip
_ALIASES = {"utf8mb4": "utf-8", "unicode-1-1-utf-7": "utf-7", "ks_c_5601-1987": "cp949", "x-user-defined": "latin-1"}


@dataclass(frozen=True, slots=True)
class File:
    """Something attached. ``inline_id``: its Content-ID without brackets, where the HTML refers to it."""

    name: str
    type: str
    content: bytes
    inline_id: str = ""


@dataclass(slots=True)
class Mail:
    """A mail, read. Addresses are lower case; ids without brackets; ``headers`` by lower-case name, all of each."""

    headers: dict[str, list[str]]
    sender: str = ""
    sender_name: str = ""
    reply_to: str = ""
    to: list[str] = field(default_factory=list)
    subject: str = ""
    sent_at: datetime | None = None
    message_id: str = ""
    answers: list[str] = field(default_factory=list)  # In-Reply-To first, then References, newest first
    text: str = ""  # as its sender wrote it, with quotes
    html: str = ""
    parts: Parts = field(default_factory=lambda: Parts(""))
    files: list[File] = field(default_factory=list)
    reports: list[bytes] = field(default_factory=list)  # message/delivery-status
    returned: str = ""  # what a report encloses of the message it is about
    left_out: list[str] = field(default_factory=list)

    def first(self, name: str) -> str:
        """A header, "" where there is none."""
        return next(iter(self.headers.get(name, ())), "")

    @property
    def kept_headers(self) -> dict[str, str]:
        return {name: self.first(name)[:2_000] for name in _KEPT if name in self.headers}

    @property
    def fingerprint(self) -> str:
        """What makes it this mail, whatever way it came: the same twice is one mail, another with its id is not."""
        told = [self.message_id, self.sender, self.first("date"), self.subject, " ".join(self.text.split())]
        told += [f"{each.name}:{len(each.content)}" for each in self.files]
        return f"{self.message_id[:400]}#{hashlib.sha256(chr(31).join(told).encode()).hexdigest()[:32]}"


def read(raw: bytes) -> Mail:
    """A mail from its bytes (at most 40 MB of them are looked at); only the headers of one that breaks readers."""
    raw = raw[:MAX_BYTES]
    try:
        return _whole(raw) if readable(raw) else _bare(raw)
    except RecursionError:  # parts within parts
        return _bare(raw)


def readable(raw: bytes) -> bool:
    """Whether a mail's parts can be told apart in a bounded time. Pure."""
    return len(_PART.findall(raw)) * raw.count(b"\n") <= MAX_WORK


def says(part: Message, kind: str) -> bool:
    """Whether a part is what the mail says, not a file of it. Pure."""
    attached = part.get_content_disposition() == "attachment" or bool(_name_of(part))
    return kind in ("text/plain", "text/html") and not attached


def _bare(raw: bytes) -> Mail:
    """What its headers say of a mail; the rest is left out."""
    mail = Mail(_headers(BytesParser(policy=policy.compat32).parsebytes(raw[: 10 * MAX_HEADER], headersonly=True)))
    _who(mail)
    mail.left_out.append("parts")
    return mail


def _whole(raw: bytes) -> Mail:
    message = BytesParser(policy=policy.compat32).parsebytes(raw)
    mail = Mail(_headers(message))
    _who(mail)
    texts: dict[str, list[str]] = {"plain": [], "html": []}
    for part in _walk(message, mail):
        _take(mail, part, texts)
    mail.text, mail.html = "\n\n".join(texts["plain"])[:MAX_TEXT], "\n<hr>\n".join(texts["html"])
    _part(mail)
    return mail


def decoded(value: str) -> str:
    """A header's words (RFC 2047), raw 8-bit ones included. Pure."""
    try:
        told = decode_header(_BLANK.sub(" ", value[:MAX_HEADER]))
    except (ValueError, IndexError, LookupError):
        return _BLANK.sub(" ", _mended(value))
    words = [
        text_of_bytes(part, charset or "") if isinstance(part, bytes) and charset else
        _mended(part.decode("latin-1") if isinstance(part, bytes) else part)
        for part, charset in told
    ]  # fmt: skip
    return _BLANK.sub(" ", "".join(words)).strip()


def text_of_bytes(data: bytes, charset: str = "") -> str:
    """Bytes as text: UTF-8 where they are that, else in the charset named, else in the likeliest. Never raises."""
    try:
        named = codecs.lookup(_ALIASES.get(charset.lower().strip("\"' "), charset.strip("\"' ")) or "utf-8").name
    except (LookupError, ValueError):
        named = ""
    if named in ("", "ascii", "utf-8", "iso8859-1") or not charset:
        try:
            return data.decode()
        except UnicodeDecodeError:
            if not named or named in ("ascii", "utf-8"):
                return _guessed(data)
    if named == "iso8859-1":
        named = "cp1252"  # what programs that say the one mean (WHATWG)
    try:
        return data.decode(named, "replace")
    except (LookupError, UnicodeError):
        return _guessed(data)


def addresses(values: list[str]) -> list[tuple[str, str]]:
    """(name, address) of header values, addresses in lower case; what has none is left out. Pure."""
    found = []
    plain = [value[:MAX_HEADER].replace("\n", " ").replace("\r", " ") for value in values]
    try:
        told = getaddresses(plain)
    except RecursionError:  # comments within comments
        told = [("", each) for value in plain for each in _ADDRESS.findall(value)]
    for name, address in told:
        hit = _ADDRESS.search(address) or _ADDRESS.search(name)
        if hit:
            found.append((decoded(name).strip("\"' ") if name != hit[0] else "", hit[0].strip(".'").lower()))
    return found


def ids(value: str) -> list[str]:
    """Message ids of a header, without brackets, in their order. Pure."""
    bare = _BLANK.sub(" ", value[:MAX_HEADER])
    found = _ID.findall(bare) or [word.strip('<>,;"') for word in bare.split() if "@" in word]
    return list(dict.fromkeys(found))[:MAX_REFS]


def _guessed(data: bytes) -> str:
    try:
        return data.decode(encodings.detect(data, data), "replace")
    except (Refused, LookupError):
        return data.decode("cp1252", "replace")


def _mended(text: str) -> str:
    """A header as the parser left it: bytes that were no ASCII are read anew."""
    raw = text.encode("utf-8", "surrogateescape") if any("\udc80" <= sign <= "\udcff" for sign in text) else None
    if raw is None and not text.isascii():
        raw = text.encode("latin-1", "ignore") if all(ord(sign) < 256 for sign in text) else None
    told = text_of_bytes(raw) if raw is not None else text
    return told.replace("\x00", "").encode("utf-8", "replace").decode()


def _headers(message: Message) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in list(message.raw_items())[:1_000]:
        found.setdefault(name.strip().lower(), []).append(str(value)[:MAX_HEADER])
    return {name: [_read(name, value) for value in values] for name, values in found.items()}


def _read(name: str, value: str) -> str:
    """Address headers stay encoded until their addresses are told apart; a decoded comma would part a name."""
    if name in ("authentication-results", "received"):
        return value
    if name in ("from", "to", "cc", "reply-to", "sender", "delivered-to", "x-original-to", "envelope-to"):
        return _BLANK.sub(" ", _mended(value))
    return decoded(value)


def _who(mail: Mail) -> None:
    sender = addresses(mail.headers.get("from", []))[:1] or addresses(mail.headers.get("sender", []))[:1]
    for name, address in sender:
        mail.sender_name, mail.sender = name[:300], address
    mail.reply_to = next((address for _name, address in addresses(mail.headers.get("reply-to", []))), "")
    told = [*mail.headers.get("to", []), *mail.headers.get("cc", []), *mail.headers.get("delivered-to", [])]
    told += [*mail.headers.get("x-original-to", []), *mail.headers.get("envelope-to", [])]
    mail.to = list(dict.fromkeys(address for _name, address in addresses(told)))[:200]
    mail.subject = mail.first("subject")[:900]
    mail.message_id = next(iter(ids(mail.first("message-id"))), "")
    before = [each for value in mail.headers.get("references", []) for each in ids(value)]
    mail.answers = list(dict.fromkeys([*ids(mail.first("in-reply-to")), *reversed(before)]))[:MAX_REFS]
    mail.sent_at = _time(mail.first("date"))


def _time(value: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(value)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _walk(message: Message, mail: Mail) -> Iterator[Message]:
    """Leaves of a mail in their order, of alternatives only those that count; bounded."""
    open_parts: list[tuple[Message, int]] = [(message, 0)]
    seen = 0
    while open_parts:
        part, depth = open_parts.pop()
        seen += 1
        if seen > MAX_PARTS or depth > MAX_DEPTH:
            mail.left_out.append("parts")
            return
        inner = part.get_payload() if part.is_multipart() else None
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            open_parts += [(each, depth + 1) for each in reversed(inner) if isinstance(each, Message)]
        else:
            yield part


def _take(mail: Mail, part: Message, texts: dict[str, list[str]]) -> None:
    kind = part.get_content_type()
    if kind == "message/delivery-status":
        mail.reports.append(part.as_bytes()[:100_000])
    elif kind in ("message/rfc822", "text/rfc822-headers") and _is_report(mail):
        mail.returned = mail.returned or _enclosed(part)[:100_000].decode("latin-1")
    elif says(part, kind):
        data = payload(part)[: 4 * MAX_TEXT]
        text = text_of_bytes(data, part.get_content_charset() or "")[: html_clean.MAX_HTML]
        texts["html" if kind == "text/html" else "plain"].append(unflowed(part, text.replace("\x00", "")))
    else:
        _attach(mail, part, kind)


def _attach(mail: Mail, part: Message, kind: str) -> None:
    if len(mail.files) >= MAX_FILES:
        mail.left_out.append(_name_of(part) or kind)
        return
    name = _name_of(part)
    if kind == "message/rfc822":
        content = _enclosed(part)
        inner = BytesParser(policy=policy.compat32).parsebytes(content, headersonly=True)
        name = name or f"{inner.get('subject', 'mail')}.eml"
    else:
        content = payload(part)
    name = name or {"text/calendar": "invite.ics", "application/ms-tnef": "winmail.dat"}.get(kind, "file")
    inline = next(iter(ids(str(part.get("content-id", "")))), "")
    mail.files.append(File(decoded(name)[:255], kind, content, inline))


def payload(part: Message) -> bytes:
    """What a part holds, its transfer encoding taken off; never raises."""
    try:
        data = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        data = str(getattr(part, "_payload", "")).encode("utf-8", "surrogateescape")
    return data if isinstance(data, bytes) else b""


def _enclosed(part: Message) -> bytes:
    inner = part.get_payload() if part.is_multipart() else None
    if isinstance(inner, list):
        first = inner[0] if inner else None
        return first.as_bytes() if isinstance(first, Message) else b""
    return payload(part)


def _name_of(part: Message) -> str:
    try:
        return _BLANK.sub(" ", part.get_filename() or "").strip()
    except (ValueError, LookupError, TypeError):
        return "file"


def _is_report(mail: Mail) -> bool:
    return mail.first("content-type").lower().startswith("multipart/report")


def unflowed(part: Message, text: str) -> str:
    """Lines that were broken softly are put together (RFC 3676); others as they are."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if str(part.get_param("format") or "").lower() != "flowed":
        return text
    delete = str(part.get_param("delsp") or "").lower() == "yes"
    out: list[str] = []
    soft, depth = False, 0
    for line in text.split("\n"):
        mine = len(line) - len(line.lstrip(">"))
        body = line[mine:].removeprefix(" ")
        if soft and mine == depth and body.rstrip() != "--":
            out[-1] = (out[-1][:-1] if delete else out[-1]) + body
        else:
            out.append((">" * mine + " " if mine else "") + body)
        soft, depth = body.endswith(" ") and body != "-- ", mine
    return "\n".join(out)


def _part(mail: Mail) -> None:
    """New, quoted, signature: from the HTML where it says itself what is quoted, else from the text."""
    if mail.html:
        text, told = html_clean.text_of(mail.html)
        if told or not mail.text.strip():
            mail.text = mail.text if mail.text.strip() else text.replace("\ue000", "").replace("\ue001", "")
            mail.parts = parted(text)
            return
    mail.parts = parted(mail.text)
