"""Proposing a message, and what became of messages. `propose` is the only way to write to anybody."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, paging
from amity.base.errors import NotFound, Refused
from amity.channels import addressing, carriers, gate, letters, mail_threads
from amity.channels.calling import call_worker
from amity.channels.masking import masked, masked_source
from amity.channels.models import Outgoing
from amity.channels.placeholders import PERSONAL, filled, forgotten
from amity.channels.refusals import REASONS, Unfilled
from amity.engines import api as engines
from amity.people import api as people

PERMISSION = "outgoing.manage"
ORDER = paging.Order("created_at", "created_at", descending=True)
MAX_TEXT = 200_000
_AGAIN = (Outgoing.State.UNKNOWN, Outgoing.State.FAILED, Outgoing.State.REFUSED)


@dataclass(frozen=True, slots=True)
class Message:
    """A message to be. ``key``: proposing it twice is one message. Texts have placeholders (`placeholders`).

    ``address`` empty: the person's own for the channel. Without ``person_id`` only what is owed goes out (staff). With
    ``thread`` the texts are taken as they are: braces in an answer are no placeholders. ``account_id``: the number,
    bot or address that it comes from, where there is no thread. ``values`` "1", "2", … fill a provider's template.
    ``new_id``: the row's id to be, from who made the key in this very transaction: nobody else can have proposed it.
    """

    key: str
    channel: str
    purpose: str
    subject: str
    body: str
    person_id: UUID | None = None
    staff_id: UUID | None = None
    address: str = ""
    html: str = ""
    template: str = ""
    language: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    not_before: datetime | None = None
    files: Sequence[engines.Enclosure] = ()
    thread: mail_threads.Thread | None = None
    account_id: UUID | None = None
    new_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """``state``: queued, held, sent, refused, failed, unknown, handing; ``reason`` a code of `refusals.REASONS`."""

    id: UUID
    state: str
    reason: str = ""

    @property
    def why(self) -> str:
        return str(REASONS.get(self.reason, ""))


@dataclass(frozen=True, slots=True)
class OutgoingView:
    """A message as the outbox shows it."""

    id: UUID
    person_id: UUID | None
    staff_id: UUID | None
    channel: str
    purpose: str
    template: str
    address: str
    subject: str
    body: str
    state: str
    state_label: str
    reason: str
    why: str
    detail: str
    attempts: int
    due_at: datetime
    handed_at: datetime | None
    engine: str
    created_at: datetime

    @property
    def again(self) -> bool:
        return self.state in _AGAIN


def propose(principal: access.Principal, message: Message) -> Outcome:
    """Have a message go out as soon as it may. In the caller's transaction, when there is one.

    The same ``key`` again returns what became of the first. Raises `NotFound` for a person who is not there.
    """
    row = _row(principal, message)
    with transaction.atomic(savepoint=message.new_id is None), connection.cursor() as cursor:
        known = _known(cursor, message.key) if message.new_id is None else None
        if known is not None:
            return Outcome(known.pk, known.state, known.reason)
        if not row.reason:
            verdict = gate.decide(cursor, row)
            settle(row, verdict)
            if message.thread is not None and row.channel == "email" and row.state != Outgoing.State.REFUSED:
                _follow(row, message.thread)
        if row.state == Outgoing.State.QUEUED and carriers.delivers_inside(row.channel) and row.due_at <= clock.now():
            _deliver(row)
        row.save(force_insert=True)
        access.record(principal, _VERBS.get(row.state, "proposed"), "outgoing", row.pk, _detail(row))
        if row.state == Outgoing.State.QUEUED:
            call_worker(row.due_at)
    return Outcome(row.pk, row.state, row.reason)


def _known(cursor: Any, key: str) -> Outgoing | None:
    """What was proposed under a key before; whoever else proposes it waits until this transaction ends. 2 queries."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"channels.outgoing:{key}"])
    return Outgoing.objects.filter(key=key).first()


def _follow(row: Outgoing, thread: mail_threads.Thread) -> None:
    """A letter of a conversation: its id is remembered; machines that answer machines are stopped."""
    if mail_threads.too_many(row.address, thread):
        row.state, row.reason, row.decided_at = Outgoing.State.REFUSED, "loop", clock.now()
    else:
        mail_threads.keep(row, thread, letters.sender_of()[1].rpartition("@")[2])


_VERBS = {"refused": "refused", "held": "held", "sent": "sent", "failed": "failed"}


def _deliver(row: Outgoing) -> None:
    """Hand a message over within this transaction: the gate has just spoken."""
    with carriers.ways() as opened:
        carrier = opened.of(row.channel)
        receipt = carrier.hand_over(row)
    row.engine, row.handed_at, row.decided_at, row.attempts = carrier.name, clock.now(), clock.now(), 1
    row.detail, row.provider_id = receipt.text[:1_000], receipt.id[:300]
    accepted = receipt.result == "accepted"
    row.state, row.reason = (Outgoing.State.SENT, "") if accepted else (Outgoing.State.FAILED, "engine_refused")


def settle(row: Outgoing, verdict: gate.Verdict) -> None:
    """What a verdict makes of a message; "go" leaves it waiting for the worker."""
    row.reason = verdict.reason
    if verdict.answer == "refuse":
        row.state, row.decided_at = Outgoing.State.REFUSED, clock.now()
    elif verdict.answer == "hold":
        row.state, row.due_at = Outgoing.State.HELD, verdict.until or clock.now()
    else:
        row.state = Outgoing.State.QUEUED


def outgoing(
    principal: access.Principal, state: str = "", search: str = "", at: str = "", limit: int = 50
) -> tuple[list[OutgoingView], str]:
    """What went out or did not, newest first, and the mark of the next page. 1 query."""
    access.require(principal, PERMISSION)
    rows = Outgoing.objects.all()
    if state in Outgoing.State.values:
        rows = rows.filter(state=state)
    if search:
        rows = rows.filter(address=search.strip().lower())
    found = list(paging.slice_of(rows, ORDER, paging.unseal(at, ORDER.name), limit))
    shown = found[:limit]
    older = paging.Cursor(ORDER.name, shown[-1].created_at, shown[-1].pk).sealed() if len(found) > limit else ""
    return [_view(row) for row in shown], older


def one(principal: access.Principal, outgoing_id: UUID) -> OutgoingView:
    """One message; raises `NotFound`."""
    access.require(principal, PERMISSION)
    row = Outgoing.objects.filter(pk=outgoing_id).first()
    if row is None:
        raise NotFound(_("There is no such message."))
    return _view(row)


def send_again(principal: access.Principal, outgoing_id: UUID) -> None:
    """Have a message tried again that failed, was refused, or of which nobody knows; the gate decides anew. Audited."""
    access.require(principal, PERMISSION)
    with transaction.atomic():
        row = Outgoing.objects.select_for_update().filter(pk=outgoing_id).first()
        if row is None:
            raise NotFound(_("There is no such message."))
        if row.state not in _AGAIN or row.reason in ("unfilled", "empty") or not _whole(row):
            raise Refused("not_again", _("This message cannot be sent again."), 409)
        row.state, row.reason, row.attempts, row.due_at = Outgoing.State.QUEUED, "", 0, clock.now()
        row.save(update_fields=["state", "reason", "attempts", "due_at"])
        access.record(principal, "sent_again", "outgoing", row.pk)
        call_worker()


def _whole(row: Outgoing) -> bool:
    """Whether all of it is still here: of what was sent, files and links that open something are not kept."""
    return all("content" in each for each in row.files) and bool(row.body.strip() or row.html or row.files)


def _row(principal: access.Principal, message: Message) -> Outgoing:
    """The message with its texts filled and masked; a refused one where that does not work."""
    kind = addressing.kind_of(message.channel)
    known = message.thread is not None and message.address and not kind  # nothing is asked of the profile
    person = people.get_person(access.SYSTEM, message.person_id) if message.person_id and not known else None
    own = {"email": person.email, "phone": person.phone}.get(kind, "") if person else ""
    address = addressing.plain_address(message.channel, message.address or own, person.country if person else "")
    row = Outgoing(
        key=message.key[:200], person_id=message.person_id, staff_id=message.staff_id, channel=message.channel,
        purpose=message.purpose, template=message.template[:60], language=message.language[:8], address=address,
        address_key=addressing.address_key(message.channel, address), created_by=principal.staff_id,
        due_at=max(message.not_before or clock.now(), clock.now()), files=letters.kept(message.files),
        account_id=message.account_id or (message.thread.account_id if message.thread else None),
        conversation_id=message.thread.conversation_id if message.thread else None,
        values={name: str(value)[:1_000] for name, value in message.values.items() if name.isdigit()},
    )  # fmt: skip
    row.pk = message.new_id or row.pk
    _fill(row, message, person)
    return row


def _fill(row: Outgoing, message: Message, person: people.PersonView | None) -> None:
    if message.thread is not None:
        row.subject, row.body = masked(" ".join(message.subject.split()))[:900], masked(message.body)[:MAX_TEXT]
        row.html = masked_source(message.html)[:MAX_TEXT]
        if found := forgotten(f"{message.subject}\n{message.body}"):
            row.state, row.reason, row.detail = Outgoing.State.REFUSED, "unfilled", found
            row.decided_at = clock.now()
        return
    values = _values(row, person) | dict(message.values)
    try:
        row.subject = masked(filled(" ".join(message.subject.split()), values))[:900]
        row.body = masked(filled(message.body, values))[:MAX_TEXT]
        row.html = masked_source(filled(message.html, values, as_html=True))[:MAX_TEXT]
    except Unfilled as error:
        row.state, row.reason, row.detail = Outgoing.State.REFUSED, "unfilled", error.placeholder[:200]
        row.subject = masked(message.subject)[:900]
        row.decided_at = clock.now()
    else:
        if (row.channel == "email" and not row.subject) or not (row.body.strip() or row.files):
            row.state, row.reason, row.decided_at = Outgoing.State.REFUSED, "empty", clock.now()


def _values(row: Outgoing, person: people.PersonView | None) -> dict[str, str]:
    if person is None:
        return {}
    links = {}
    kind = people.consent.KINDS.get(row.channel)
    if row.address_key and kind:
        links = {
            "preferences_link": people.consent.preferences_link(person.id, kind, row.address),
            "unsubscribe_link": people.consent.unsubscribe_link(person.id, kind, row.address, row.purpose),
        }
    named = (person.given_name, person.family_name, person.display_name, person.job_title, person.city)
    return {**dict(zip(PERSONAL, named, strict=True)), **links}


def _detail(row: Outgoing) -> dict[str, Any]:
    return {"purpose": row.purpose, "channel": row.channel, "reason": row.reason, "template": row.template}


def _view(row: Outgoing) -> OutgoingView:
    hidden = row.purpose == people.consent.ACCOUNT  # its link opens an account or speaks for somebody
    return OutgoingView(
        row.pk, row.person_id, row.staff_id, row.channel, row.purpose, row.template, row.address, row.subject,
        "" if hidden else row.body, row.state, str(row.get_state_display()), row.reason,
        str(REASONS.get(row.reason, row.reason)), row.detail, row.attempts, row.due_at, row.handed_at, row.engine,
        row.created_at,
    )  # fmt: skip


def new_key() -> str:
    """A key for a message that is proposed once only."""
    return uuid.uuid4().hex
