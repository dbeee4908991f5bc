"""Settings of chats on sites: where each may be shown, what it says first, and the secret that proves users."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import sealing
from amity.base.errors import NotFound, Refused
from amity.channels import account_changes
from amity.channels.account_changes import PERMISSION
from amity.channels.chat import LANGUAGES, identity_secret
from amity.channels.receiving_models import Account

MOST = 100  # chats of an installation
_COLOUR_SIGNS = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """A chat as its settings page shows it."""

    id: UUID
    name: str
    key: str
    enabled: bool
    origins: tuple[str, ...]
    greeting: Mapping[str, str]
    privacy_url: str
    colour: str
    secret: str
    bot: bool = False  # answers first


def chats(principal: access.Principal) -> list[ChatSettings]:
    """Every chat, by name. 1 query."""
    access.require(principal, PERMISSION)
    return [_view(row) for row in Account.objects.filter(kind=Account.Kind.CHAT).order_by("name", "id")[:MOST]]


def one(principal: access.Principal, account_id: UUID) -> ChatSettings:
    """One chat; raises `NotFound`."""
    access.require(principal, PERMISSION)
    return _view(_row(account_id))


def create(principal: access.Principal, name: str) -> UUID:
    """A new chat that no site may show yet. Audited."""
    access.require(principal, PERMISSION)
    if not name.strip():
        raise Refused("bad_name", _("Give it a name."))
    with transaction.atomic():
        row = Account.objects.create(
            kind=Account.Kind.CHAT, name=name.strip()[:120], public_key=secrets.token_urlsafe(12), state="ok",
            settings={"origins": [], "greeting": {}},
        )  # fmt: skip
        access.record(principal, "created", "account", row.pk, {"kind": "chat"})
    return row.pk


def change(principal: access.Principal, account_id: UUID, values: Mapping[str, Any]) -> UUID:
    """Change name, enabled, origins, greeting, privacy_url, colour; returns the undo group. Audited."""
    access.require(principal, PERMISSION)
    return account_changes.change(principal, _row(account_id).pk, _checked(values))


def new_secret(principal: access.Principal, account_id: UUID) -> str:
    """Make the secret for proofs of users anew; the old one proves nothing from now on. Audited."""
    access.require(principal, PERMISSION)
    secret = secrets.token_hex(32)
    with transaction.atomic():
        row = _row(account_id)
        row.secret = sealing.seal(json.dumps({"identity": secret}))
        row.save(update_fields=["secret"])
        access.record(principal, "secret_made", "account", row.pk, {"kind": "chat"})
    return secret


def origin_of(text: str) -> str:
    """A site's origin (``https://shop.example``) from what somebody types; "*" is any. Raises `Refused`."""
    text = text.strip()
    if text == "*":
        return text
    parts = urlsplit(text if "://" in text else f"https://{text}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused("bad_origin", _("“{value}” is no address of a site.").format(value=text[:100]))
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    told = dict(values)
    if "origins" in told:
        told["origins"] = sorted({origin_of(each) for each in told["origins"] if each.strip()})[:50]
    if "greeting" in told:
        told["greeting"] = {k: str(v).strip()[:500] for k, v in told["greeting"].items() if k in LANGUAGES and v}
    url, colour = told.get("privacy_url", ""), told.get("colour", "").lower()
    if url and urlsplit(url).scheme not in ("http", "https"):
        raise Refused("bad_url", _("“{value}” is no address of a site.").format(value=url[:100]))
    if colour and not (len(colour) == 7 and colour[0] == "#" and _COLOUR_SIGNS.issuperset(colour[1:])):
        raise Refused("bad_colour", _("Write the colour as #rrggbb."))
    if "name" in told and not told["name"].strip():
        raise Refused("bad_name", _("Give it a name."))
    return told


def _row(account_id: UUID) -> Account:
    row = Account.objects.filter(pk=account_id, kind=Account.Kind.CHAT).first()
    if row is None:
        raise NotFound(_("There is no chat at this address."))
    return row


def _view(row: Account) -> ChatSettings:
    told = row.settings
    return ChatSettings(
        row.pk, row.name, row.public_key, row.enabled, tuple(told.get("origins") or ()), told.get("greeting") or {},
        str(told.get("privacy_url") or ""), str(told.get("colour") or ""), identity_secret(row),
        bool(told.get("bot")),
    )  # fmt: skip
