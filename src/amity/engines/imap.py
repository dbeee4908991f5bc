"""Reading a mailbox over IMAP (RFC 3501): only ever reading. Nothing is deleted, moved or marked as read.

The folder is opened read-only and messages are peeked at; whoever else reads the mailbox notices nothing.
"""

from __future__ import annotations

import base64
import contextlib
import imaplib
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

TIMEOUT_S = 30
MAX_BYTES = 40 * 1024**2  # of a message; what is larger is read so far
MAX_UIDS = 2_000  # of one look
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
imaplib._MAXLINE = 10_000_000  # type: ignore[attr-defined]  # the answer to a search is one line


class ImapProblem(Exception):
    """What went wrong: ``code`` is unreachable, certificate, sign_in, folder or answered; the text has no secrets."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code, self.detail = code, detail[:300]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where to read. ``security``: ``tls`` (port 993), ``starttls`` (port 143) or ``none`` (loopback and tests)."""

    host: str
    user: str
    password: str
    port: int = 993
    security: str = "tls"
    folder: str = "INBOX"


@dataclass(frozen=True, slots=True)
class Seen:
    """A message: its UID, its bytes (at most `MAX_BYTES`), its whole size."""

    uid: int
    raw: bytes
    size: int


@contextlib.contextmanager
def opened(box: Mailbox) -> Iterator[Folder]:
    """The folder, signed in, read-only. Raises `ImapProblem`."""
    client = _connected(box)
    try:
        yield _selected(client, box)
    except (imaplib.IMAP4.error, OSError) as error:
        raise ImapProblem("answered", str(error)) from error
    finally:
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            client.logout()


class Folder:
    """An open folder. ``validity``: as long as it stays, UIDs mean the same messages."""

    def __init__(self, client: imaplib.IMAP4, validity: int) -> None:
        self.client, self.validity = client, validity

    def after(self, uid: int, most: int = MAX_UIDS) -> list[int]:
        """UIDs above ``uid``, the lowest first, at most ``most``."""
        return self._search(f"UID {uid + 1}:*", uid)[:most]

    def since(self, day: date, most: int = MAX_UIDS) -> list[int]:
        """UIDs of messages that arrived on ``day`` or later, the lowest first."""
        return self._search(f"SINCE {day.day:02d}-{_MONTHS[day.month - 1]}-{day.year}", 0)[:most]

    def newest(self) -> int:
        """The highest UID there is, 0 in an empty folder."""
        return max(self._search("UID *:*", 0), default=0)

    def read(self, uid: int) -> Seen | None:
        """One message; None when it is gone meanwhile."""
        status, answer = self.client.uid("FETCH", str(uid), f"(RFC822.SIZE BODY.PEEK[]<0.{MAX_BYTES}>)")
        if status != "OK":
            raise ImapProblem("answered", str(answer))
        for each in answer:
            if isinstance(each, tuple) and len(each) > 1:
                size = _SIZE.search(each[0])
                return Seen(uid, each[1], int(size[1]) if size else len(each[1]))
        return None

    def _search(self, words: str, above: int) -> list[int]:
        status, answer = self.client.uid("SEARCH", words)
        if status != "OK":
            raise ImapProblem("answered", str(answer))
        found = {int(word) for line in answer if line for word in line.split()}
        return sorted(uid for uid in found if uid > above)  # n:* names the last one even when it is below n


def _connected(box: Mailbox) -> imaplib.IMAP4:
    context = ssl.create_default_context()
    try:
        if box.security == "tls":
            client: imaplib.IMAP4 = imaplib.IMAP4_SSL(box.host, box.port, ssl_context=context, timeout=TIMEOUT_S)
        else:
            client = imaplib.IMAP4(box.host, box.port, timeout=TIMEOUT_S)
        if box.security == "starttls":
            client.starttls(context)
    except ssl.SSLError as error:
        raise ImapProblem("certificate", str(error)) from error
    except (OSError, imaplib.IMAP4.error, UnicodeError) as error:
        raise ImapProblem("unreachable", f"{type(error).__name__}: {error}") from error
    try:
        _sign_in(client, box)
    except (imaplib.IMAP4.error, OSError) as error:
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            client.shutdown()
        raise ImapProblem("sign_in", str(error)) from error
    return client


def _sign_in(client: imaplib.IMAP4, box: Mailbox) -> None:
    """LOGIN knows ASCII alone; what has other letters goes as SASL PLAIN (RFC 4616), in UTF-8."""
    if (box.user + box.password).isascii():
        client.login(box.user, box.password)
    else:
        client.authenticate("PLAIN", lambda _challenge: f"\0{box.user}\0{box.password}".encode())


def _utf7(name: str) -> str:
    """A folder's name as IMAP writes it: modified UTF-7 (RFC 3501, 5.1.3). Pure."""

    def coded(found: re.Match[str]) -> str:
        told = "" if found[0] == "&" else base64.b64encode(found[0].encode("utf-16-be", "replace")).decode().rstrip("=")
        return f"&{told.replace('/', ',')}-"

    return re.sub(r"&|[^\x20-\x7e]+", coded, name)


def _selected(client: imaplib.IMAP4, box: Mailbox) -> Folder:
    name = '"' + _utf7(box.folder).replace("\\", "\\\\").replace('"', '\\"') + '"'
    status, answer = client.select(name, readonly=True)
    if status != "OK":
        raise ImapProblem("folder", str(answer))
    _code, told = client.response("UIDVALIDITY")
    return Folder(client, int(told[0]) if told and told[0] else 0)
