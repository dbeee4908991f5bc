"""Telegram's updates. https://core.telegram.org/bots/api#update

A bot talks with one person in a private chat; groups and channels are left alone. Updates come to the webhook (with our
secret in a header) or wait until they are asked for; each has an id either way.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from amity.channels.adapters import (
    Arrival,
    Heard,
    Malformed,
    Parsed,
    Remote,
    Setting,
    hook_url,
    items_at,
    private_allowed,
    secret_of,
    text_at,
)
from amity.channels.models import Account, Outgoing
from amity.channels.receiving import Incoming
from amity.engines import api as engines

HEADER = "x-telegram-bot-api-secret-token"
_FILES = ("document", "video", "audio", "voice", "video_note", "animation")
_NAMES = {"voice": "voice.ogg", "video_note": "video.mp4"}


class TelegramAdapter:
    """See the module."""

    kind = "telegram"
    settings = (
        Setting("token", _("Token of the bot"), secret=True, help=_("@BotFather tells it.")),
        Setting("api_url", _("Address of the provider"), help=_("Empty: the usual one.")),
    )

    def verify(self, arrival: Arrival, account: Account) -> bool:
        secret = secret_of(account, "hook")
        return bool(secret) and hmac.compare_digest(arrival.headers.get(HEADER, "").encode(), secret.encode())

    def parse(self, arrival: Arrival, account: Account) -> Parsed:
        return self.parse_updates([arrival.json()], account)

    def parse_updates(self, updates: list[dict[str, Any]], account: Account) -> Parsed:
        """Updates as `getUpdates` gives them."""
        found = Parsed()
        found.read(updates, lambda update: _heard(update, account))
        return found

    def fetch(self, ref: str, account: Account) -> bytes:
        return self.bot(account).file(ref)

    def hand_over(self, row: Outgoing, account: Account, message: engines.Outbound) -> engines.Receipt:
        return self.bot(account).hand_over(message)

    def ask(self, account: Account) -> str:
        bot = self.bot(account)
        name = bot.me()
        address = hook_url(account)
        if address.startswith("https://"):
            bot.set_webhook(address, secret_of(account, "hook"))
        else:
            bot.delete_webhook()
        return name

    def ready(self, account: Account) -> bool:
        return bool(secret_of(account, "token"))

    def bot(self, account: Account) -> engines.Telegram:
        """The bot of an account."""
        url = account.settings.get("api_url")
        more = {"url": str(url).rstrip("/")} if url else {}
        return engines.Telegram(secret_of(account, "token"), allow_private=private_allowed(), **more)


def _heard(update: dict[str, Any], account: Account) -> Heard | None:
    if "update_id" not in update:
        raise Malformed("no update_id")
    if callback := update.get("callback_query"):
        return _pressed(callback, account)
    edited = update.get("edited_message")
    message = edited or update.get("message")
    if message is None or message["chat"]["type"] != "private":
        return None
    chat, sender = int(message["chat"]["id"]), message.get("from") or message["chat"]
    ref = f"{chat}:{int(message['message_id'])}"
    answered = text_at(message, "reply_to_message", "message_id")
    files = _files(message)
    text = _text(message)
    if not text and not files:
        return None  # somebody joined, a call, a dice …
    incoming = Incoming(
        account.pk, f"{ref}:edit:{int(edited['edit_date'])}" if edited else ref, "telegram", str(chat), text,
        datetime.fromtimestamp(int(message["date"]), UTC), name=_name(sender), message_ref=ref,
        headers={"edited": ref} if edited else {},
    )  # fmt: skip
    answers = [f"{chat}:{answered}"] if answered else []
    return Heard(incoming, "telegram", files, answers, text_at(sender, "language_code")[:8])


def _pressed(callback: dict[str, Any], account: Account) -> Heard | None:
    """A button under a message of ours: what it says is what they say."""
    message = callback.get("message") or {}
    if text_at(message, "chat", "type") != "private":
        return None
    chat, data = int(message["chat"]["id"]), text_at(callback, "data")
    keys = [key for row in items_at(message, "reply_markup", "inline_keyboard") for key in row]
    text = next((text_at(key, "text") for key in keys if text_at(key, "callback_data") == data), data)
    date = int(message.get("date") or 0)
    at = datetime.fromtimestamp(date, UTC) if date else datetime.now(UTC)
    incoming = Incoming(
        account.pk, f"callback:{callback['id']}", "telegram", str(chat), text, at, name=_name(callback["from"]),
        headers={"button": data[:300]},
    )  # fmt: skip
    return Heard(incoming, "telegram", (), [f"{chat}:{int(message['message_id'])}"])


def _text(message: dict[str, Any]) -> str:
    text = text_at(message, "text") or text_at(message, "caption")
    if text:
        return text
    if place := message.get("location"):
        return f"{place['latitude']}, {place['longitude']}"
    if contact := message.get("contact"):
        return f"{_name(contact)} {text_at(contact, 'phone_number')}".strip()
    return text_at(message, "sticker", "emoji")


def _files(message: dict[str, Any]) -> list[Remote]:
    found = []
    if sizes := items_at(message, "photo"):
        largest = max(sizes, key=lambda size: int(size.get("width", 0)) * int(size.get("height", 0)))
        found.append(Remote("photo.jpg", "image/jpeg", str(largest["file_id"])))
    for what in _FILES:
        told = message.get(what)
        if told and not (what == "document" and "animation" in message):
            name = text_at(told, "file_name") or _NAMES.get(what, what)
            found.append(Remote(name, text_at(told, "mime_type"), str(told["file_id"])))
    return found


def _name(told: dict[str, Any]) -> str:
    name = f"{text_at(told, 'first_name')} {text_at(told, 'last_name')}".strip()
    return name or text_at(told, "username")
