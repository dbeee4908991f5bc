"""Messages as signed POSTs to a program of the operator's. The signature is Standard Webhooks' (standardwebhooks.com).

Each message keeps its id however often it is sent, so the receiver knows a repetition, and what may be lost is tried
again.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass

from amity.engines.http import Unreachable
from amity.engines.mail import Receipt
from amity.engines.providers import JSON, Lost, Outbound, Reply, Trouble, ask, carefully, said

MAX_TEXT = 100_000


@dataclass(frozen=True, slots=True)
class OutboundWebhook:
    """An address that takes messages."""

    url: str
    secret: str
    allow_private: bool = False

    def ping(self) -> str:
        """Ask it whether it listens: a signed ``{"type": "ping"}`` is answered with 2xx. Raises `Trouble`."""
        try:
            reply = self._post("ping", json.dumps({"type": "ping"}).encode())
        except (Unreachable, Lost) as error:
            raise Trouble(str(error)) from error
        if not 200 <= reply.status < 300:
            raise Trouble(f"{reply.status} {said(reply)}")
        return ""

    def hand_over(self, message: Outbound) -> Receipt:
        """POST the message as JSON; 2xx takes it, 410: the address is dead, 429 and 5xx: another try."""
        body = {
            "type": "message", "id": message.id, "to": message.to, "subject": message.subject, "text": message.text,
            "html": message.html,
            "files": [
                {"name": each.name, "type": each.kind, "content": base64.b64encode(each.content).decode()}
                for each in message.files
            ],
        }  # fmt: skip
        return carefully(lambda: self._post(message.id, json.dumps(body).encode()), _receipt, again=True)

    def _post(self, message_id: str, body: bytes) -> Reply:
        headers = JSON | signed(self.secret, message_id, int(time.time()), body)
        return ask("POST", self.url, headers, body, allow_private=self.allow_private)


def signed(secret: str, message_id: str, stamp: int, body: bytes) -> dict[str, str]:
    """Headers that prove who sent it, and when (seconds since 1970). Pure."""
    text = b".".join([message_id.encode(), str(stamp).encode(), body])
    digest = base64.b64encode(hmac.new(key_of(secret), text, hashlib.sha256).digest()).decode()
    return {"webhook-id": message_id, "webhook-timestamp": str(stamp), "webhook-signature": f"v1,{digest}"}


def key_of(secret: str) -> bytes:
    """The key in a secret: base64 after ``whsec_``, else its bytes."""
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        return secret.encode()


def _receipt(reply: Reply) -> Receipt:
    why = f"{reply.status} {said(reply)}"[:300]
    if 200 <= reply.status < 300:
        return Receipt("accepted", id=str(reply.told.get("id", ""))[:300])
    if reply.status in (401, 403, 404):
        return Receipt("later", why, reason="account")
    return Receipt("refused", why, dead=reply.status == 410)
