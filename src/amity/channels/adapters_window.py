"""WhatsApp's rule of 24 hours: later than that after the customer's last message only an approved template may go.

https://developers.facebook.com/docs/whatsapp/pricing#customer-service-windows
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from amity.base import clock
from amity.channels.models import Account, Outgoing, Received

WINDOW = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Window:
    """Whether free text may be sent. ``until``: when that ends, None where it never does; ``templates``: by name.

    ``texts``: what templates say, with places {{1}}, {{2}}, …, as far as the account's settings tell.
    """

    open: bool
    until: datetime | None = None
    templates: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)


def window(account_id: UUID | None, address: str) -> Window:
    """May free text go from this account to that address now? For who writes it; the gate asks again. 2 queries."""
    row = Account.objects.filter(pk=account_id).first() if account_id else None
    if row is None or row.kind != Account.Kind.WHATSAPP:
        return Window(True)
    names, texts = tuple(sorted(approved(row))), dict(row.settings.get("template_texts") or {})
    came = Received.objects.filter(account_id=row.pk, channel="whatsapp", address=address)
    last = came.order_by("-occurred_at").values_list("occurred_at", flat=True).first()
    until = last + WINDOW if last else None
    return Window(until is not None and until > clock.now(), until, names, texts)


def fits(row: Outgoing) -> bool:
    """Whether a message may go as it is, as far as the rule of 24 hours goes. No queries for other channels."""
    if row.channel != "whatsapp":
        return True
    account = account_of(row)
    if account is None:
        return True
    found = window(account.pk, row.address)
    return found.open or row.template in found.templates


def approved(account: Account) -> dict[str, str]:
    """Templates that the provider has approved: name → language, as the account's settings say."""
    told: Any = account.settings.get("templates") or {}
    return {str(name): str(language) for name, language in told.items()} if isinstance(told, dict) else {}


def account_of(row: Outgoing) -> Account | None:
    """The account that a message goes out from: that of its conversation, else the first in use. 1 or 2 queries."""
    rows = Account.objects.filter(kind=row.channel, enabled=True)
    own = rows.filter(pk=row.account_id).first() if row.account_id else None
    return own or rows.order_by("created_at", "id").first()
