"""Handing mail over: to an SMTP server, or to a folder where nothing leaves the house. One contract, two engines.

`MailSession.hand_over` says what became of a letter and never raises for what servers and networks do: ``accepted``,
``refused`` (for good), ``later`` (worth another try; it certainly was not taken) or ``unknown`` (the connection broke
after the text was sent: it may have been taken).
"""

from __future__ import annotations

import contextlib
import os
import re
import smtplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import unquote, urlsplit

TIMEOUT_S = 20
Result = Literal["accepted", "refused", "later", "unknown"]
_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_LONGEST = 998  # characters of a line, RFC 5322
_BREAKS = re.compile(r"[\r\n\x00]+")


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes with a letter; ``kind``: its media type with parameters (``text/calendar; method=REQUEST``)."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to one address. ``id`` is its Message-ID without brackets; ``date`` an aware time."""

    id: str
    sender: str
    sender_name: str
    to: str
    subject: str
    text: str
    date: object
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[Enclosure] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a letter. ``dead``: the server says that the address does not exist.

    Carriers of other channels answer with it too: ``id`` is the provider's own of the message, ``reason`` a code of
    why it was refused, where there is one; ``after``: seconds that it asked for before another try.
    """

    result: Result
    text: str = ""
    dead: bool = False
    id: str = ""
    reason: str = ""
    after: float = 0.0


class MailSession(Protocol):
    """An open way out, used for several letters."""

    def hand_over(self, letter: Letter) -> Receipt:
        """Hand one letter over; see the module."""


class MailEngine(Protocol):
    """A way out for mail."""

    name: str

    def session(self) -> contextlib.AbstractContextManager[MailSession]:
        """Open it; that nobody answers shows when a letter is handed over."""


def mail_engine(url: str, folder: Path) -> MailEngine:
    """The engine of a URL: ``smtp://`` (``?tls=no`` for plain), ``smtps://``; empty: the folder."""
    return SmtpEngine(url) if url else FolderEngine(folder)


def as_bytes(letter: Letter) -> bytes:
    """The letter as RFC 5322 text; raises ``ValueError`` for an address or header that cannot be one.

    Its own headers are written as they are: folding would tear long links into encoded words that no program reads.
    """
    lines = [f"{name}: {_one_line(value)}\r\n" for name, value in letter.headers.items()]
    if any(not line.isascii() or len(line) > _LONGEST for line in lines):
        raise ValueError("A header is too long, or not ASCII")
    return "".join(lines).encode() + _message(letter).as_bytes()


def _message(letter: Letter) -> EmailMessage:
    message = EmailMessage(policy=SMTP_POLICY)
    message["From"] = Address(display_name=_one_line(letter.sender_name), addr_spec=_ascii_domain(letter.sender))
    message["To"] = Address(addr_spec=_ascii_domain(letter.to))
    message["Subject"] = _one_line(letter.subject)
    message["Date"] = format_datetime(letter.date)  # type: ignore[arg-type]
    message["Message-ID"] = f"<{letter.id}>"
    message.set_content(letter.text)
    if letter.html:
        message.add_alternative(letter.html, subtype="html")
    for each in letter.files:
        _enclose(message, each)
    return message


def _enclose(message: EmailMessage, file: Enclosure) -> None:
    """Attach a file; one that calendars read stands beside the text, as they expect an invitation (RFC 6047)."""
    kind, *told = [part.strip() for part in file.kind.split(";")]
    main, _slash, sub = kind.partition("/")
    parameters = dict(part.split("=", 1) for part in told if "=" in part)
    if kind == "text/calendar":
        message.add_alternative(file.content.decode("utf-8", "replace"), subtype=sub, params=parameters, cte="base64")
    else:
        message.add_attachment(file.content, maintype=main, subtype=sub, filename=_one_line(file.name))


class FolderEngine:
    """Letters as files under a folder by day: what a fresh installation "sends" stays on its own disk."""

    name = "folder"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextlib.contextmanager
    def session(self) -> Iterator[MailSession]:
        """Nothing to open."""
        yield self

    def hand_over(self, letter: Letter) -> Receipt:
        """Write the file, whole or not at all; the same letter again is the same file."""
        try:
            content = as_bytes(letter)
        except (ValueError, IndexError) as error:
            return Receipt("refused", str(error)[:300], dead=_nobodys(letter.to))
        day = self.folder / format(letter.date, "%Y-%m-%d")
        path = day / f"{re.sub(r'[^A-Za-z0-9@._-]', '_', letter.id)}.eml"
        try:
            day.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(f"{path}.part", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(content)
            Path(f"{path}.part").replace(path)
        except OSError as error:
            return Receipt("later", str(error)[:300])
        return Receipt("accepted", str(path))


class SmtpEngine:
    """An SMTP server: TLS wherever it offers it, and always with ``smtps://``."""

    name = "smtp"

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("A mail server looks like smtp://user:password@mail.example.com:587")
        self.host, self.direct = parts.hostname, parts.scheme == "smtps"
        self.port = parts.port or (465 if self.direct else 587)
        self.user, self.password = unquote(parts.username or ""), unquote(parts.password or "")
        self.plain = "tls=no" in parts.query

    @contextlib.contextmanager
    def session(self) -> Iterator[MailSession]:
        """One connection for all letters, opened with the first and again when it was lost."""
        opened = _SmtpSession(self)
        try:
            yield opened
        finally:
            opened.close()

    def connect(self) -> smtplib.SMTP:
        """A connection, signed in; raises ``OSError`` or ``smtplib.SMTPException``."""
        context = ssl.create_default_context()
        if self.direct:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=context)
        else:
            smtp = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
        try:
            smtp.ehlo_or_helo_if_needed()
            if not self.direct and not self.plain:
                if not smtp.has_extn("starttls") and self.user:
                    raise smtplib.SMTPNotSupportedError("The server offers no TLS; the password stays here.")
                if smtp.has_extn("starttls"):
                    smtp.starttls(context=context)
                    smtp.ehlo()
            if self.user:
                smtp.login(self.user, self.password)
        except BaseException:
            smtp.close()
            raise
        return smtp


class _SmtpSession:
    def __init__(self, engine: SmtpEngine) -> None:
        self.engine = engine
        self.smtp: smtplib.SMTP | None = None

    def hand_over(self, letter: Letter) -> Receipt:
        try:
            content = as_bytes(letter)
        except (ValueError, IndexError) as error:
            return Receipt("refused", str(error)[:300], dead=_nobodys(letter.to))
        try:
            smtp = self._ready()
            if refused := self._envelope(smtp, letter):
                return refused
        except (OSError, smtplib.SMTPException, UnicodeEncodeError) as error:
            self.close()
            return Receipt("later", f"{type(error).__name__}: {error}"[:300])
        return self._text(smtp, content)

    def _envelope(self, smtp: smtplib.SMTP, letter: Letter) -> Receipt | None:
        """From whom, to whom, and the question whether the text may come; what the server says against it."""
        code, told = smtp.mail(_ascii_domain(letter.sender), _options(smtp, letter))
        if code < 400:
            code, told = smtp.rcpt(_ascii_domain(letter.to))
        if code < 400:
            code, told = smtp.docmd("DATA")
        return self._refused(code, told) if code >= 400 else None

    def _text(self, smtp: smtplib.SMTP, content: bytes) -> Receipt:
        try:
            smtp.send(re.sub(rb"(?m)^\.", b"..", content) + b"\r\n.\r\n")
            code, told = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return Receipt("unknown", f"{type(error).__name__}: {error}"[:300])
        return self._refused(code, told) if code >= 400 else Receipt("accepted", _told(code, told))

    def _ready(self) -> smtplib.SMTP:
        if self.smtp is not None:
            try:
                if self.smtp.rset()[0] < 400:
                    return self.smtp
            except (OSError, smtplib.SMTPException):
                pass
            self.close()
        self.smtp = self.engine.connect()
        return self.smtp

    def _refused(self, code: int, told: bytes) -> Receipt:
        text = _told(code, told)
        if code < 500:
            return Receipt("later", text)
        enhanced = _ENHANCED.search(text)
        dead = enhanced.group(2) == "1" if enhanced else code in (550, 551)
        return Receipt("refused", text, dead)

    def close(self) -> None:
        if self.smtp is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self.smtp.quit()
            self.smtp.close()
            self.smtp = None


def _options(smtp: smtplib.SMTP, letter: Letter) -> list[str]:
    return ["SMTPUTF8"] if not letter.to.isascii() and smtp.has_extn("smtputf8") else []


def _told(code: int, told: bytes) -> str:
    return f"{code} {told.decode('utf-8', 'replace')}"[:300]


def _one_line(text: str) -> str:
    return _BREAKS.sub(" ", text).strip()


def _nobodys(address: str) -> bool:
    """Whether an address can be nobody's: else it is the letter itself that is at fault."""
    try:
        Address(addr_spec=_ascii_domain(address))
    except (ValueError, IndexError):
        return True
    return False


def _ascii_domain(address: str) -> str:
    local, at, domain = _one_line(address).rpartition("@")
    if not at or not local or not domain:
        raise ValueError(f"{address[:100]!r} is no e-mail address")
    return f"{local}@{domain.encode('idna').decode()}"
