"""Django in threads behind an ASGI server: bodies stream both ways, and nothing a sender does breaks it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from amity.web.asgi import application
from amity.web.bridge import Bridge
from amity.web.tests.asgi_client import Asked

Start = Callable[..., Any]


def ask(app: Any, path: str = "/", **given: Any) -> tuple[int, dict[str, str], bytes]:
    async def whole() -> tuple[int, dict[str, str], bytes]:
        async with Asked(app, path, **given) as answer:
            return answer.status, answer.headers, await answer.content()

    return asyncio.run(whole())


def test_a_large_body_is_read_in_pieces_and_a_large_answer_sent_in_pieces() -> None:
    pieces = [bytes([n % 251]) * 100_000 for n in range(200)]

    def app(environ: dict[str, Any], start: Start) -> Iterator[bytes]:
        start("200 OK", [("X-Sum", hashlib.sha256(environ["wsgi.input"].read()).hexdigest())])
        yield from (b"x" * 50_000 for _ in range(40))

    status, headers, content = ask(
        Bridge(app, 1), method="POST", body=pieces, headers={"content-length": str(100_000 * 200)}
    )
    assert (status, len(content)) == (200, 2_000_000)
    assert headers["x-sum"] == hashlib.sha256(b"".join(pieces)).hexdigest()


def test_lines_of_a_streamed_body() -> None:
    def app(environ: dict[str, Any], start: Start) -> list[bytes]:
        start("200 OK", [])
        return [b"|".join(environ["wsgi.input"])]

    pieces = [b"one\ntw", b"o\n", b"", b"three"]
    assert ask(Bridge(app, 1), method="POST", body=pieces, headers={"content-length": "13"})[2] == b"one\n|two\n|three"


def test_what_the_application_does_not_catch_is_a_bare_500() -> None:
    def app(environ: dict[str, Any], start: Start) -> list[bytes]:
        raise ValueError("secret detail")

    status, _headers, content = ask(Bridge(app, 1))
    assert (status, content) == (500, b"")


def test_the_environment_is_what_wsgi_promises() -> None:
    seen: dict[str, Any] = {}

    def app(environ: dict[str, Any], start: Start) -> list[bytes]:
        seen.update(environ)
        start("204 No Content", [])
        return []

    headers = {"Cookie": "a=1", "X_Forged": "1", "Content-Type": "text/plain", "X-Real": "2"}
    ask(Bridge(app, 1), "/%D0%B0%ff", query="q=\xe9", headers=headers)
    assert seen["PATH_INFO"] == "/\xd0\xb0\xff"
    assert seen["HTTP_COOKIE"] == "a=1"
    assert seen["CONTENT_TYPE"] == "text/plain"
    assert seen["HTTP_X_REAL"] == "2"
    assert "HTTP_X_FORGED" not in seen, "underscores could stand for a header that a proxy sets"


@pytest.mark.django_db
def test_one_port_answers_live_by_its_own_door_and_everything_else_by_django(client: Client) -> None:
    assert ask(application, "/live")[0] == 401
    status, headers, content = ask(application, "/healthz", headers={"host": "localhost"})
    assert (status, content) == (200, client.get("/healthz").content)
    assert "content-security-policy" in headers
