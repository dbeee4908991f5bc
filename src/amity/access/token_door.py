"""The door of the public API: a token says who acts, a limit says how often, a key makes POST safe to repeat."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from amity.access import limits
from amity.access.models import IdempotencyKey
from amity.access.permissions import Principal, own_id
from amity.access.tokens import principal_of_token
from amity.base import clock
from amity.base.errors import Refused
from amity.base.ids import new_id
from amity.base.rest import problem

PREFIX, OPEN = "/v1/", ("/v1/openapi.json",)
HOOKS = "/v1/hooks/"  # inbound webhooks: the address itself is the secret
KEPT = timedelta(hours=24)
_MINUTE_S = 60
_KEY_MAX = 200
Next = Callable[[HttpRequest], HttpResponse]


class TokenDoor:
    """Sets ``request.principal`` from ``Authorization: Bearer``; cookies open nothing here, so CSRF cannot either."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(PREFIX) or request.path in OPEN or request.path.startswith(HOOKS):
            return self.get_response(request)
        try:
            principal, token_id = principal_of_token(_secret(request))
            left = limits.spend("api", str(token_id), settings.CONFIG.api_requests_per_minute, _MINUTE_S)
            request.principal = principal  # type: ignore[attr-defined]
            response = self._answer(request, principal)
        except Refused as error:
            return problem(error)
        response.headers["X-RateLimit-Remaining"] = str(left)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _answer(self, request: HttpRequest, principal: Principal) -> HttpResponse:
        key = request.headers.get("Idempotency-Key", "")
        if request.method != "POST" or not key:
            return self.get_response(request)
        if len(key) > _KEY_MAX:
            raise Refused("bad_idempotency_key", _("An Idempotency-Key has at most 200 characters."), 400)
        return _once(own_id(principal), key, fingerprint(request), lambda: self.get_response(request))


def fingerprint(request: HttpRequest) -> str:
    """SHA-256 over what was asked; an upload counts by its length, so that it need not be held in memory."""
    upload = (request.content_type or "").startswith("multipart/")
    body = request.headers.get("Content-Length", "").encode() if upload else request.body
    return hashlib.sha256(
        b"\n".join([str(request.method).encode(), request.get_full_path().encode(), body])
    ).hexdigest()


def _once(staff_id: UUID, key: str, asked: str, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """Do the work and store its answer in one transaction; a second request waits for the first and gets the same.

    A refused request changes nothing and is not stored: it may be tried again under the same key.
    """
    IdempotencyKey.objects.filter(staff_id=staff_id, key=key, created_at__lt=clock.now() - KEPT).delete()
    with transaction.atomic():
        if not _claim(staff_id, key, asked):
            return _replay(staff_id, key, asked)
        response = answer()
        if response.status_code >= 400:
            transaction.set_rollback(True)
            return response
        stored = {"status": response.status_code, "answer": response.content}
        IdempotencyKey.objects.filter(staff_id=staff_id, key=key).update(**stored)
    return response


def _claim(staff_id: UUID, key: str, asked: str) -> bool:
    """Insert the key; waits on a transaction that holds it. False when it is there already."""
    row = IdempotencyKey(id=new_id(), staff_id=staff_id, key=key, request_hash=asked)
    IdempotencyKey.objects.bulk_create([row], ignore_conflicts=True)
    return IdempotencyKey.objects.filter(pk=row.pk).exists()


def _replay(staff_id: UUID, key: str, asked: str) -> HttpResponse:
    row = IdempotencyKey.objects.get(staff_id=staff_id, key=key)
    if row.request_hash != asked:
        message = _("This Idempotency-Key was used for another request. Take a new one.")
        raise Refused("idempotency_key_reused", message, 422)
    response = HttpResponse(bytes(row.answer or b""), "application/json", status=row.status or 200)
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _secret(request: HttpRequest) -> str:
    scheme, _sep, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        message = _("Send a token: Authorization: Bearer amity_… Tokens are made under Settings, API tokens.")
        raise Refused("no_token", message, 401)
    return secret.strip()
