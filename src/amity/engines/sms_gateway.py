"""Text messages through a gateway with Twilio's API. https://www.twilio.com/docs/messaging/api/message-resource"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode, urlsplit

from amity.engines.http import Unreachable
from amity.engines.mail import Receipt
from amity.engines.providers import Lost, Outbound, Reply, Trouble, ask, carefully, in_parts, split

URL = "https://api.twilio.com"
MAX_TEXT = 1_600
# https://www.twilio.com/docs/api/errors
DEAD = frozenset((21211, 21214, 21217, 21614, 30005, 30006))
STOPPED = frozenset((21610,))
LATER = frozenset((20429, 30001, 30022))
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class SmsGateway:
    """A number, a sender's name, or a messaging service (its id begins with MG)."""

    account: str
    token: str
    sender: str
    url: str = URL
    allow_private: bool = False

    def status(self) -> str:
        """The account's name, when the gateway knows it and it is active. Raises `Trouble`."""
        reply = self._get(f"{self.url}/2010-04-01/Accounts/{self.account}.json")
        told = reply.told
        if reply.status != 200 or told.get("status") != "active":
            raise Trouble(f"{reply.status} {told.get('message') or told.get('status', '')}"[:300])
        return str(told.get("friendly_name", ""))

    def file(self, address: str) -> bytes:
        """The content of a file, from the gateway's own machine alone: our secret goes along. Raises `Trouble`."""
        ours, theirs = urlsplit(self.url), urlsplit(address)
        if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
            raise Trouble("media: another machine")
        reply = self._get(address)
        if reply.status in (301, 302, 307) and reply.headers.get("location"):
            try:  # where the content lies is signed: no secret goes there
                reply = ask("GET", reply.headers["location"], {}, allow_private=self.allow_private)
            except (Unreachable, Lost) as error:
                raise Trouble(str(error)) from error
        if reply.status != 200:
            raise Trouble(f"media: {reply.status}")
        return reply.body

    def hand_over(self, message: Outbound) -> Receipt:
        """The text in parts of 1,600 characters (the gateway makes segments of them); it has no files."""
        if message.files:
            return Receipt("refused", "Text messages have no files.", reason="no_files")
        return in_parts([partial(self._send, message, each) for each in split(message.text, MAX_TEXT)])

    def _send(self, message: Outbound, text: str) -> Receipt:
        source = "MessagingServiceSid" if self.sender.startswith("MG") else "From"
        told = {"To": message.to, source: self.sender, "Body": text}
        if message.states_url:
            told["StatusCallback"] = message.states_url
        address = f"{self.url}/2010-04-01/Accounts/{self.account}/Messages.json"
        body, headers = urlencode(told).encode(), _FORM | self._key()
        return carefully(lambda: ask("POST", address, headers, body, allow_private=self.allow_private), _receipt)

    def _get(self, address: str) -> Reply:
        try:
            return ask("GET", address, self._key(), allow_private=self.allow_private)
        except (Unreachable, Lost) as error:
            raise Trouble(str(error)) from error

    def _key(self) -> dict[str, str]:
        return {"Authorization": "Basic " + base64.b64encode(f"{self.account}:{self.token}".encode()).decode()}


def signature(token: str, url: str, form: Mapping[str, Sequence[str]]) -> str:
    """``X-Twilio-Signature``: HMAC-SHA1 in base64 of the address and the form's fields in order. Pure.

    https://www.twilio.com/docs/usage/security#validating-requests
    """
    fields = "".join(name + value for name in sorted(form) for value in sorted(set(form[name])))
    return base64.b64encode(hmac.new(token.encode(), (url + fields).encode(), hashlib.sha1).digest()).decode()


def _receipt(reply: Reply) -> Receipt:
    told = reply.told
    if reply.status in (200, 201) and told.get("sid"):
        return Receipt("accepted", id=str(told["sid"]))
    code = told.get("code")
    why = f"{code or reply.status} {told.get('message', '')}".strip()[:300]
    if code in LATER:
        return Receipt("later", why, after=reply.pause)
    if reply.status in (401, 403) or code in (20003, 20005):
        return Receipt("later", why, reason="account")
    if code in STOPPED:
        return Receipt("refused", why, reason="withdrawn")
    return Receipt("refused", why, dead=code in DEAD)
