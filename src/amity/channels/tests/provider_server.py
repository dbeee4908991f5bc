"""Providers on loopback: as much of each one's documented API as Amity uses, with every request noted.

``answers``: what the next sendings are answered with instead, as (status, headers, body); "cut" closes the connection
after the request was read.
"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from amity.engines.tests.serving import serving

FILE = b"%PDF-1.4 a file of a customer"
Scripted = tuple[int, dict[str, str], dict[str, Any]] | str


class Server(ThreadingHTTPServer):
    """``said``: (method, path, headers, body) so far; ``updates``: what getUpdates gives."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.said: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answers: list[Scripted] = []
        self.updates: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def sent(self) -> list[dict[str, Any]]:
        """Messages that were taken or refused: the bodies of requests that send, in order."""
        return [_read(body) for method, path, _headers, body in self.said if method == "POST" and _sends(path)]


class _Session(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def log_message(self, *_args: Any) -> None:
        """Quiet."""

    def _answer(self, body: bytes) -> None:
        self.server.said.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        if self.server.answers and _sends(self.path):
            scripted = self.server.answers.pop(0)
            if isinstance(scripted, str):
                self.close_connection = True
                return
            self._say(scripted[0], json.dumps(scripted[2]).encode(), scripted[1])
        elif "/file/" in self.path or self.path.startswith(("/media/", "/2010-04-01/Accounts/AC1/Messages/")):
            self._say(200, FILE, {})
        else:
            status, told = self._usual(urlsplit(self.path).path, _read(body))
            self._say(status, json.dumps(told).encode(), {})

    def _usual(self, path: str, told: dict[str, Any]) -> tuple[int, Any]:
        number = str(len(self.server.said))
        if path.startswith("/bot"):
            return self._telegram(path, told, number)
        if path.startswith("/2010-04-01/"):
            if path.endswith("Messages.json"):
                return 201, {"sid": f"SM{number}", "status": "queued", "num_segments": "1"}
            return 200, {"status": "active", "friendly_name": "Shop"}
        if path.endswith("/messages"):
            return 200, {"messaging_product": "whatsapp", "messages": [{"id": f"wamid.{number}"}]}
        if path.endswith("/media"):
            return 200, {"id": "media9"}
        if path == "/media9":
            return 200, {"url": f"{self.server.url}/media/9", "mime_type": "application/pdf"}
        if path == "/N1":
            return 200, {"display_phone_number": "+48 600 100 200", "verified_name": "Shop", "id": "N1"}
        return 200, {"id": f"theirs-{number}"}

    def _telegram(self, path: str, told: dict[str, Any], number: str) -> tuple[int, Any]:
        if not path.startswith("/botT0KEN/"):
            return 401, {"ok": False, "error_code": 401, "description": "Unauthorized"}
        method = path.rpartition("/")[2]
        if method == "getMe":
            return 200, {"ok": True, "result": {"id": 1, "is_bot": True, "username": "shop_bot"}}
        if method == "getFile":
            return 200, {"ok": True, "result": {"file_id": told["file_id"], "file_path": "documents/a.pdf"}}
        if method == "getUpdates":
            found = [each for each in self.server.updates if each["update_id"] >= told["offset"]]
            return 200, {"ok": True, "result": found[: told["limit"]]}
        if method in ("sendMessage", "sendDocument"):
            chat = int(told.get("chat_id", 77))
            return 200, {"ok": True, "result": {"message_id": int(number), "chat": {"id": chat, "type": "private"}}}
        return 200, {"ok": True, "result": True}

    def _say(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _sends(path: str) -> bool:
    return path.endswith(("/sendMessage", "/sendDocument", "/messages", "/Messages.json", "/take"))


def _read(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except ValueError:
        return {name: values[0] for name, values in parse_qs(body.decode("latin-1")).items()}
    return told if isinstance(told, dict) else {}


def provider_server() -> AbstractContextManager[Server]:
    """A server for the length of a test."""
    return serving(Server())
