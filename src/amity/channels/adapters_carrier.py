"""The way out of messengers, text messages and webhooks: one for all providers, through their adapters.

Without an account that has what sending needs, a message stays in the local outbox: nothing leaves the house, and every
part of Amity works without any provider.
"""

from __future__ import annotations

from base64 import b64decode

from amity.base import clock
from amity.channels import adapters_window
from amity.channels.adapters import adapter, hook_url
from amity.channels.html_clean import text_of
from amity.channels.models import Account, Outgoing
from amity.engines import api as engines

LOCAL = "local"


class ProviderCarrier:
    """Messages of one channel; each goes out from the account of its conversation."""

    def __init__(self, channel: str) -> None:
        self.name = channel

    def hand_over(self, row: Outgoing) -> engines.Receipt:
        """Hand a message over. 1 query, 2 when the account's state changes."""
        account, how = adapters_window.account_of(row), adapter(row.channel)
        if account is None or how is None or not how.ready(account):
            row.engine = LOCAL
            return engines.Receipt("accepted")
        receipt = how.hand_over(row, account, outbound(row, account))
        _note(account, receipt)
        return receipt

    def close(self) -> None:
        """Nothing is held open."""


def outbound(row: Outgoing, account: Account) -> engines.Outbound:
    """A message as engines take it: plain text, also of one that has HTML only. No queries."""
    url = hook_url(account)
    return engines.Outbound(
        str(row.pk), row.address, row.body.strip() or text_of(row.html)[0],
        [engines.Enclosure(each["name"], each["type"], b64decode(each["content"])) for each in row.files],
        row.subject, row.html, _template(row, account), f"{url}?message={row.pk}" if url else "",
    )  # fmt: skip


def _template(row: Outgoing, account: Account) -> engines.ProviderTemplate | None:
    language = adapters_window.approved(account).get(row.template) if row.channel == "whatsapp" else None
    if language is None:
        return None
    places = sorted((name for name in row.values if name.isdigit()), key=int)
    return engines.ProviderTemplate(row.template, language, [str(row.values[name]) for name in places])


def _note(account: Account, receipt: engines.Receipt) -> None:
    """What the provider thinks of the account is shown at it."""
    if receipt.reason == "account":
        state, detail = "failing", receipt.text
    elif receipt.result == "accepted":
        state, detail = "ok", ""
    else:
        return
    if (account.state, account.detail) != (state, detail):
        Account.objects.filter(pk=account.pk).update(state=state, detail=detail, checked_at=clock.now())
