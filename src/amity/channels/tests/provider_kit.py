"""Each provider's payloads in the shape that its documentation shows, signed as it signs. Fixtures of the contract."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus, urlencode
from uuid import UUID

from django.test import Client
from django.urls import reverse

from amity.base import clock, sealing
from amity.channels.models import Account
from amity.engines.outbound_webhook import signed

SECRET = "a-secret-of-sixteen-signs"
PUBLIC = "http://testserver"


@dataclass
class Provider(ABC):
    """One provider as the contract suite needs it. ``address``: a customer's; ``dead``: a refusal that says so."""

    kind: str
    address: str
    settings: dict[str, Any]
    secrets: dict[str, str]
    dead: tuple[int, dict[str, str], dict[str, Any]]
    expired: tuple[int, dict[str, str], dict[str, Any]]
    repeats: bool = False  # the provider knows a repetition
    batches: bool = True  # one payload may hold several messages
    states: bool = True
    account: Account = field(default_factory=Account)

    def install(self, url: str) -> Account:
        """An account whose provider is at ``url``."""
        settings = {name: str(value).replace("URL", url) for name, value in self.settings.items()}
        if "templates" in settings:
            settings["templates"] = {"order_update": "en"}  # type: ignore[assignment]
        self.account = Account.objects.create(
            kind=self.kind, name=self.kind, public_key=f"key-{self.kind}", settings=settings,
            secret=sealing.seal(json.dumps(self.secrets)),
        )  # fmt: skip
        return self.account

    @property
    def path(self) -> str:
        return reverse("provider_hook", args=[self.kind, self.account.public_key])

    def deliver(self, body: bytes, query: str = "", **headers: str) -> Any:
        """POST a payload; signed unless ``headers`` say otherwise."""
        path = self.path + query
        given = headers or self.sign(body, PUBLIC + path)
        form = "application/x-www-form-urlencoded" if self.kind == "sms" else "application/json"
        return Client().post(path, body, content_type=form, headers=given)

    @abstractmethod
    def sign(self, body: bytes, url: str) -> dict[str, str]:
        """Headers that prove who sent it."""

    @abstractmethod
    def payload(self, *messages: dict[str, Any]) -> bytes:
        """A payload of messages: {id, text} with ``answers`` (a provider's id), ``file`` or ``broken``."""

    def state(self, own: UUID, theirs: str, state: str, **more: Any) -> tuple[bytes, str]:
        """(payload, query) that tells what became of a message; nothing where the provider tells nothing."""
        return b"", ""


class TelegramProvider(Provider):
    def sign(self, body: bytes, url: str) -> dict[str, str]:
        return {"X-Telegram-Bot-Api-Secret-Token": SECRET}

    def payload(self, *messages: dict[str, Any]) -> bytes:
        (told,) = messages
        return json.dumps({"update_id": int(told["id"]), "message": self.message(told)}).encode()

    def message(self, told: dict[str, Any]) -> dict[str, Any]:
        """https://core.telegram.org/bots/api#message"""
        found: dict[str, Any] = {
            "message_id": int(told["id"]), "date": int(clock.now().timestamp()), "text": told["text"],
            "from": {"id": 77, "is_bot": False, "first_name": "Anna", "last_name": "Nowak", "language_code": "pl"},
            "chat": {"id": 77, "first_name": "Anna", "type": "private"},
        }  # fmt: skip
        if told.get("answers"):
            found["reply_to_message"] = {"message_id": int(told["answers"].rpartition(":")[2])}
        if told.get("file"):
            found["document"] = {"file_id": "F1", "file_name": "a.pdf", "mime_type": "application/pdf"}
        if told.get("broken"):
            del found["message_id"]
        return found


class WhatsAppProvider(Provider):
    def sign(self, body: bytes, url: str) -> dict[str, str]:
        return {"X-Hub-Signature-256": "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}

    def payload(self, *messages: dict[str, Any]) -> bytes:
        contacts = [{"profile": {"name": "Anna Nowak"}, "wa_id": "48600100300"}]
        return self.change({"contacts": contacts, "messages": [self.message(each) for each in messages]})

    def change(self, value: dict[str, Any]) -> bytes:
        """https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/payload-examples"""
        about = {"display_phone_number": "48600100200", "phone_number_id": "N1"}
        change = {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": about, **value}}
        return json.dumps(
            {"object": "whatsapp_business_account", "entry": [{"id": "W1", "changes": [change]}]}
        ).encode()

    def message(self, told: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {
            "from": "48600100300", "id": f"wamid.in{told['id']}", "timestamp": str(int(clock.now().timestamp())),
            "type": "text", "text": {"body": told["text"]},
        }  # fmt: skip
        if told.get("answers"):
            found["context"] = {"from": "48600100200", "id": told["answers"]}
        if told.get("file"):
            about = {"id": "media9", "filename": "a.pdf", "mime_type": "application/pdf", "caption": told["text"]}
            found |= {"type": "document", "document": about}
        if told.get("broken"):
            del found["from"]
        return found | told.get("more", {})

    def state(self, own: UUID, theirs: str, state: str, **more: Any) -> tuple[bytes, str]:
        told: dict[str, Any] = {
            "id": theirs, "status": state, "timestamp": "1790000000", "recipient_id": "48600100300",
            "biz_opaque_callback_data": str(own),
        }  # fmt: skip
        if more.get("dead"):
            told["errors"] = [{"code": 131026, "title": "Message undeliverable"}]
        return self.change({"statuses": [told]}), ""


class SmsProvider(Provider):
    def sign(self, body: bytes, url: str) -> dict[str, str]:
        fields = sorted(pair.split("=") for pair in body.decode().split("&"))
        text = url + "".join(unquote_plus(name) + unquote_plus(value) for name, value in fields)
        return {
            "X-Twilio-Signature": base64.b64encode(hmac.new(SECRET.encode(), text.encode(), "sha1").digest()).decode()
        }

    def payload(self, *messages: dict[str, Any]) -> bytes:
        """https://www.twilio.com/docs/messaging/guides/webhook-request"""
        (told,) = messages
        form = {
            "MessageSid": f"SMin{told['id']}", "AccountSid": "AC1", "From": "+48600100300", "To": "+48600100200",
            "Body": told["text"], "NumMedia": "0", "NumSegments": "1", "SmsStatus": "received",
        }  # fmt: skip
        if told.get("file"):
            where = f"{self.account.settings['api_url']}/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"
            form |= {"NumMedia": "1", "MediaUrl0": where, "MediaContentType0": "application/pdf"}
        if told.get("broken"):
            del form["From"]
        return urlencode(form | told.get("more", {})).encode()

    def state(self, own: UUID, theirs: str, state: str, **more: Any) -> tuple[bytes, str]:
        form = {"MessageSid": theirs or "SMlost", "AccountSid": "AC1", "MessageStatus": state}
        if state == "failed":
            form |= {"MessageStatus": "undelivered", "ErrorCode": "30005" if more.get("dead") else "30008"}
        return urlencode(form).encode(), f"?message={own}"


class WebhookProvider(Provider):
    def sign(self, body: bytes, url: str) -> dict[str, str]:
        return signed(SECRET, "in-1", int(clock.now().timestamp()), body)

    def payload(self, *messages: dict[str, Any]) -> bytes:
        return json.dumps({"messages": [self.message(each) for each in messages]}).encode()

    def message(self, told: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {"id": f"in{told['id']}", "from": "anna-7", "name": "Anna Nowak", "text": told["text"]}
        if told.get("answers"):
            found["reply_to"] = told["answers"]
        if told.get("file"):
            content = base64.b64encode(b"%PDF-1.4 a file of a customer").decode()
            found["files"] = [{"name": "a.pdf", "type": "application/pdf", "content": content}]
        if told.get("broken"):
            del found["from"]
        return found

    def state(self, own: UUID, theirs: str, state: str, **more: Any) -> tuple[bytes, str]:
        return json.dumps({"states": [{"id": str(own), "state": state, "dead": bool(more.get("dead"))}]}).encode(), ""


def providers() -> list[Provider]:
    """Every adapter that speaks with a provider over HTTP."""
    return [
        TelegramProvider(
            "telegram", "77", {"api_url": "URL"}, {"token": "T0KEN", "hook": SECRET},
            (403, {}, {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}),
            (401, {}, {"ok": False, "error_code": 401, "description": "Unauthorized"}), batches=False, states=False,
        ),
        WhatsAppProvider(
            "whatsapp", "+48600100300", {"api_url": "URL", "number_id": "N1", "templates": ""},
            {"token": "T0KEN", "app_secret": SECRET, "hook": SECRET},
            (400, {}, {"error": {"message": "(#131026) Message undeliverable", "code": 131026}}),
            (401, {}, {"error": {"message": "Error validating access token", "code": 190}}),
        ),
        SmsProvider(
            "sms", "+48600100300", {"api_url": "URL", "account_sid": "AC1", "sender": "+48600100200"},
            {"token": SECRET}, (400, {}, {"code": 21211, "message": "Invalid 'To' Phone Number", "status": 400}),
            (401, {}, {"code": 20003, "message": "Authenticate", "status": 401}), batches=False,
        ),
        WebhookProvider(
            "webhook", "anna-7", {"url": "URL/take"}, {"secret": SECRET}, (410, {}, {}), (401, {}, {}), repeats=True,
        ),
    ]  # fmt: skip
