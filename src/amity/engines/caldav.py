"""CalDAV (RFC 4791) over the guarded client: list what is in a calendar, read, write and delete with ETags.

No redirects, no private networks unless the operator allows them, at most 32 MiB and two minutes an answer.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote, urljoin, urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from amity.engines.fetching import Fetched, fetch
from amity.engines.http import Unreachable

MAX_ITEMS, MULTIGET = 5_000, 50
_D, _C, _CS = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}", "{http://calendarserver.org/ns/}"
_HEAD = '<?xml version="1.0" encoding="utf-8"?>'
_SPACES = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:cs="http://calendarserver.org/ns/"'
_FIND = f"{_HEAD}<d:propfind {_SPACES}><d:prop><d:resourcetype/><cs:getctag/><d:sync-token/></d:prop></d:propfind>"
_QUERY = (
    f"{_HEAD}<c:calendar-query {_SPACES}><d:prop><d:getetag/></d:prop><c:filter><c:comp-filter name='VCALENDAR'>"
    "<c:comp-filter name='VEVENT'><c:time-range start='{start}' end='{end}'/></c:comp-filter></c:comp-filter>"
    "</c:filter></c:calendar-query>"
)
_GET = (
    f"{_HEAD}<c:calendar-multiget {_SPACES}><d:prop><d:getetag/><c:calendar-data/></d:prop>"
    "{hrefs}</c:calendar-multiget>"
)


class DavProblem(Exception):
    """What the server would not do: ``code`` is unreachable, sign_in, not_found, not_calendar, conflict or answered."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code, self.detail = code, detail


@dataclass(frozen=True, slots=True)
class DavItem:
    """An object of a calendar: its path on the server, its version, and what it holds."""

    href: str
    etag: str
    content: bytes


@dataclass(frozen=True, slots=True)
class DavCalendar:
    """One calendar of one user. ``private``: its address may lie in our own network."""

    url: str
    user: str
    password: str
    private: bool = False

    def mark(self) -> str:
        """The server's mark of the calendar's state, empty where it keeps none. Raises `DavProblem`."""
        found = next(iter(self._answers("PROPFIND", _FIND, "0")), None)
        if found is None or found.find(f".//{_D}resourcetype/{_C}calendar") is None:
            raise DavProblem("not_calendar")
        told = (found.findtext(f".//{_CS}getctag"), found.findtext(f".//{_D}sync-token"))
        return next((text for text in told if text), "")[:300]

    def etags(self, since: datetime, until: datetime) -> dict[str, str]:
        """Objects with an event in this time: path → version."""
        span = {"start": f"{since.astimezone(UTC):%Y%m%dT%H%M%SZ}", "end": f"{until.astimezone(UTC):%Y%m%dT%H%M%SZ}"}
        found = self._answers("REPORT", _QUERY.format(**span), "1")
        pairs = [(_href(each), each.findtext(f".//{_D}getetag") or "") for each in found[:MAX_ITEMS]]
        return {href: etag for href, etag in pairs if href}

    def read(self, hrefs: Sequence[str]) -> list[DavItem]:
        """Objects by path; those that are gone are left out."""
        items = []
        for start in range(0, len(hrefs), MULTIGET):
            asked = "".join(f"<d:href>{escape(quote(each))}</d:href>" for each in hrefs[start : start + MULTIGET])
            for each in self._answers("REPORT", _GET.replace("{hrefs}", asked), "1"):
                content = each.findtext(f".//{_C}calendar-data")
                if content:
                    etag = each.findtext(f".//{_D}getetag") or ""
                    items.append(DavItem(_href(each), etag, content.encode()))
        return items

    def write(self, href: str, content: bytes, etag: str = "") -> str:
        """Put an object: a new one (no ``etag``) or this version of it; its new version, empty if not told.

        Raises ``DavProblem("conflict")`` when somebody wrote it meanwhile.
        """
        match = {"If-Match": etag} if etag else {"If-None-Match": "*"}
        answer = self._ask("PUT", self._at(href), {"Content-Type": "text/calendar; charset=utf-8", **match}, content)
        return answer.headers.get("etag", "")

    def delete(self, href: str, etag: str = "") -> None:
        """Remove an object; one that is gone already is fine. Raises ``DavProblem("conflict")``."""
        try:
            self._ask("DELETE", self._at(href), {"If-Match": etag} if etag else {}, b"")
        except DavProblem as problem:
            if problem.code != "not_found":
                raise

    def path_of(self, name: str) -> str:
        """The path of a new object of this name."""
        return unquote(urlsplit(self.url.rstrip("/") + "/").path) + name

    def _at(self, href: str) -> str:
        address = urljoin(self.url, quote(href))
        if urlsplit(address)[:2] != urlsplit(self.url)[:2]:
            raise DavProblem("answered", "another host")
        return address

    def _answers(self, method: str, body: str, depth: str) -> list[ET.Element]:
        headers = {"Content-Type": "application/xml; charset=utf-8", "Depth": depth}
        answer = self._ask(method, self.url, headers, body.encode())
        if any(mark in answer.body for mark in (b"<!DOCTYPE", b"<!ENTITY", b"\x00")):  # zeros: UTF-16 could hide them
            raise DavProblem("answered", "a document type")
        try:
            return ET.fromstring(answer.body).findall(f"{_D}response")  # noqa: S314 (no DTD gets here)
        except ET.ParseError as error:
            raise DavProblem("not_calendar") from error

    def _ask(self, method: str, url: str, headers: dict[str, str], content: bytes) -> Fetched:
        told = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        given = {"Authorization": f"Basic {told}", "User-Agent": "Amity-Calendar/1", **headers}
        try:
            answer = fetch(url, given, method=method, content=content, allow_private=self.private)
        except Unreachable as error:
            raise DavProblem("unreachable", str(error)) from error
        if answer.status < 300:
            return answer
        codes = {401: "sign_in", 403: "sign_in", 404: "not_found", 410: "not_found", 412: "conflict", 409: "conflict"}
        raise DavProblem(codes.get(answer.status, "answered"), str(answer.status))


def _href(response: ET.Element) -> str:
    text = (response.findtext(f"{_D}href") or "").strip()
    return unquote(urlsplit(text).path)[:500]
