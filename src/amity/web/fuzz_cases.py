"""Seeded bad requests for the intake: what broken clients, strange data and attackers send."""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

_PATHS = (
    "/v1/track", "/v1/t", "/v1/identify", "/v1/i", "/v1/page", "/v1/p", "/v1/screen", "/v1/s", "/v1/group", "/v1/g",
    "/v1/alias", "/v1/a", "/v1/batch", "/v1/b", "/v1/import", "/batch", "/beacon/v1/batch",
)  # fmt: skip
_OTHERS = ("/", "/v1/m", "/sourceConfig", "/v1/projects/x/settings", "/v1/projects/../settings", "/v1/nothing",
           "/v1/track/../track", "/%00", "/v1/track%0d%0a", "/healthz", "/" + "a" * 3_000)  # fmt: skip
_TIMES: tuple[Any, ...] = (
    "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00",
    "1969-07-20", "10000-01-01", "-1", "", "now", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00+99:99", 0, -1, 1e18,
    1e308, -1e18, 253402300799, 253402300800000, 1.5, True, None, [], {},
)  # fmt: skip
_STRINGS = (
    "", " ", "\0", "a\0b", "\ud800", "\udc00\ud800", "\ufffd", "\U0010ffff", "\ufeff", "\u2028", "' OR 1=1 --",
    "{{7*7}}", "<script>", "../../etc/passwd", "null", "undefined", "[object Object]", "NaN", "0", "-0", "true",
    "\x1b[31m", "\u202etxt", "İ", "ﬃ", "a" * 101, "a" * 600, "💥" * 120,
)  # fmt: skip
_FIELDS = (
    "type", "userId", "anonymousId", "event", "messageId", "groupId", "previousId", "timestamp", "sentAt", "name",
    "originalTimestamp", "traits", "properties", "context", "integrations", "writeKey", "batch",
)  # fmt: skip


_STRANGE_HEADERS = (
    "Authorization: Basic", "Authorization: Basic !!!!", "Authorization: Basic " + "A" * 2_000,
    "Authorization: Bearer x", "Authorization: Basic /////w==", "Authorization: basic AAAA", "Origin: " + "o" * 3_000,
    "Content-Type: multipart/form-data", "X-Forwarded-Proto: javascript", "Content-Encoding: gzip, gzip",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """Bytes for the wire. ``wanted``: the only right answers, empty where several are."""

    name: str
    raw: bytes
    wanted: tuple[int, ...] = ()
    ends_connection: bool = False


def cases(seed: int, count: int, key: str) -> Iterator[Case]:
    """``count`` cases; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - test data
    makers = (_values,) * 6 + (_damaged,) * 5 + (_bytes, _deep, _huge, _bomb, _headers, _other, _batch, _batch, _good)
    for _n in range(count):
        yield chance.choice(makers)(chance, key)


def _request(path: str, body: bytes, key: str, *more: str, method: str = "POST", authorization: bool = True) -> bytes:
    lines = [f"{method} {path}{'&' if '?' in path else '?'}writeKey={key} HTTP/1.1" if authorization
             else f"{method} {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *more]  # fmt: skip
    return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body


def _text(chance: random.Random) -> str:
    if chance.random() < 0.7:
        return chance.choice(_STRINGS)
    return "".join(
        chr(chance.choice((chance.randrange(128), chance.randrange(0x11_0000)))) for _n in range(chance.randrange(30))
    )


def _value(chance: random.Random, depth: int = 0) -> Any:
    kind = chance.randrange(9 if depth < 4 else 6)
    makers: tuple[Callable[[], Any], ...] = (
        lambda: _text(chance), lambda: chance.choice(_TIMES), lambda: chance.randrange(-(2**80), 2**80),
        lambda: chance.choice((0.1, -0.0, 1e308, 5e-324, 1e22)), lambda: chance.choice((None, True, False)),
        lambda: "ok", lambda: [_value(chance, depth + 1) for _n in range(chance.randrange(4))],
        lambda: {_text(chance): _value(chance, depth + 1) for _n in range(chance.randrange(4))}, lambda: {"a": 1},
    )  # fmt: skip
    return makers[kind]()


def _event(chance: random.Random) -> dict[str, Any]:
    event: dict[str, Any] = {
        "type": chance.choice(("track", "identify", "page", "screen", "group", "alias", "bad", 1, None)),
        "userId": f"u{chance.randrange(50)}", "event": "Fuzzed", "messageId": f"{chance.getrandbits(64):x}",
    }  # fmt: skip
    for name in chance.sample(_FIELDS, chance.randrange(5)):
        event[name] = chance.choice(_TIMES) if "t" in name.lower() and chance.random() < 0.3 else _value(chance)
    return event


def _dumped(value: Any, chance: random.Random) -> bytes:
    return json.dumps(value, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def _values(chance: random.Random, key: str) -> Case:
    """Right JSON, wrong values."""
    event = _event(chance)
    event.pop("batch", None) if chance.random() < 0.8 else None
    return Case("values", _request(chance.choice(_PATHS), _dumped(event, chance), key))


def _batch(chance: random.Random, key: str) -> Case:
    events = [_event(chance) if chance.random() < 0.8 else _value(chance) for _n in range(chance.randrange(12))]
    body: dict[str, Any] = {"batch": events, "sentAt": chance.choice(_TIMES)}
    if chance.random() < 0.3:
        body["context"] = _value(chance)
    return Case("batch", _request(chance.choice(("/v1/batch", "/v1/b")), _dumped(body, chance), key))


def _damaged(chance: random.Random, key: str) -> Case:
    """JSON with bytes changed, dropped, doubled or inserted."""
    body = bytearray(_dumped({"batch": [_event(chance)]} if chance.random() < 0.5 else _event(chance), chance))
    for _n in range(chance.randrange(1, 6)):
        at = chance.randrange(len(body) + 1)
        body[at : at + chance.randrange(4)] = chance.choice(
            (
                b"",
                b"\0",
                b"\xff",
                b'"',
                b"\\",
                b"\\u0000",
                b"\\ud800",
                b"{",
                b"]",
                b",",
                b"\xc3",
                b"1e999",
                b"NaN",
                b"\xed\xa0\x80",
            )
        )
        body = body or bytearray(b" ")
    return Case("damaged", _request(chance.choice(_PATHS), bytes(body), key))


def _bytes(chance: random.Random, key: str) -> Case:
    return Case("bytes", _request(chance.choice(_PATHS), chance.randbytes(chance.randrange(400)), key))


def _deep(chance: random.Random, key: str) -> Case:
    depth = chance.choice((50, 400, 990, 1_200, 20_000, 120_000))
    opened, closed = chance.choice(((b"[", b"]"), (b'{"a":', b"}")))
    nested = opened * depth + (b"1" if opened != b"[" else b"") + closed * (depth if chance.random() < 0.9 else 0)
    body = b'{"userId":"u","event":"Deep","properties":' + nested + b"}"
    return Case("deep", _request("/v1/track", body, key), () if len(body) <= 512_000 else (413,))


def _huge(chance: random.Random, key: str) -> Case:
    """Long strings and numbers; now and then ten megabytes."""
    size = chance.choice((33_000, 200_000, 500_000)) if chance.random() < 0.98 else 10_000_000
    text, number = b'"%s"' % (b"x" * size), b"9" * size
    numbers, nothing = b"[" + b"1," * (size // 2) + b"1]", b'"%s"' % (b"\\u0000" * (size // 6))
    filler = chance.choice((text, number, numbers, nothing))
    name = chance.choice((b"event", b"userId", b"messageId", b"properties"))
    body = b'{"userId":"u","event":"Huge","%s":%s}' % (name, filler)
    wanted = (400, 413) if filler is not nothing else (200, 400, 413)  # without its NULs nothing is left of it
    return Case("huge", _request("/v1/track", body, key), wanted, ends_connection=size > 500_000)


@cache
def _bombs() -> tuple[tuple[bytes, str, tuple[int, ...]], ...]:
    many = b'{"userId":"u","event":"' + b"A" * 100_000_000 + b'"}'
    bomb = gzip.compress(many, 9)
    good = gzip.compress(b'{"userId":"u","event":"Zipped"}')
    return (
        (bomb, "gzip", (413,)), (bomb, "", (413,)), (zlib.compress(many[:50_000_000], 9), "deflate", (413,)),
        (gzip.compress(bomb), "gzip", (400, 413)), (bomb[:-20], "gzip", (413, 400)), (good, "gzip", (200,)),
        (good[:15], "gzip", (400,)), (good[:-3], "", (400,)), (good + b"tail", "gzip", (200, 400)),
        (b"\x1f\x8b" + b"\0" * 40, "gzip", (400,)), (good, "br", (415,)),
    )  # fmt: skip


def _bomb(chance: random.Random, key: str) -> Case:
    body, encoding, wanted = chance.choice(_bombs())
    more = (f"Content-Encoding: {encoding}",) if encoding else ()
    return Case("bomb", _request("/v1/track", body, key, *more), wanted)


def _headers(chance: random.Random, key: str) -> Case:
    """Keys and headers as nobody sends them."""
    strange = chance.choice(_STRANGE_HEADERS)
    body = _dumped(_event(chance), chance)
    return Case("headers", _request(chance.choice(_PATHS), body, key, strange, authorization=False))


def _other(chance: random.Random, key: str) -> Case:
    method = chance.choice(("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"))
    path = chance.choice((*_OTHERS, *_PATHS))
    body = b"" if method in ("GET", "HEAD") else b"{}"
    return Case("other", _request(path, body, chance.choice((key, "%00", "%ff", "wrong" * 20)), method=method))


def _good(chance: random.Random, key: str) -> Case:
    body = json.dumps(
        {"userId": f"u{chance.randrange(9)}", "event": "Good", "messageId": f"{chance.getrandbits(64):x}"}
    )
    return Case("good", _request("/v1/track", body.encode(), key), (200,))
