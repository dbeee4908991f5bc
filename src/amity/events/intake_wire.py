"""What SDKs of Segment and RudderStack send, read without looking into it more than needed.

Only the envelope of an event is decoded; its payload stays the bytes that arrived. What the log could not hold later
(NUL characters, halves of surrogate pairs, bytes that are no UTF-8) is mended here, on a slow path that ordinary events
never take. Formats: Segment's HTTP tracking API and RudderStack's HTTP API, as their published SDKs speak them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes
from uuid import uuid4
from zlib import crc32

import msgspec

from amity.events.schemas import KINDS, LANES, MAX_ID

_MOST_MENDED_DEPTH = 400
_KINDS = frozenset(KINDS)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # where Postgres counts from
_MICROSECOND = timedelta(microseconds=1)
_OLDEST = (datetime(1970, 1, 1, tzinfo=UTC) - EPOCH) // _MICROSECOND
_LATEST = (datetime.max.replace(tzinfo=UTC) - EPOCH) // _MICROSECOND
_HALVES = re.compile("[\ud800-\udfff]")
_Scalar = str | int | float | bool | None


class BadRequest(Exception):
    """The request as a whole cannot be read; ``status`` makes an SDK drop it."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


# One event on its way into the log: type, message id, lane, when it was sent (µs since 2000-01-01 UTC), body, and what
# its batch says for all. A bare tuple, because a class of its own would cost a tenth of all the work per event.
Raw = tuple[str, bytes, int, int | None, bytes, bytes | None]


class Reject(NamedTuple):
    """An event that goes to quarantine, with its reason."""

    kind: str
    message_id: str
    sent_at: int | None
    body: bytes
    shared: bytes | None
    code: str
    sentence: str


@dataclass(slots=True)
class Parsed:
    """What a request holds. ``single``: it was one event, not a batch."""

    write_key: str = ""
    single: bool = False
    rows: list[Raw] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    size: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one source, in bytes and characters."""

    event_bytes: int = 32 * 1024
    batch_bytes: int = 500 * 1024
    message_id: int = 100


class _Event(msgspec.Struct, gc=False):
    """The fields of an event that the intake looks at."""

    type: _Scalar = None
    event: _Scalar = None
    messageId: _Scalar = None
    userId: _Scalar = None
    anonymousId: _Scalar = None
    previousId: _Scalar = None
    groupId: _Scalar = None
    sentAt: _Scalar = None


class _Body(_Event, gc=False):
    """A request: a batch, or an event itself."""

    batch: list[msgspec.Raw] | msgspec.UnsetType | None = msgspec.UNSET
    writeKey: _Scalar = None
    context: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    integrations: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Keyed(msgspec.Struct, gc=False):
    """What old browser SDKs put into each event of a batch."""

    writeKey: _Scalar = None


_read_body = msgspec.json.Decoder(_Body).decode
_read_event = msgspec.json.Decoder(_Event).decode
_read_keyed = msgspec.json.Decoder(_Keyed).decode


class _Bad(Exception):
    """One event cannot be taken."""

    def __init__(self, code: str, sentence: str, message_id: str = "") -> None:
        super().__init__(sentence)
        self.code, self.sentence, self.message_id = code, sentence, message_id

    def reject(self, body: bytes, event: _Event | None, kind: str, sent_at: int | None, shared: bytes | None) -> Reject:
        found = kind or (str(event.type) if event is not None and event.type in _KINDS else "")
        return Reject(found, self.message_id, sent_at, body, shared, self.code, self.sentence)


def read(body: bytes, kind: str, limits: Limits) -> Parsed:
    """The events in ``body``; ``kind`` is what the address says, empty for a batch. Raises `BadRequest`."""
    if len(body) > limits.batch_bytes:
        raise BadRequest("too_large", f"A request may hold {limits.batch_bytes} bytes.", 413)
    body, envelope = _envelope(body)
    if kind and not envelope.batch:
        return _single(body, envelope, kind, limits)
    return _batch(envelope, kind, limits)


def key_of(body: bytes) -> str:
    """The write key that a body names, or the first event of its batch; empty when none does. Raises `BadRequest`."""
    envelope = _envelope(body)[1]
    key = _text(envelope.writeKey)
    if not key and envelope.batch:
        try:
            key = _text(_read_keyed(envelope.batch[0]).writeKey)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return ""
    return key


def _envelope(body: bytes) -> tuple[bytes, _Body]:
    """The body in a form that can be stored, and its outer fields. Raises `BadRequest`."""
    body = storable(_unwrapped(body))
    try:
        return body, _read_body(body)
    except msgspec.ValidationError as error:
        raise BadRequest("bad_request", f"The body is not an event or a batch: {error}") from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        body = _mended(body)
        return body, _read_mended(body, error)


def type_of(body: bytes) -> str:
    """The type that an event itself names, empty for a batch and for what names none."""
    try:
        named = _envelope(body)[1]
    except BadRequest:
        return ""
    return str(named.type) if named.type in _KINDS and not named.batch else ""


def storable(body: bytes) -> bytes:
    """``body`` in a form that a Postgres jsonb can hold later; the same bytes when it is in order already."""
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError:
            body = body.decode("utf-8", "replace").encode()
        body = body.removeprefix(b"\xef\xbb\xbf")
    if b"\\" in body and b"\\u0000" in body:
        return _mended(body)
    return body


def moment(value: _Scalar) -> int | None:
    """A time as SDKs write it (ISO 8601, or milliseconds since 1970) in µs since 2000; None for what is no such time.

    Only times between 1970 and 9999 count: Python could not read others back from the table.
    """
    try:
        if isinstance(value, str) and value:
            found = datetime.fromisoformat(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found = datetime.fromtimestamp(value / 1000 if abs(value) > 1e11 else value, UTC)
        else:
            return None
        ticks = ((found if found.tzinfo else found.replace(tzinfo=UTC)) - EPOCH) // _MICROSECOND
    except (ValueError, OverflowError, OSError):
        return None
    return ticks if _OLDEST <= ticks <= _LATEST else None


def _unwrapped(body: bytes) -> bytes:
    """JSON that came percent-encoded, or as the field ``data`` of a form."""
    start = body.lstrip()[:5]
    if start.startswith((b"%7B", b"%7b")) or start == b"data=":
        return unquote_to_bytes(body.strip().removeprefix(b"data=").replace(b"+", b" "))
    return body


def _single(body: bytes, envelope: _Body, kind: str, limits: Limits) -> Parsed:
    parsed = Parsed(_text(envelope.writeKey), single=True, size=len(body))
    try:
        parsed.rows.append(_row(body, envelope, kind, moment(envelope.sentAt), None, limits))
    except _Bad as bad:
        parsed.rejects.append(bad.reject(body, envelope, kind, moment(envelope.sentAt), None))
    return parsed


def _batch(envelope: _Body, kind: str, limits: Limits) -> Parsed:
    if not isinstance(envelope.batch, list):
        raise BadRequest("bad_request", "The body needs a list `batch`.")
    parsed = Parsed(_text(envelope.writeKey))
    batch_sent_at, shared = moment(envelope.sentAt), _shared(envelope)
    take, size = parsed.rows.append, 0
    for view in envelope.batch:
        body, event, sent_at = bytes(view), None, batch_sent_at
        try:
            event = _event(body)
            if event.sentAt is not None:
                sent_at = moment(event.sentAt)
            take(_row(body, event, kind, sent_at, shared, limits))
            size += len(body)
        except _Bad as bad:
            parsed.rejects.append(bad.reject(body, event, kind, sent_at, shared))
    parsed.size = size
    return parsed


def _event(body: bytes) -> _Event:
    try:
        return _read_event(body)
    except msgspec.ValidationError as error:
        raise _Bad("bad_event", "The event is not an object with plain ids.") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise _Bad("bad_event", "The event cannot be read.") from error


def _row(body: bytes, event: _Event, kind: str, sent_at: int | None, shared: bytes | None, limits: Limits) -> Raw:
    """About 1.5 µs for an ordinary event, so the order of tests is that of what ordinary events need."""
    message_id = event.messageId
    if type(message_id) is not str or not message_id:
        message_id = _text(message_id) or str(uuid4())
    if len(message_id) > limits.message_id:
        raise _Bad("message_id_too_long", f"messageId may have {limits.message_id} characters.", message_id[:100])
    kind = kind or event.type  # type: ignore[assignment]
    if kind not in _KINDS:
        raise _Bad("unknown_type", f"type must be one of {', '.join(KINDS)}.", message_id)
    if len(body) > limits.event_bytes:
        why = f"The event has {len(body)} bytes; {limits.event_bytes} are allowed."
        raise _Bad("event_too_large", why, message_id)
    subject = event.userId
    if type(subject) is not str or not (subject := subject.strip()):
        subject = _text(subject) or _text(event.anonymousId) or _text(event.previousId)
        if not subject:
            raise _Bad("no_identity", "The event names neither userId nor anonymousId.", message_id)
    if len(subject) > MAX_ID:
        raise _Bad("long_id", f"An id may have {MAX_ID} characters.", message_id)
    if kind == "track" and not event.event:
        raise _Bad("no_event_name", "A track call needs a name in `event`.", message_id)
    return kind, message_id.encode(), crc32(subject.encode()) % LANES, sent_at, body, shared


def _shared(envelope: _Body) -> bytes | None:
    """What a batch says once for all its events."""
    parts = []
    for name, value in ((b"context", envelope.context), (b"integrations", envelope.integrations)):
        if isinstance(value, msgspec.Raw) and bytes(value).startswith(b"{"):
            parts.append(b'"' + name + b'":' + bytes(value))
    return b"{" + b",".join(parts) + b"}" if parts else None


def _text(value: _Scalar) -> str:
    """An id as text, as `schemas.parse` reads it: 7, 7.0 and "7" are the same id."""
    if isinstance(value, str):
        return value.strip()
    if value is None or isinstance(value, bool):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


# --- the slow path: JSON that is nearly in order ----------------------------------------------------


def _read_mended(body: bytes, first: BaseException) -> _Body:
    try:
        return _read_body(body)
    except msgspec.ValidationError as error:
        raise BadRequest("bad_request", f"The body is not an event or a batch: {error}") from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        deep = isinstance(first, RecursionError)
        code, why = ("too_deep", "nested too deeply") if deep else ("bad_json", "not JSON")
        raise BadRequest(code, f"The body is {why}.") from first


def _mended(body: bytes) -> bytes:
    """``body`` without NUL characters, broken surrogates and NaN; as it is when it is not JSON at all."""
    try:
        # Some SDKs write NaN and Infinity, which are no JSON: null.
        value = json.loads(body.decode("utf-8", "replace"), parse_constant=lambda name: None)
        return msgspec.json.encode(_clean(value, _MOST_MENDED_DEPTH))
    except (ValueError, RecursionError, OverflowError, TypeError):
        return body


def _clean(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return _clean_text(value)
    if depth == 0:
        raise RecursionError
    if isinstance(value, list):
        return [_clean(item, depth - 1) for item in value]
    if isinstance(value, dict):
        return {_clean_text(key): _clean(item, depth - 1) for key, item in value.items()}
    return value


def _clean_text(text: str) -> str:
    return _HALVES.sub("\ufffd", text.replace("\0", ""))
