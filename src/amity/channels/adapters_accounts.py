"""Accounts of every channel in one list; those of messengers, gateways and webhooks are made and changed here."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, sealing
from amity.base.errors import NotFound, Refused
from amity.channels import account_changes
from amity.channels.account_changes import PERMISSION
from amity.channels.adapters import Adapter, adapter, hook_url, kinds, secret_of
from amity.channels.models import Account
from amity.engines import api as engines

MOST = 300  # accounts of an installation
MIN_SECRET = 16


_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[_-][A-Za-z]{2,4})?")


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as settings show it. ``state``: "" never tried, ok, failing; ``ready``: it has what sending needs."""

    id: UUID
    kind: str
    kind_label: str
    name: str
    address: str
    key: str
    enabled: bool
    state: str
    detail: str
    checked_at: datetime | None
    settings: Mapping[str, Any]
    secrets: frozenset[str]  # those that are set
    ready: bool
    own: bool  # made and changed here; mailboxes and chats have pages of their own
    hook: str  # the address that the provider calls
    verify: str  # what WhatsApp asks for beside it


def accounts(principal: access.Principal) -> list[AccountView]:
    """Every account, by kind and name. 1 query."""
    access.require(principal, PERMISSION)
    rows = Account.objects.exclude(kind=Account.Kind.PHONE).order_by("kind", "name", "id")[:MOST]
    return [_view(row) for row in rows]


def one(principal: access.Principal, account_id: UUID) -> AccountView:
    """One account of an adapter; raises `NotFound`."""
    access.require(principal, PERMISSION)
    return _view(_row(account_id)[0])


def create(principal: access.Principal, kind: str, name: str) -> UUID:
    """A new account without credentials: what goes out over it stays in the local outbox. Audited."""
    access.require(principal, PERMISSION)
    if kind not in kinds() or not name.strip():
        raise Refused("bad_name", _("Give it a name."))
    with transaction.atomic():
        row = Account.objects.create(
            kind=kind, name=name.strip()[:120], public_key=secrets.token_urlsafe(12),
            secret=sealing.seal(json.dumps({"hook": secrets.token_hex(24)})),
        )  # fmt: skip
        access.record(principal, "created", "account", row.pk, {"kind": kind})
    return row.pk


def change(principal: access.Principal, account_id: UUID, values: Mapping[str, Any]) -> UUID:
    """Change name, enabled and the adapter's settings; returns the undo group. Secrets: `set_secrets`. Audited."""
    access.require(principal, PERMISSION)
    row, how = _row(account_id)
    return account_changes.change(principal, row.pk, _checked(how, values))


def set_secrets(principal: access.Principal, account_id: UUID, values: Mapping[str, str]) -> None:
    """Set secrets; empty ones leave what is there. Kept sealed, shown to nobody. Audited, not undone."""
    access.require(principal, PERMISSION)
    row, how = _row(account_id)
    told = {each.name: values[each.name].strip() for each in how.settings if each.secret and values.get(each.name)}
    told = {name: value for name, value in told.items() if value}
    if len(told.get("secret", "-" * MIN_SECRET)) < MIN_SECRET:
        raise Refused("short_secret", _("The secret needs at least {count} signs.").format(count=MIN_SECRET))
    if not told:
        return
    with transaction.atomic():
        before = json.loads(sealing.unseal(row.secret)) if row.secret else {}
        row.secret, row.state, row.detail = sealing.seal(json.dumps(before | told)), "", ""
        row.save(update_fields=["secret", "state", "detail"])
        access.record(principal, "secret_made", "account", row.pk, {"kind": row.kind, "fields": sorted(told)})


def ask(principal: access.Principal, account_id: UUID) -> AccountView:
    """Ask the provider who we are, and keep what it said at the account. Audited."""
    access.require(principal, PERMISSION)
    row, how = _row(account_id)
    if not how.ready(row):
        raise Refused("no_credentials", _("Fill in the credentials first."))
    row.state, row.detail = "ok", ""
    try:
        row.address = how.ask(row)[:254] or row.address
    except engines.ProviderTrouble as trouble:
        row.state, row.detail = "failing", str(trouble)[:1_000]
    row.checked_at = clock.now()
    with transaction.atomic():
        row.save(update_fields=["state", "detail", "address", "checked_at"])
        access.record(principal, "tried", "account", row.pk, {"kind": row.kind, "state": row.state})
    return _view(row)


def templates_of(text: str) -> dict[str, dict[str, str]]:
    """Lines of “name language text” as an account keeps them: name → language, and name → text of those that have one.

    Raises `Refused`. Pure.
    """
    languages, texts = {}, {}
    for line in filter(str.strip, text.splitlines()):
        name, language, told = (*line.split(None, 2), "", "")[:3]
        if not _LANGUAGE.fullmatch(language):
            raise Refused("bad_template", _("“{value}” is no name and language.").format(value=line[:100]))
        languages[name], texts[name] = language, told.strip()
    return {"templates": languages, "template_texts": {name: told for name, told in texts.items() if told}}


def _checked(how: Adapter, values: Mapping[str, Any]) -> dict[str, Any]:
    """Name, enabled and all settings that the adapter has; None for those left empty."""
    told = {name: values[name] for name in ("name", "enabled") if name in values}
    if not str(told.get("name", "-")).strip():
        raise Refused("bad_name", _("Give it a name."))
    given = {each.name: str(values.get(each.name, "")).strip() for each in how.settings if not each.secret}
    for name in ("url", "api_url"):
        if given.get(name) and urlsplit(given[name]).scheme not in ("https", "http"):
            raise Refused("bad_url", _("“{value}” is no address of a site.").format(value=given[name][:100]))
    settings: dict[str, Any] = {name: value or None for name, value in given.items()}
    if "templates" in given:
        read = templates_of(given["templates"])
        settings |= {"templates": read["templates"], "template_texts": read["template_texts"] or None}
    return told | (settings if any(each.name in values for each in how.settings) else {})


def _row(account_id: UUID) -> tuple[Account, Adapter]:
    row = Account.objects.filter(pk=account_id).first()
    how = adapter(row.kind) if row else None
    if row is None or how is None:
        raise NotFound(_("There is no such account."))
    return row, how


def _view(row: Account) -> AccountView:
    how = adapter(row.kind)
    held = json.loads(sealing.unseal(row.secret)) if row.secret and how else {}
    return AccountView(
        row.pk, row.kind, str(row.get_kind_display()), row.name, row.address, row.public_key, row.enabled, row.state,
        row.detail, row.checked_at, row.settings, frozenset(name for name, value in held.items() if value),
        how.ready(row) if how else True, how is not None, hook_url(row) if how else "",
        secret_of(row, "hook") if row.kind == "whatsapp" else "",
    )  # fmt: skip
