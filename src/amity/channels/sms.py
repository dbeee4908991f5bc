"""Text messages as a gateway with Twilio's webhooks tells them. https://www.twilio.com/docs/messaging/guides/webhook-request

Forms, signed over the address and their fields. Messages and states come to the same address.
"""

from __future__ import annotations

import hmac
from urllib.parse import parse_qs

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
    private_allowed,
    progress_of,
    secret_of,
)
from amity.channels.models import Account, Outgoing
from amity.channels.receiving import Incoming
from amity.channels.sms_words import word_of
from amity.engines import api as engines

_STATES = {
    "sent": "sent", "delivered": "delivered", "read": "read", "failed": "failed", "undelivered": "failed",
    "accepted": "", "queued": "", "sending": "", "scheduled": "", "canceled": "failed",
}  # fmt: skip
_DEAD = ("30005", "30006", "21211", "21614")
_MOST_MEDIA = 10


class SmsAdapter:
    """See the module."""

    kind = "sms"
    settings = (
        Setting("account_sid", _("Account SID")),
        Setting("token", _("Auth token"), secret=True, help=_("It also signs what the gateway sends here.")),
        Setting("sender", _("Sender"), help=_("A number such as +48123456789, or the id of a messaging service.")),
        Setting("api_url", _("Address of the provider"), help=_("Empty: the usual one.")),
    )

    def verify(self, arrival: Arrival, account: Account) -> bool:
        token = secret_of(account, "token")
        given = arrival.headers.get("x-twilio-signature", "")
        told = engines.sms_signature(token, arrival.url, _form(arrival)) if token and given else ""
        return bool(told) and hmac.compare_digest(given.encode(), told.encode())

    def parse(self, arrival: Arrival, account: Account) -> Parsed:
        told = {name: values[-1] for name, values in _form(arrival).items()}
        sid = told.get("MessageSid") or told.get("SmsSid", "")
        if not sid:
            raise Malformed("no MessageSid")
        status = told.get("MessageStatus") or told.get("SmsStatus", "")
        if status and status != "received":
            return Parsed(states=_progress(told, sid, status, arrival))
        if not told.get("From"):
            raise Malformed("no From")
        return Parsed([_heard(told, sid, account)])

    def fetch(self, ref: str, account: Account) -> bytes:
        return self.gateway(account).file(ref)

    def hand_over(self, row: Outgoing, account: Account, message: engines.Outbound) -> engines.Receipt:
        return self.gateway(account).hand_over(message)

    def ask(self, account: Account) -> str:
        return self.gateway(account).status()

    def ready(self, account: Account) -> bool:
        told = account.settings
        return bool(secret_of(account, "token") and told.get("account_sid") and told.get("sender"))

    def gateway(self, account: Account) -> engines.SmsGateway:
        """The gateway of an account."""
        told = account.settings
        more = {"url": str(told["api_url"]).rstrip("/")} if told.get("api_url") else {}
        return engines.SmsGateway(
            str(told.get("account_sid", "")), secret_of(account, "token"), str(told.get("sender", "")),
            allow_private=private_allowed(), **more,
        )  # fmt: skip


def _form(arrival: Arrival) -> dict[str, list[str]]:
    try:
        return parse_qs(arrival.body.decode(), keep_blank_values=True, max_num_fields=500)
    except ValueError:
        return {}


def _heard(told: dict[str, str], sid: str, account: Account) -> Heard:
    text = told.get("Body", "")
    count = int(told["NumMedia"]) if told.get("NumMedia", "").isdecimal() else 0
    files = [
        Remote(f"media{n + 1}", told.get(f"MediaContentType{n}", ""), told[f"MediaUrl{n}"])
        for n in range(min(count, _MOST_MEDIA))
        if told.get(f"MediaUrl{n}")
    ]
    said = told.get("OptOutType", "").lower()
    word = word_of(said) if said else word_of(text)
    message = Incoming(
        account.pk, sid, "sms", told["From"], text, clock.now(), name=told.get("ProfileName", ""), message_ref=sid,
        to=[told.get("To", "")], automatic="keyword" if word else "",
        headers={"segments": told["NumSegments"][:4]} if told.get("NumSegments") else {},
    )  # fmt: skip
    return Heard(message, "phone", files, word=word, confirmed=bool(said))


def _progress(told: dict[str, str], sid: str, status: str, arrival: Arrival) -> list[Progress]:
    if status not in _STATES:
        raise Malformed(f"unknown status {status[:40]}")
    state, code = _STATES[status], told.get("ErrorCode", "")
    if not state:
        return []
    text = f"{code} {told.get('ErrorMessage', '')}".strip()
    own = read_id(arrival.query.get("message", ""))
    return [progress_of(state, clock.now(), own, sid, text=text, dead=code in _DEAD)]
