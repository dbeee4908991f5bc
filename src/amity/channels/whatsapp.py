"""WhatsApp's webhooks. https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/payload-examples

One payload may hold several messages and states, also of other numbers of the same app: those are left alone.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

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

_MEDIA = ("image", "document", "audio", "video", "sticker")


class WhatsAppAdapter:
    """See the module."""

    kind = "whatsapp"
    settings = (
        Setting("number_id", _("Id of the phone number")),
        Setting("token", _("Access token"), secret=True),
        Setting("app_secret", _("App secret"), secret=True, help=_("It signs what WhatsApp sends here.")),
        Setting(
            "templates", _("Approved templates"),
            help=_(
                "One per line: name, language and its text with places, such as “order_update en Your order {{1}} is "
                "on its way.”. After 24 hours only these go out."
            ),
        ),
        Setting("api_url", _("Address of the provider"), help=_("Empty: the usual one.")),
    )  # fmt: skip

    def verify(self, arrival: Arrival, account: Account) -> bool:
        secret = secret_of(account, "app_secret")
        given = arrival.headers.get("x-hub-signature-256", "")
        told = "sha256=" + hmac.new(secret.encode(), arrival.body, hashlib.sha256).hexdigest()
        return bool(secret) and hmac.compare_digest(given.encode(), told.encode())

    def challenge(self, arrival: Arrival, account: Account) -> str:
        """What answers WhatsApp's question whether this address is ours; empty when the token is not the one told."""
        secret = secret_of(account, "hook")
        asked = arrival.query.get("hub.mode") == "subscribe" and bool(secret)
        good = asked and hmac.compare_digest(arrival.query.get("hub.verify_token", "").encode(), secret.encode())
        return arrival.query.get("hub.challenge", "")[:200] if good else ""

    def parse(self, arrival: Arrival, account: Account) -> Parsed:
        told = arrival.json()
        if told.get("object") != "whatsapp_business_account":
            raise Malformed("object is not whatsapp_business_account")
        found = Parsed()
        changes = [each for entry in items_at(told, "entry") for each in items_at(entry, "changes")]
        for value in (each.get("value") for each in changes if text_at(each, "field") == "messages"):
            if text_at(value, "metadata", "phone_number_id") == str(account.settings.get("number_id", "")):
                _read(value, account, found)
        return found

    def fetch(self, ref: str, account: Account) -> bytes:
        return self.number(account).file(ref)

    def hand_over(self, row: Outgoing, account: Account, message: engines.Outbound) -> engines.Receipt:
        return self.number(account).hand_over(message)

    def ask(self, account: Account) -> str:
        return self.number(account).number()

    def ready(self, account: Account) -> bool:
        return bool(secret_of(account, "token") and account.settings.get("number_id"))

    def number(self, account: Account) -> engines.WhatsApp:
        """The number of an account."""
        url = account.settings.get("api_url")
        more = {"url": str(url).rstrip("/")} if url else {}
        number_id = str(account.settings.get("number_id", ""))
        return engines.WhatsApp(secret_of(account, "token"), number_id, allow_private=private_allowed(), **more)


def _read(value: dict[str, Any], account: Account, found: Parsed) -> None:
    names = {text_at(each, "wa_id"): text_at(each, "profile", "name") for each in items_at(value, "contacts")}
    found.read(items_at(value, "messages"), lambda told: _heard(told, names, account))
    found.read(items_at(value, "statuses"), _progress)


def _heard(told: dict[str, Any], names: dict[str, str], account: Account) -> Heard | None:
    kind, sender = str(told["type"]), str(told["from"])
    text, files = _text(kind, told), []
    if kind in _MEDIA:
        about = told[kind]
        files = [Remote(text_at(about, "filename") or kind, text_at(about, "mime_type"), str(about["id"]))]
    if not text and not files:
        return None  # a reaction taken back, a number that changed
    incoming = Incoming(
        account.pk, str(told["id"]), "whatsapp", f"+{sender.lstrip('+')}", text,
        datetime.fromtimestamp(int(told["timestamp"]), UTC), name=names.get(sender, ""), message_ref=str(told["id"]),
        automatic="reaction" if kind == "reaction" else "",
    )  # fmt: skip
    answered = text_at(told, "context", "id") or text_at(told, "reaction", "message_id")
    return Heard(incoming, "phone", files, [answered] if answered else [])


def _text(kind: str, told: dict[str, Any]) -> str:
    if kind == "location":
        place = told["location"]
        named = [text_at(place, "name"), text_at(place, "address"), f"{place['latitude']}, {place['longitude']}"]
        return "\n".join(each for each in named if each)
    if kind in ("text", "button"):
        return str(told[kind]["body" if kind == "text" else "text"])
    if kind == "interactive":
        about = told["interactive"]
        return text_at(about, str(about["type"]), "title")
    if kind == "contacts":
        return "\n".join(_card(each) for each in items_at(told, "contacts"))
    return text_at(told, kind, "caption") or text_at(told, "reaction", "emoji")


def _card(told: Any) -> str:
    numbers = ", ".join(text_at(each, "phone") for each in items_at(told, "phones"))
    return f"{text_at(told, 'name', 'formatted_name')} {numbers}".strip()


def _progress(told: dict[str, Any]) -> Progress:
    errors = items_at(told, "errors")
    failed = engines.whatsapp_error(errors[0], 0) if errors else engines.Receipt("refused")
    return progress_of(
        str(told["status"]), datetime.fromtimestamp(int(told["timestamp"]), UTC),
        read_id(text_at(told, "biz_opaque_callback_data")), str(told["id"]), text=failed.text,
        reason=failed.reason if failed.reason == "window" else "", dead=failed.dead,
    )  # fmt: skip
