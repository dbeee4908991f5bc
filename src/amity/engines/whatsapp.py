"""WhatsApp's Cloud API. https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages

Each message carries our own id as ``biz_opaque_callback_data``; its states come back with it, also for a message of
which nobody knew whether it was taken.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import Any

from amity.engines.http import Unreachable
from amity.engines.mail import Enclosure, Receipt
from amity.engines.providers import JSON, Lost, Outbound, Reply, Trouble, ask, carefully, in_parts, multipart, split

URL = "https://graph.facebook.com/v23.0"
MAX_TEXT = 4_096
# https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
DEAD = frozenset((131026, 131030, 133010))
LATER = frozenset((1, 2, 4, 80007, 130429, 131000, 131016, 131048, 131056, 131057))
ACCOUNT = frozenset((0, 3, 10, 190, 131005, 131031, 131042, 368))
CLOSED = 131047  # more than 24 hours since they wrote last


@dataclass(frozen=True, slots=True)
class WhatsApp:
    """A number of a business."""

    token: str
    number_id: str
    url: str = URL
    allow_private: bool = False

    def number(self) -> str:
        """The number as it is displayed, when the provider knows it and us. Raises `Trouble`."""
        told = self._got(f"{self.number_id}?fields=display_phone_number,verified_name,quality_rating")
        return f"{told.get('display_phone_number', '')} {told.get('verified_name', '')}".strip()

    def file(self, media_id: str) -> bytes:
        """The content of a file: its address is asked for, then read. Raises `Trouble`."""
        address = str(self._got(media_id).get("url", ""))
        reply = self._get(address)
        if reply.status != 200:
            raise Trouble(f"media: {reply.status}")
        return reply.body

    def hand_over(self, message: Outbound) -> Receipt:
        """A template alone; else files first, then the text in parts of 4,096 characters."""
        if message.template is not None:
            return self._send(message, {"type": "template", "template": _template(message)})
        steps = [partial(self._file, message, each) for each in message.files]
        steps += [
            partial(self._send, message, {"type": "text", "text": {"preview_url": False, "body": each}})
            for each in split(message.text, MAX_TEXT)
        ]
        return in_parts(steps)

    def _file(self, message: Outbound, file: Enclosure) -> Receipt:
        kind = file.kind.partition(";")[0]
        body, headers = multipart({"messaging_product": "whatsapp", "type": kind}, "file", file)
        try:  # uploading alone reaches nobody, so whatever goes wrong with it may be tried again
            reply = self._post("media", body, headers)
        except (Unreachable, Lost) as error:
            return Receipt("later", str(error))
        media = str(reply.told.get("id", ""))
        if not media:
            told = _receipt(reply)
            return Receipt("later", told.text, after=reply.pause) if reply.status >= 429 else told
        what = "image" if kind in ("image/jpeg", "image/png") else "document"
        about = {"id": media} | ({"filename": file.name[:240]} if what == "document" else {})
        return self._send(message, {"type": what, what: about})

    def _send(self, message: Outbound, what: dict[str, Any]) -> Receipt:
        body = {
            "messaging_product": "whatsapp", "recipient_type": "individual", "to": message.to.removeprefix("+"),
            "biz_opaque_callback_data": message.id, **what,
        }  # fmt: skip
        return carefully(lambda: self._post("messages", json.dumps(body).encode(), JSON), _receipt)

    def _post(self, what: str, body: bytes, headers: dict[str, str]) -> Reply:
        address = f"{self.url}/{self.number_id}/{what}"
        return ask("POST", address, headers | self._key(), body, allow_private=self.allow_private)

    def _got(self, path: str) -> dict[str, Any]:
        reply = self._get(f"{self.url}/{path}")
        if reply.status != 200:
            raise Trouble(_receipt(reply).text)
        return reply.told

    def _get(self, address: str) -> Reply:
        try:
            return ask("GET", address, self._key(), allow_private=self.allow_private)
        except (Unreachable, Lost) as error:
            raise Trouble(str(error)) from error

    def _key(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def _template(message: Outbound) -> dict[str, Any]:
    template = message.template
    assert template is not None
    told: dict[str, Any] = {"name": template.name, "language": {"code": template.language}}
    if template.parameters:
        places = [{"type": "text", "text": each} for each in template.parameters]
        told["components"] = [{"type": "body", "parameters": places}]
    return told


def _receipt(reply: Reply) -> Receipt:
    told = reply.told
    messages = told.get("messages")
    if reply.status == 200 and isinstance(messages, list) and messages:
        return Receipt("accepted", id=str(messages[0].get("id", "")))
    return of_error(told.get("error") or {}, reply.status, reply.pause)


def of_error(error: dict[str, Any], status: int, pause: float = 0.0) -> Receipt:
    """What an error of the API means, by its code."""
    code = error.get("code")
    data = error.get("error_data")
    more = data.get("details", "") if isinstance(data, dict) else ""
    why = f"{code or status} {error.get('message') or error.get('title', '')} {more}".strip()[:300]
    if code in LATER:
        return Receipt("later", why, after=pause)
    if code in ACCOUNT or status == 401:
        return Receipt("later", why, reason="account")
    if code == CLOSED:
        return Receipt("refused", why, reason="window")
    return Receipt("refused", why, dead=code in DEAD)
