"""Connectors to REST endpoints that answer with JSON, page by page."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import msgspec
from django.conf import settings as django_settings
from django.utils.translation import gettext as _

from amity.base.errors import Refused
from amity.engines import api as engines
from amity.events.connector_kinds import Json, Piece, Reading, refused, sample_of, settings_as
from amity.events.mapping_paths import Sample, found, path_of
from amity.events.mapping_values import MISSING, as_text

MAX_ITEMS = 10_000
_HEADER = re.compile(r"[A-Za-z0-9-]{1,60}")
_NEXT = re.compile(r"<([^>]{1,2000})>\s*;[^,]*\brel=\"?next\"?", re.IGNORECASE)


class RestSettings(msgspec.Struct, forbid_unknown_fields=True):
    """An endpoint. ``items``: where the rows stand in an answer.

    ``since``: the parameter that asks for what changed after the largest value of ``since_path`` (in a row) so far.
    """

    url: str
    items: str = "$"
    paging: Literal["none", "next", "page", "cursor"] = "none"
    next_path: str = ""  # of the next address (empty: the header Link) or of the next cursor
    parameter: str = ""  # of the page number or the cursor
    first_page: int = 1
    auth_header: str = ""
    since: str = ""
    since_path: str = ""
    since_start: str = ""


class RestReader:
    """Reads one page at a time; the position remembers the page within a run and the largest time between runs."""

    def check(self, settings: Json) -> Json:
        asked: RestSettings = settings_as(RestSettings, settings)
        if engines.check_url(asked.url, django_settings.CONFIG.webhook_allow_private):
            raise Refused("bad_connector", _("Give a full https:// address without user name and password."))
        for path in filter(None, (asked.items, asked.next_path, asked.since_path)):
            path_of(path)
        if asked.auth_header and not _HEADER.fullmatch(asked.auth_header):
            raise Refused(
                "bad_connector", _("“{name}” is not the name of a header.").format(name=asked.auth_header[:60])
            )
        if asked.paging in ("page", "cursor") and not asked.parameter:
            raise Refused("bad_connector", _("Name the parameter that asks for a page."))
        if asked.paging == "cursor" and not asked.next_path:
            raise Refused("bad_connector", _("Say where the next cursor stands in an answer."))
        if bool(asked.since) != bool(asked.since_path):
            raise Refused("bad_connector", _("Give the parameter for changes and the path of the time, or neither."))
        stored: Json = msgspec.to_builtins(asked)
        return stored

    def read(self, reading: Reading) -> Piece:
        settings: RestSettings = settings_as(RestSettings, reading.settings)
        url = self._address(settings, reading.position)
        answer = self._asked(settings, reading.secret, url)
        sample = Sample(_document(answer.body), answer.headers)
        rows = _rows(settings, sample)
        position = self._behind(settings, reading.position, rows, sample, url)
        return Piece([sample_of(row) for row in rows], position, "next" in position)

    def _address(self, settings: RestSettings, position: Json) -> str:
        extra: dict[str, str] = {}
        since = position.get("since", settings.since_start)
        if settings.since and since:
            extra[settings.since] = str(since)
        at = position.get("next")
        if settings.paging == "next" and at:
            return str(at)
        if settings.paging == "page":
            extra[settings.parameter] = str(at if at is not None else settings.first_page)
        if settings.paging == "cursor" and at:
            extra[settings.parameter] = str(at)
        return with_parameters(settings.url, extra)

    def _asked(self, settings: RestSettings, secret: str, url: str) -> engines.Fetched:
        if urlsplit(url)[:2] != urlsplit(settings.url)[:2]:
            raise refused("other_host", _("The next page is on another host: {url}").format(url=url[:120]))
        headers = {"Accept": "application/json", "User-Agent": "Amity-Connector/1"}
        if settings.auth_header and secret:
            headers[settings.auth_header] = secret
        try:
            answer = engines.fetch(url, headers, allow_private=django_settings.CONFIG.webhook_allow_private)
        except engines.Unreachable as error:
            raise refused("unreachable", _("The endpoint cannot be reached: {reason}").format(reason=error)) from error
        if answer.status != 200:
            text = answer.body[:120].decode("utf-8", "replace")
            message = _("The endpoint answered {status}: {text}").format(status=answer.status, text=text)
            raise refused(f"status_{answer.status}", message)
        return answer

    def _behind(self, settings: RestSettings, position: Json, rows: list[Any], sample: Sample, url: str) -> Json:
        """The position after these rows; ``next`` only when there is another page."""
        high = max([position.get("high", ""), *(_since(settings, row) for row in rows)], key=_comparable)
        since = position.get("since", settings.since_start)
        following = self._next(settings, position, rows, sample, url)
        digest = hashlib.sha256(msgspec.json.encode(rows)).hexdigest()
        if following is not None and digest != position.get("page"):  # the same page again: there are no more
            return {"next": following, "since": since, "high": high, "page": digest}
        return {"since": high or since} if settings.since else {}

    def _next(self, settings: RestSettings, position: Json, rows: list[Any], sample: Sample, url: str) -> Any:
        if settings.paging == "none" or (settings.paging == "page" and not rows):
            return None
        if settings.paging == "page":
            at = position.get("next")
            return int(at if at is not None else settings.first_page) + 1
        if settings.paging == "next" and not settings.next_path:
            linked = _NEXT.search(sample.headers.get("link", ""))
            told = linked[1] if linked else ""
        else:
            told = as_text(next(iter(found(path_of(settings.next_path), sample)), MISSING))
        if not told or told == str(position.get("next", "")):
            return None
        return urljoin(url, told) if settings.paging == "next" else told


def with_parameters(url: str, extra: dict[str, str]) -> str:
    """``url`` with these query parameters set."""
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in extra]
    return urlunsplit(parts._replace(query=urlencode([*kept, *extra.items()])))


def _document(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise refused("not_json", _("The endpoint did not answer with JSON: {reason}").format(reason=error)) from error


def _rows(settings: RestSettings, sample: Sample) -> list[Any]:
    path = path_of(settings.items)
    values = found(path, sample)
    if not path.many:
        if not values:
            raise refused("no_items", _("There is nothing at {path} in the answer.").format(path=settings.items))
        values = values[0] if isinstance(values[0], list) else values
    return [value if isinstance(value, dict) else {"value": value} for value in values][:MAX_ITEMS]


def _since(settings: RestSettings, row: Any) -> str:
    if not settings.since_path:
        return ""
    return as_text(next(iter(found(path_of(settings.since_path), Sample(row))), MISSING))


def _comparable(text: str) -> tuple[int, float, str]:
    """Order of times and numbers told as text: nothing first, then numbers, then times, then other text."""
    if not text:
        return (0, 0.0, "")
    try:
        return (1, float(text), "")
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
        return (2, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp(), "")
    except ValueError:
        return (3, 0.0, text)
