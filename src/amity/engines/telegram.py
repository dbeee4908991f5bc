"""Telegram's Bot API over HTTPS. https://core.telegram.org/bots/api

The token is part of every address, so addresses never get into texts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from amity.engines.http import Unreachable
from amity.engines.mail import Enclosure, Receipt
from amity.engines.providers import JSON, Lost, Outbound, Reply, Trouble, ask, carefully, in_parts, multipart, split

URL = "https://api.telegram.org"
MAX_TEXT = 4_096
WANTED = ("message", "edited_message", "callback_query")
_DEAD = ("chat not found", "user is deactivated", "bot was blocked", "bot can't initiate", "user not found")


@dataclass(frozen=True, slots=True)
class Telegram:
    """A bot."""

    token: str
    url: str = URL
    allow_private: bool = False

    def me(self) -> str:
        """The bot's own name, with @. Raises `Trouble`."""
        return f"@{self._got('getMe', {}).get('username', '')}"

    def set_webhook(self, address: str, secret: str) -> None:
        """Have updates sent to ``address``, each with ``secret`` in a header. Raises `Trouble`."""
        self._got("setWebhook", {"url": address, "secret_token": secret, "allowed_updates": list(WANTED)})

    def delete_webhook(self) -> None:
        """Have updates wait for `updates`. Raises `Trouble`."""
        self._got("deleteWebhook", {})

    def updates(self, offset: int, most: int = 100) -> list[dict[str, Any]]:
        """Updates from ``offset`` on; asking for later ones confirms those before. Raises `Trouble`."""
        body = {"offset": offset, "limit": most, "timeout": 0, "allowed_updates": list(WANTED)}
        found = self._got("getUpdates", body)
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    def file(self, file_id: str) -> bytes:
        """The content of a file (Telegram gives at most 20 MB). Raises `Trouble`."""
        path = str(self._got("getFile", {"file_id": file_id}).get("file_path", ""))
        if not path or ".." in path:
            raise Trouble("getFile: no path")
        try:
            reply = ask("GET", f"{self.url}/file/bot{self.token}/{path}", {}, allow_private=self.allow_private)
        except (Unreachable, Lost) as error:
            raise Trouble(f"file: {error}") from error
        if reply.status != 200:
            raise Trouble(f"file: {reply.status}")
        return reply.body

    def hand_over(self, message: Outbound) -> Receipt:
        """Files first, then the text in parts of 4,096 characters."""
        steps = [partial(self._file, message, each) for each in message.files]
        steps += [partial(self._text, message, each) for each in split(message.text, MAX_TEXT)]
        return in_parts(steps)

    def _text(self, message: Outbound, text: str) -> Receipt:
        body = json.dumps({"chat_id": message.to, "text": text}).encode()
        return carefully(lambda: self._post("sendMessage", body, JSON), _receipt)

    def _file(self, message: Outbound, file: Enclosure) -> Receipt:
        body, headers = multipart({"chat_id": message.to}, "document", file)
        return carefully(lambda: self._post("sendDocument", body, headers), _receipt)

    def _got(self, method: str, body: dict[str, Any]) -> Any:
        try:
            reply = self._post(method, json.dumps(body).encode(), JSON)
        except (Unreachable, Lost) as error:
            raise Trouble(f"{method}: {error}") from error
        told = reply.told
        if told.get("ok") is not True or "result" not in told:
            raise Trouble(f"{method}: {reply.status} {told.get('description', '')}"[:300])
        return told["result"]

    def _post(self, method: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        address = f"{self.url}/bot{self.token}/{method}"
        return ask("POST", address, headers, body, allow_private=self.allow_private)


def _receipt(reply: Reply) -> Receipt:
    told = reply.told
    why = f"{reply.status} {told.get('description', '')}"[:300]
    if told.get("ok") is True:
        sent = told.get("result") or {}
        chat = sent.get("chat") or {}
        return Receipt("accepted", id=f"{chat.get('id', '')}:{sent.get('message_id', '')}")
    if reply.status in (401, 404):
        return Receipt("later", why, reason="account")
    dead = reply.status in (400, 403) and any(sign in why.lower() for sign in _DEAD)
    return Receipt("refused", why, dead=dead)
