"""Inbound webhooks: a secret address that takes any payload; what its mapping makes of it goes into the log.

A payload is kept before anything else, so nothing is lost while the mapping is being written, and every payload of
the last 30 days can be run through the mapping again: events that landed before do not land twice.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, paging
from amity.base.errors import NotFound, Refused
from amity.base.live import tell
from amity.base.sealing import seal, unseal
from amity.events import doors, mappings, payload_bodies
from amity.events.mapping import Problem, Rules, applied
from amity.events.models import Hook, HookPayload, Source
from amity.events.signatures import is_signed

PERMISSION = "webhooks.manage"
KEPT, MOST_KEPT = timedelta(days=30), 5_000
REPLAY_AT_ONCE = 500
ORDER = paging.Order("received_at", "received_at", descending=True)


@dataclass(frozen=True, slots=True)
class HookView:
    """An inbound webhook. ``live_at`` None: payloads are kept, nothing goes into the log yet."""

    source_id: UUID
    name: str
    path: str
    signature_header: str
    enabled: bool
    refused: int
    live_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PayloadView:
    id: UUID
    content_type: str
    size: int
    state: str
    label: str
    events: int
    code: str
    sentence: str
    received_at: datetime
    replayed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Payloads:
    """A page, newest first; ``older`` marks the next one."""

    rows: list[PayloadView]
    older: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay made: new events, events known before, payloads that failed."""

    payloads: int
    taken: int
    known: int
    failed: int


def create(principal: access.Principal, name: str) -> HookView:
    """A new source of kind webhook with its address."""
    access.require(principal, PERMISSION)
    with transaction.atomic():
        source = mappings.new_source(principal, name, Source.Kind.WEBHOOK)
        token = secrets.token_urlsafe(32)
        hook = Hook.objects.create(source=source, token_hash=_hash(token), token=seal(token))
    return _view(hook)


def ensure(principal: access.Principal, source_id: UUID) -> HookView:
    """The hook of a source of kind webhook, made when it has none yet. 2 queries."""
    access.require(principal, PERMISSION)
    found = Hook.objects.select_related("source", "source__mapping").filter(source_id=source_id).first()
    if found is not None:
        return _view(found)
    with transaction.atomic():
        source = Source.objects.select_for_update().filter(pk=source_id, kind=Source.Kind.WEBHOOK).first()
        if source is None:
            raise NotFound(_("There is no such inbound webhook."))
        token = secrets.token_urlsafe(32)
        hook, _made = Hook.objects.get_or_create(
            source=source, defaults={"token_hash": _hash(token), "token": seal(token)}
        )
    return _view(hook)


def renew(principal: access.Principal, source_id: UUID) -> HookView:
    """A new address; the old one stops working at once."""
    with transaction.atomic():
        hook = _found(principal, source_id, lock=True)
        token = secrets.token_urlsafe(32)
        hook.token_hash, hook.token = _hash(token), seal(token)
        hook.save(update_fields=["token_hash", "token"])
        access.record(principal, "renewed", "hook", source_id)
    return _view(hook)


def set_signature(principal: access.Principal, source_id: UUID, header: str, secret: str) -> HookView:
    """Check signatures from now on, or no longer (empty header). An empty secret leaves the stored one as it is."""
    header = header.strip().lower()
    if len(header) > 100 or (header and not header.replace("-", "").replace("_", "").isalnum()):
        raise Refused("bad_header", _("“{name}” is not the name of a header.").format(name=header[:60]))
    with transaction.atomic():
        hook = _found(principal, source_id, lock=True)
        if header and not (secret or hook.signature_secret):
            raise Refused("no_secret", _("Give the secret that the sender signs with."))
        hook.signature_header = header
        hook.signature_secret = (seal(secret) if secret else hook.signature_secret) if header else ""
        hook.save(update_fields=["signature_header", "signature_secret"])
        access.record(principal, "changed", "hook", source_id, {"signature_header": header})
    return _view(hook)


def receive(
    token: str, headers: Mapping[str, str], query: Mapping[str, str], content_type: str, raw: bytes
) -> HookPayload:
    """Keep a payload and, when its mapping is live, put its events into the log; both or nothing.

    Raises ``Refused`` ``no_such_hook`` (404), ``bad_signature`` (401), ``too_large`` (413), ``too_many`` (429).
    """
    hook = Hook.objects.select_related("source", "source__mapping").filter(token_hash=_hash(token)).first()
    if hook is None or not hook.source.enabled:
        raise NotFound(_("Nothing listens at this address."), "no_such_hook")
    access.spend("hook", str(hook.pk), settings.CONFIG.hook_payloads_per_minute, 60)
    if len(raw) > settings.CONFIG.hook_max_bytes:
        raise Refused("too_large", _("The body is larger than {most} KB.").format(
            most=settings.CONFIG.hook_max_bytes // 1024), 413)  # fmt: skip
    named = {name.lower(): value for name, value in headers.items()}
    if hook.signature_header and not is_signed(
        named, hook.signature_header, unseal(hook.signature_secret), raw, clock.now()
    ):
        Hook.objects.filter(pk=hook.pk).update(refused=F("refused") + 1)
        raise Refused("bad_signature", _("The signature is missing or wrong."), 401)
    payload = HookPayload(
        source=hook.source, content_type=content_type[:120].replace("\x00", ""),
        headers=payload_bodies.kept_headers(headers), query=dict(list(query.items())[:50]), body=raw,
    )  # fmt: skip
    with transaction.atomic():
        payload.save(force_insert=True)
        live = mappings.live_of(hook.source)
        if live is not None:
            _land(payload, live)
        tell("source", [hook.source_id])
    return payload


def payloads(principal: access.Principal, source_id: UUID, state: str = "", at: str = "", limit: int = 50) -> Payloads:
    """What came, newest first. 2 queries."""
    _found(principal, source_id)
    rows = HookPayload.objects.filter(source_id=source_id)
    if state in HookPayload.State.values:
        rows = rows.filter(state=state)
    found = list(paging.slice_of(rows, ORDER, paging.unseal(at, ORDER.name), limit))
    shown = found[:limit]
    older = paging.Cursor(ORDER.name, shown[-1].received_at, shown[-1].pk).sealed() if len(found) > limit else ""
    return Payloads([_payload(row) for row in shown], older)


def payload(principal: access.Principal, source_id: UUID, payload_id: UUID | None = None) -> HookPayload | None:
    """One kept payload, or the latest that can be read. 2 queries."""
    _found(principal, source_id)
    rows = HookPayload.objects.filter(source_id=source_id).order_by("-received_at", "-id")
    return (rows.filter(pk=payload_id) if payload_id else rows.exclude(code="not_readable")).first()


def keep_sample(principal: access.Principal, source_id: UUID, text: str, headers: str = "") -> HookPayload:
    """Keep a payload that a person pasted, so that the mapping can be written before the first one comes."""
    _found(principal, source_id)
    raw = text.strip().encode()
    if not raw or len(raw) > settings.CONFIG.hook_max_bytes:
        raise Refused("bad_sample", _("Paste a payload of at most {most} KB.").format(
            most=settings.CONFIG.hook_max_bytes // 1024))  # fmt: skip
    form = raw[:1] not in (b"{", b"[") and b"=" in raw
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    payload_bodies.document(kind, raw)
    lines = (line.partition(":") for line in headers.splitlines()[:60])
    named = {name.strip(): value.strip() for name, sep, value in lines if sep}
    return HookPayload.objects.create(
        source_id=source_id, content_type=kind, headers=payload_bodies.kept_headers(named), body=raw, code="pasted"
    )


def replay(principal: access.Principal, source_id: UUID, ids: Iterable[UUID] = (), state: str = "") -> Replayed:
    """Run payloads through the live mapping again: those named, or up to 500 of one state, oldest first.

    Events that landed before are known by their message id and do not land again.
    """
    hook = _found(principal, source_id)
    live = mappings.live_of(hook.source)
    if live is None:
        raise Refused("not_live", _("The mapping is not live yet: switch it on first."), 409)
    wanted = list(ids)
    rows = HookPayload.objects.filter(source_id=source_id).exclude(code="pasted")
    rows = rows.filter(pk__in=wanted) if wanted else rows.filter(state=state or HookPayload.State.KEPT)
    totals = {"payloads": 0, "taken": 0, "known": 0, "failed": 0}
    with transaction.atomic():
        for row in rows.order_by("received_at").select_for_update(skip_locked=True)[:REPLAY_AT_ONCE]:
            row.replayed_at = clock.now()
            result = _land(row, live)
            totals["payloads"] += 1
            totals["taken"] += result.taken
            totals["known"] += result.known
            totals["failed"] += row.state == HookPayload.State.FAILED
        access.record(principal, "replayed", "hook", source_id, totals)
    return Replayed(**totals)


def forget() -> None:
    """Payloads older than 30 days, and beyond the newest 5,000 of a source (failed ones stay)."""
    HookPayload.objects.filter(received_at__lt=clock.now() - KEPT).delete()
    for source_id in Hook.objects.values_list("source_id", flat=True):
        rows = HookPayload.objects.filter(source_id=source_id).exclude(state=HookPayload.State.FAILED)
        oldest = rows.order_by("-received_at")[MOST_KEPT : MOST_KEPT + 1].values_list("received_at", flat=True).first()
        if oldest is not None:
            rows.filter(received_at__lte=oldest).delete()


def _land(payload: HookPayload, live: Rules) -> doors.Appended:
    """Map one payload and put its events into the log; the payload says what came of it."""
    appended = doors.Appended(0, 0, ())
    state, code, sentence = HookPayload.State.MAPPED, "", ""
    try:
        outcome = applied(live, payload_bodies.sample_of(payload))
    except Refused as error:
        state, code, sentence = HookPayload.State.FAILED, error.code, error.message
    else:
        appended = doors.append(payload.source_id, outcome.events)
        problems = [*outcome.problems, *(Problem("", bad.code, bad.sentence) for bad in appended.bad)]
        if problems:
            state, code, sentence = HookPayload.State.FAILED, problems[0].code, problems[0].sentence
        elif not outcome.matched:
            state = HookPayload.State.IGNORED
    payload.state, payload.code, payload.sentence = state, code, sentence[:300]
    payload.events = appended.taken + appended.known
    payload.save(update_fields=["state", "code", "sentence", "events", "replayed_at"])
    return appended


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _found(principal: access.Principal, source_id: UUID, lock: bool = False) -> Hook:
    access.require(principal, PERMISSION)
    rows = Hook.objects.select_related("source", "source__mapping").filter(source_id=source_id)
    row = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if row is None:
        raise NotFound(_("There is no such inbound webhook."))
    return row


def _payload(row: HookPayload) -> PayloadView:
    label = str(HookPayload.State(row.state).label)
    return PayloadView(
        row.pk, row.content_type, len(row.body), row.state, label, row.events, row.code, row.sentence,
        row.received_at, row.replayed_at,
    )  # fmt: skip


def _view(hook: Hook) -> HookView:
    mapping: Any = getattr(hook.source, "mapping", None)
    return HookView(
        hook.source_id, hook.source.name, f"/v1/hooks/{unseal(hook.token)}", hook.signature_header,
        hook.source.enabled, hook.refused, mapping.live_at if mapping else None, hook.created_at,
    )  # fmt: skip
