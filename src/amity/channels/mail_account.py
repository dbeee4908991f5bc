"""Mailboxes: where each is read, what its own server is called, and which machines' mail counts as a person's."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import sealing
from amity.base.errors import NotFound, Refused
from amity.channels import account_changes
from amity.channels.account_changes import PERMISSION
from amity.channels.receiving_models import Account
from amity.engines import api as engines
from amity.people import api as people

MOST = 100  # mailboxes of an installation
SECURITY = ("tls", "starttls", "none")
LISTS = ("authserv_ids", "lists", "web_forms")
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:-]{0,252}")
_OWN = ("host", "port", "user", "security", "folder", "inbound", "sender_name", "number_in_subject", *LISTS)


@dataclass(frozen=True, slots=True)
class MailboxView:
    """A mailbox as its settings page shows it. ``state``: "" never read, ok, failing; ``detail`` says why."""

    id: UUID
    name: str
    address: str
    enabled: bool
    state: str
    detail: str
    checked_at: datetime | None
    settings: Mapping[str, Any]
    has_password: bool

    @property
    def is_read(self) -> bool:
        return bool(self.settings.get("host"))


def mailboxes(principal: access.Principal) -> list[MailboxView]:
    """Every mailbox, by name. 1 query."""
    access.require(principal, PERMISSION)
    return [_view(row) for row in Account.objects.filter(kind=Account.Kind.EMAIL).order_by("name", "id")[:MOST]]


def one(principal: access.Principal, account_id: UUID) -> MailboxView:
    """One mailbox; raises `NotFound`."""
    access.require(principal, PERMISSION)
    return _view(row_of(account_id))


def create(principal: access.Principal, name: str, address: str) -> UUID:
    """A new mailbox: mail reaches it by the API, as files, and over IMAP once that is set. Audited."""
    access.require(principal, PERMISSION)
    plain = people.consent.plain_address("email", address)
    if not plain or not name.strip():
        raise Refused("bad_mailbox", _("Give a name and an e-mail address."))
    with transaction.atomic():
        row = Account.objects.create(
            kind=Account.Kind.EMAIL, name=name.strip()[:120], address=plain, public_key=secrets.token_urlsafe(12),
            settings={"port": 993, "security": "tls", "folder": "INBOX"},
        )  # fmt: skip
        access.record(principal, "created", "account", row.pk, {"kind": "email"})
    return row.pk


def change(principal: access.Principal, account_id: UUID, values: Mapping[str, Any]) -> UUID:
    """Change name, address, enabled and what is in `_OWN`; returns the undo group. Audited."""
    access.require(principal, PERMISSION)
    return account_changes.change(principal, row_of(account_id).pk, _checked(values))


def set_password(principal: access.Principal, account_id: UUID, password: str) -> None:
    """The password of the mailbox; kept sealed, shown to nobody. Audited, not undone."""
    access.require(principal, PERMISSION)
    with transaction.atomic():
        row = row_of(account_id)
        row.secret = sealing.seal(json.dumps({"password": password})) if password else ""
        row.save(update_fields=["secret"])
        access.record(principal, "secret_made", "account", row.pk, {"kind": "email"})


def row_of(account_id: UUID) -> Account:
    """The account of a mailbox; raises `NotFound`."""
    row = Account.objects.filter(pk=account_id, kind=Account.Kind.EMAIL).first()
    if row is None:
        raise NotFound(_("There is no such mailbox."))
    return row


def box_of(row: Account) -> engines.Mailbox | None:
    """Where a mailbox is read, None for one that is not read over IMAP."""
    told = row.settings
    if not told.get("host"):
        return None
    password = json.loads(sealing.unseal(row.secret))["password"] if row.secret else ""
    return engines.Mailbox(
        str(told["host"]), str(told.get("user") or row.address), password, int(told.get("port") or 993),
        str(told.get("security") or "tls"), str(told.get("folder") or "INBOX"),
    )  # fmt: skip


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in values.items() if name in ("name", "address", "enabled", *_OWN)}
    if "address" in told:
        told["address"] = people.consent.plain_address("email", told["address"])
    if not told.get("name", "-").strip() or not told.get("address", "-"):
        raise Refused("bad_mailbox", _("Give a name and an e-mail address."))
    if told.get("host") and not _HOST.fullmatch(told["host"]):
        raise Refused("bad_host", _("“{value}” is no name of a server.").format(value=told["host"][:100]))
    if told.get("security", "tls") not in SECURITY or not 0 < int(told.get("port", 993)) < 65_536:
        raise Refused("bad_port", _("Give a port between 1 and 65,535."))
    for name in LISTS:
        if name in told:
            told[name] = sorted({str(each).strip().lower() for each in told[name] if str(each).strip()})[:50]
    if told.get("host"):
        told["inbound"] = True
    return told


def _view(row: Account) -> MailboxView:
    return MailboxView(
        row.pk, row.name, row.address, row.enabled, row.state, row.detail, row.checked_at, row.settings,
        bool(row.secret),
    )  # fmt: skip
