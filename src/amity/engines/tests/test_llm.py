"""The contract of language models, against a server on this machine: a text, or a reason, never a hang."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from amity.engines.llm import MAX_ANSWER, ChatCompletions, LlmDown, language_model

Answers = Callable[[BaseHTTPRequestHandler, dict[str, Any]], None]


def told(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def said(text: Any) -> bytes:
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}).encode()


@contextmanager
def serving(answers: Answers) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server whose every answer is ``answers``; gives its address and what it was asked."""
    asked: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append({"path": self.path, "key": self.headers.get("Authorization"), **body})
            answers(self, body)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        server.server_close()


def test_no_model_without_an_address_and_a_name() -> None:
    assert language_model("", "small") is None and language_model("http://127.0.0.1:1/v1", "") is None


def test_a_question_goes_out_in_the_protocol_and_its_text_comes_back() -> None:
    with serving(lambda handler, _body: told(handler, said("  Good day.  "))) as (url, asked):
        assert ChatCompletions(url, "small", "k3y").say("Be brief.", "Hello?") == "Good day."
    assert asked == [
        {
            "path": "/v1/chat/completions", "key": "Bearer k3y", "model": "small", "temperature": 0, "max_tokens": 600,
            "stream": False,
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}],
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status", "why"),
    [
        (said("x"), 500, "status 500"),
        (said("x"), 302, "status 302"),
        (b"<html>", 200, "not an answer"),
        (b'{"choices": []}', 200, "not an answer"),
        (said(""), 200, "empty"),
        (said([{"type": "tool"}]), 200, "empty"),
        (said("x" * 300_000), 200, "too long"),
    ],
)
@pytest.mark.slow
def test_what_is_no_answer_is_a_reason(body: bytes, status: int, why: str) -> None:
    with (
        serving(lambda handler, _body: told(handler, body, status)) as (url, _asked),
        pytest.raises(LlmDown, match=why),
    ):
        ChatCompletions(url, "small").say("", "Hello?")


def test_a_long_answer_is_cut() -> None:
    with serving(lambda handler, _body: told(handler, said("x" * 9_000))) as (url, _asked):
        assert len(ChatCompletions(url, "small").say("", "?")) == MAX_ANSWER


def test_nobody_there_is_a_reason() -> None:
    with pytest.raises(LlmDown, match="ConnectError"):
        ChatCompletions("http://127.0.0.1:9/v1", "small").say("", "?")


def test_a_server_that_drips_is_left_at_the_deadline() -> None:
    stop = threading.Event()

    def drip(handler: BaseHTTPRequestHandler, _body: dict[str, Any]) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not stop.wait(0.05):
            try:
                handler.wfile.write(b" ")
                handler.wfile.flush()
            except OSError:
                return

    with serving(drip) as (url, _asked):
        try:
            with pytest.raises(LlmDown, match="too slow"):
                ChatCompletions(url, "small", seconds=0.3).say("", "?")
        finally:
            stop.set()
