"""Keys for programs: shown once, stored as SHA-256, narrowed by scopes, revocable."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.access import audit
from amity.access.links import hash_token
from amity.access.models import ApiToken
from amity.access.permissions import Principal, own_id, require
from amity.access.staff import principal_of
from amity.base import clock
from amity.base.errors import NotFound, Refused

MARK = "amity_"
_SEEN_EVERY = timedelta(minutes=5)
# What a scope lets a token use of its owner's permissions.
SCOPES: dict[str, frozenset[str]] = {
    "people:read": frozenset({"people.view"}),
    "people:write": frozenset({"people.view", "people.edit", "people.bulk"}),
    "duplicates:write": frozenset({"people.view", "people.edit", "duplicates.decide"}),
    "segments:read": frozenset({"segments.view", "people.view", "people.export"}),
    "segments:write": frozenset({"segments.view", "segments.manage", "people.view"}),
    "deals:read": frozenset({"deals.view"}),
    "deals:write": frozenset({"deals.view", "deals.edit", "deals.bulk", "deals.assign"}),
    "tasks:write": frozenset({"people.view", "deals.view", "tasks.edit"}),
    "imports:write": frozenset({"imports.run", "people.view", "deals.view"}),
    "models:read": frozenset({"models.view", "readiness.view"}),
    "models:write": frozenset({"models.view", "readiness.view", "models.train", "models.decide"}),
    "jobs:read": frozenset({"jobs.view"}),
    "staff:read": frozenset({"settings.view"}),
    "webhooks:write": frozenset({"webhooks.manage"}),
    "audit:read": frozenset({"audit.view"}),
    "privacy:manage": frozenset({"privacy.manage"}),
    "desk:manage": frozenset({"desk.view", "desk.manage"}),
    "desk:read": frozenset({"desk.view"}),
    "desk:write": frozenset({"desk.view", "desk.reply"}),
    "channels:write": frozenset({"channels.manage"}),
}
SCOPE_LABELS = {
    "desk:read": gettext_lazy("Read conversations"),
    "desk:write": gettext_lazy("Read, answer and change conversations"),
    "channels:write": gettext_lazy("Hand in messages and set channels up"),
    "people:read": gettext_lazy("Read people and companies"),
    "people:write": gettext_lazy("Read and change people and companies"),
    "duplicates:write": gettext_lazy("Read and decide duplicates"),
    "segments:read": gettext_lazy("Read and export segments"),
    "segments:write": gettext_lazy("Read and change segments"),
    "deals:read": gettext_lazy("Read deals, products and orders"),
    "deals:write": gettext_lazy("Read and change deals"),
    "tasks:write": gettext_lazy("Read and change tasks"),
    "imports:write": gettext_lazy("Run imports"),
    "models:read": gettext_lazy("Read scores, models and readiness"),
    "models:write": gettext_lazy("Train models and decide on columns"),
    "jobs:read": gettext_lazy("Read background jobs"),
    "staff:read": gettext_lazy("Read staff and teams"),
    "webhooks:write": gettext_lazy("Manage webhooks"),
    "audit:read": gettext_lazy("Read the audit log"),
    "privacy:manage": gettext_lazy("Export, restrict and erase people"),
    "desk:manage": gettext_lazy("Read measures of the desk"),
}


@dataclass(frozen=True, slots=True)
class TokenView:
    id: UUID
    name: str
    prefix: str
    owner_id: UUID
    owner_name: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None


def create_token(principal: Principal, name: str, scopes: list[str], days: int | None = None) -> tuple[UUID, str]:
    """Make a token of one's own and return (id, the token): the only moment it can be read."""
    require(principal, "settings.view")
    if principal.staff_id is None or principal.via == "token":
        raise Refused("token_by_token", _("A token cannot make tokens. Sign in to make one."), 403)
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise Refused("bad_scope", _("Choose at least one of the listed scopes."))
    secret = MARK + secrets.token_urlsafe(32)
    with transaction.atomic():
        token = ApiToken.objects.create(
            staff_id=principal.staff_id, name=name.strip(), prefix=secret[:12], token_hash=hash_token(secret),
            scopes=sorted(set(scopes)), expires_at=clock.now() + timedelta(days=days) if days else None,
        )  # fmt: skip
        audit.record(principal, "created", "api_token", token.id, {"scopes": token.scopes})
    return token.id, secret


def revoke_token(principal: Principal, token_id: UUID) -> None:
    """Stop a token for good: one's own, or anybody's with ``tokens.manage``."""
    require(principal, "settings.view")
    with transaction.atomic():
        token = ApiToken.objects.select_for_update().filter(pk=token_id).first()
        if token is None or (token.staff_id != principal.staff_id and not principal.may("tokens.manage")):
            raise NotFound(_("There is no such token."))
        if token.revoked_at is None:
            ApiToken.objects.filter(pk=token.pk).update(revoked_at=clock.now())
            audit.record(principal, "revoked", "api_token", token.id)


def tokens(principal: Principal, limit: int = 200) -> list[TokenView]:
    """One's own tokens, or everybody's with ``tokens.manage``; newest first. 1 query."""
    rows = ApiToken.objects.select_related("staff").order_by("revoked_at", "-created_at", "-id")
    if not principal.may("tokens.manage"):
        rows = rows.filter(staff_id=own_id(principal))
    return [_view(token) for token in rows[:limit]]


def principal_of_token(secret: str) -> tuple[Principal, UUID]:
    """Who acts with ``secret``: the owner, narrowed by the token's scopes, and the token's id.

    Raises ``Refused("bad_token", status 401)`` for unknown, revoked or expired tokens and closed accounts. 2 queries.
    """
    found = ApiToken.objects.select_related("staff").filter(token_hash=hash_token(secret), revoked_at=None).first()
    now = clock.now()
    if found is None or (found.expires_at and found.expires_at <= now) or not found.staff.is_active:
        raise Refused(
            "bad_token", _("This token is unknown, expired or revoked. Make a new one under Settings, API tokens."), 401
        )
    if found.last_used_at is None or now - found.last_used_at > _SEEN_EVERY:
        ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
    owner = principal_of(found.staff, via="token")
    allowed = frozenset().union(*(SCOPES.get(scope, frozenset()) for scope in found.scopes))
    return replace(owner, permissions=owner.permissions & allowed), found.id


def _view(token: ApiToken) -> TokenView:
    return TokenView(
        token.id, token.name, token.prefix, token.staff_id, token.staff.name, tuple(token.scopes),
        token.created_at, token.last_used_at, token.expires_at, token.revoked_at,
    )  # fmt: skip
