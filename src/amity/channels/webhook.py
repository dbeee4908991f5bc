"""Any other program: signed JSON in, signed JSON out, in a shape of our own (docs/channels.md).

Signatures are Standard Webhooks' (standardwebhooks.com), as of our own webhooks; one whose time is more than five
minutes away is refused, so that an overheard request cannot be sent again later.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from amity.base import clock
from amity.base.ids import read_id
from amity.channels.adapters import (
    Arrival,
    Heard,
    Malformed,
    Parsed,
    Progress,
    Remote,
    Setting,
    items_at,
    private_allowed,
    progress_of,
    secret_of,
    text_at,
)
from amity.channels.models import Account, Outgoing
from amity.channels.receiving import Incoming
from amity.engines import api as engines

TOLERANCE = timedelta(minutes=5)
_MOST_FILES = 10


class WebhookAdapter:
    """See the module."""

    kind = "webhook"
    settings = (
        Setting("url", _("Address that takes our messages")),
        Setting("secret", _("Secret"), secret=True, help=_("It signs both ways; at least 16 signs.")),
    )

    def verify(self, arrival: Arrival, account: Account) -> bool:
        secret = secret_of(account, "secret")
        message_id, stamp = (arrival.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp"))
        if not secret or not message_id or not (stamp.isascii() and stamp.isdigit() and len(stamp) < 13):
            return False
        if abs(clock.now().timestamp() - int(stamp)) > TOLERANCE.total_seconds():
            return False
        told = engines.webhook_signed(secret, message_id, int(stamp), arrival.body)["webhook-signature"].encode()
        given = arrival.headers.get("webhook-signature", "").split()[:10]
        return any(hmac.compare_digest(each.encode(), told) for each in given)

    def parse(self, arrival: Arrival, account: Account) -> Parsed:
        told = arrival.json()
        messages, states = told.get("messages", []), told.get("states", [])
        if not isinstance(messages, list) or not isinstance(states, list) or not (messages or states):
            raise Malformed("neither messages nor states")
        found = Parsed()
        found.read(messages, lambda part: _heard(part, account))
        found.read(states, _progress)
        return found

    def fetch(self, ref: str, account: Account) -> bytes:
        raise engines.ProviderTrouble("files come with their content")

    def hand_over(self, row: Outgoing, account: Account, message: engines.Outbound) -> engines.Receipt:
        return self.way(account).hand_over(message)

    def ask(self, account: Account) -> str:
        return self.way(account).ping()

    def ready(self, account: Account) -> bool:
        return bool(secret_of(account, "secret") and account.settings.get("url"))

    def way(self, account: Account) -> engines.OutboundWebhook:
        """The way out of an account."""
        url = str(account.settings.get("url", ""))
        return engines.OutboundWebhook(url, secret_of(account, "secret"), private_allowed())


def _heard(told: dict[str, Any], account: Account) -> Heard:
    sender, text = str(told["from"]).strip(), text_at(told, "text")
    files = [_file(each) for each in items_at(told, "files")[:_MOST_FILES]]
    if not sender or not str(told["id"]).strip():
        raise Malformed("id and from must not be empty")
    if not text.strip() and not files:
        raise Malformed("neither text nor files")
    message = Incoming(
        account.pk, str(told["id"]), "webhook", sender[:254], text, _time(told.get("at")), name=text_at(told, "name"),
        subject=text_at(told, "subject")[:900], message_ref=str(told["id"])[:500],
        automatic="auto_submitted" if told.get("automatic") is True else "",
    )  # fmt: skip
    answered = text_at(told, "reply_to")
    return Heard(message, f"hook:{account.public_key[:14]}", files, [answered] if answered else [])


def _file(told: dict[str, Any]) -> Remote:
    try:
        content = base64.b64decode(str(told["content"]), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("a file's content is not base64") from error
    return Remote(str(told["name"]), text_at(told, "type"), content=content)


def _progress(told: dict[str, Any]) -> Progress:
    own = read_id(str(told["id"]))
    if own is None:
        raise Malformed("a state needs our id")
    dead = told.get("dead") is True
    return progress_of(str(told["state"]), _time(told.get("at")), own, text=text_at(told, "error"), dead=dead)


def _time(told: Any) -> datetime:
    if told is None:
        return clock.now()
    at = datetime.fromtimestamp(told, UTC) if isinstance(told, (int, float)) else datetime.fromisoformat(str(told))
    if at.tzinfo is None:
        raise Malformed("a time needs its zone")
    return at
