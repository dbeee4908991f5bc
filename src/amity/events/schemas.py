"""What a tracking call says, read from the bytes that were received: `RawRow` in, `Fact` out. No database here."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from amity.base.ids import stable_id

KINDS = ("identify", "track", "page", "screen", "group", "alias")
LANES = 64
MAX_ID = 500  # characters of a user, anonymous, previous or group id
MAX_MESSAGE_ID = 200
MAX_NAME = 200
OLDEST = datetime(1990, 1, 1, tzinfo=UTC)
_NUL = b"\\u0000"
Position = tuple[int, int]
START: Position = (0, 0)


class Bad(Exception):
    """An event that cannot be taken. ``code`` is stable; ``sentence`` says what is wrong with it (English)."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class RawRow(msgspec.Struct, gc=False):
    """One event as it was received. ``position`` is where it stands in its stream; rows to append have none."""

    source_id: UUID
    kind: str
    message_id: str
    lane: int
    received_at: datetime
    body: bytes
    sent_at: datetime | None = None
    shared: bytes | None = None
    position: Position = START


class Fact(msgspec.Struct, gc=False):
    """One event, understood. Ids are empty strings where the event has none; times are aware, in UTC.

    ``name`` is the event's (track), page's or screen's name, else empty. ``position`` is (xid, id) in Postgres,
    (partition, offset) in Kafka. ``ready``: what `log.prepare` worked out beforehand; ``worked``: what the
    consumer's own ``prepare`` did.
    """

    source_id: UUID
    kind: str
    name: str
    message_id: str
    user_id: str
    anonymous_id: str
    previous_id: str
    group_id: str
    traits: dict[str, Any]
    properties: dict[str, Any]
    context: dict[str, Any]
    occurred_at: datetime
    received_at: datetime
    position: Position
    ready: tuple[bytes, bytes, bytes] | None = None
    worked: Any = None


_Id = str | int | float | bool | None
_Bag = dict[str, Any] | None


class _Body(msgspec.Struct, rename="camel", gc=False):
    """The fields of the wire contract that are read; what else a client sends stays in the stored bytes."""

    event: _Id = None
    name: _Id = None
    user_id: _Id = None
    anonymous_id: _Id = None
    previous_id: _Id = None
    group_id: _Id = None
    traits: _Bag = None
    properties: _Bag = None
    context: _Bag = None
    timestamp: str | int | float | None = None
    original_timestamp: str | int | float | None = None
    sent_at: str | int | float | None = None


class _Shared(msgspec.Struct, gc=False):
    context: _Bag = None


_body = msgspec.json.Decoder(_Body).decode
_shared = msgspec.json.Decoder(_Shared).decode


def parse(row: RawRow) -> Fact:
    """Read one event. Raises `Bad` for what no event may look like; unknown fields are no fault. About 10 µs.

    The time is ``received − (sentAt − originalTimestamp or timestamp)``, which takes the client's clock error out;
    a time in the future or before 1990 becomes the time of receipt. NUL characters, which no Postgres text can hold,
    are left out. Traits may stand in ``context.traits`` of any call (Segment's specification).
    """
    body = _read(row)
    context = body.context or {}
    if row.shared is not None and (batch := _decoded(_shared, row.shared).context):
        context = {**(_without_nul(batch) if _NUL in row.shared else batch), **context}
    return Fact(
        source_id=row.source_id,
        kind=row.kind,
        name=_name(row.kind, body),
        message_id=row.message_id,
        user_id=_identity(body.user_id, "userId"),
        anonymous_id=_identity(body.anonymous_id, "anonymousId"),
        previous_id=_identity(body.previous_id, "previousId"),
        group_id=_identity(body.group_id, "groupId"),
        traits=body.traits or {},
        properties=body.properties or {},
        context=context,
        occurred_at=_time(row, body),
        received_at=row.received_at,
        position=row.position,
    )


def lane_of(user_id: str, anonymous_id: str) -> int:
    """The lane (0–63) whose order is kept: all events of a user id, else of an anonymous id, share one."""
    return zlib.crc32((user_id or anonymous_id).encode("utf-8", "replace")) % LANES


def seen_key(source_id: UUID, message_id: str) -> UUID:
    """The key of an event in ``events_seen``: it is the same for ever, so a repeated message is known for ever."""
    return UUID(bytes=seen_digest(source_id, message_id))


def seen_digest(source_id: UUID, message_id: str) -> bytes:
    """`seen_key` as bytes, a third of the work."""
    return hashlib.blake2b(source_id.bytes + message_id.encode(), digest_size=16).digest()


def seen_keys(facts: Iterable[tuple[UUID, str]]) -> list[UUID]:
    """`seen_key` of each (source id, message id)."""
    return [seen_key(source_id, message_id) for source_id, message_id in facts]


def source_key(source: str) -> UUID:
    """The source id that stands for a source known by name only (``import:crm``)."""
    return stable_id("events.source", source)


def _read(row: RawRow) -> _Body:
    if len(row.message_id) > MAX_MESSAGE_ID or not row.message_id:
        raise Bad("bad_message_id", f"messageId must have 1 to {MAX_MESSAGE_ID} characters.")
    if row.kind not in KINDS:
        raise Bad("unknown_type", f"The type must be one of {', '.join(KINDS)}.")
    body: _Body = _decoded(_body, row.body)
    if _NUL in row.body:
        body = msgspec.convert(_without_nul(msgspec.to_builtins(body)), _Body)
    return body


def _decoded(decode: Any, data: bytes) -> Any:
    try:
        return decode(data)
    except msgspec.ValidationError as error:
        raise Bad("bad_shape", f"A field has the wrong type: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Bad("not_json", f"The event is not valid JSON: {error}") from error
    except RecursionError as error:
        raise Bad("too_deep", "The event is nested too deeply.") from error


def _name(kind: str, body: _Body) -> str:
    if kind == "track":
        name = _text(body.event).strip()
        if not name:
            raise Bad("no_event_name", "A track call needs a name in “event”.")
    elif kind in ("page", "screen"):
        name = _text(body.name or (body.properties or {}).get("name")).strip()
    else:
        return ""
    return name[:MAX_NAME]


def _text(value: object) -> str:
    """A name or id as text: 7, 7.0 and "7" are the same id to the people who send them."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int | float) else ""


def _identity(value: object, field: str) -> str:
    if value is None:
        return ""
    text = _text(value).strip()
    if len(text) > MAX_ID:
        raise Bad("long_id", f"{field} is longer than {MAX_ID} characters.")
    return text


def _time(row: RawRow, body: _Body) -> datetime:
    said = body.original_timestamp if body.original_timestamp is not None else body.timestamp
    if said is None or said == "":
        return row.received_at
    happened = _moment(said)
    sent = row.sent_at if body.sent_at in (None, "") else _moment(body.sent_at)
    if sent is None:
        return _sane(happened, row.received_at)
    try:
        return _sane(row.received_at - (sent - happened), row.received_at)
    except OverflowError:
        return row.received_at


def _sane(at: datetime, received_at: datetime) -> datetime:
    return at if OLDEST <= at <= received_at else received_at


def _moment(value: object) -> datetime:
    """ISO 8601 text, or seconds or milliseconds since 1970."""
    try:
        if isinstance(value, str):
            at = datetime.fromisoformat(value.strip())
            return at.replace(tzinfo=UTC) if at.tzinfo is None else _utc(at)
        number = float(value)  # type: ignore[arg-type]
        return datetime.fromtimestamp(number / 1000 if abs(number) > 1e11 else number, UTC)
    except (ValueError, OverflowError, OSError, TypeError) as error:
        raise Bad("bad_time", f"{str(value)[:60]!r} is not a time (ISO 8601).") from error


def _utc(at: datetime) -> datetime:
    """In UTC; what lies within a day of the years 1 and 9999 stands there without its offset."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return at.replace(tzinfo=UTC)


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, Mapping):
        return {_without_nul(key): _without_nul(part) for key, part in value.items()}
    return [_without_nul(part) for part in value] if isinstance(value, list) else value
