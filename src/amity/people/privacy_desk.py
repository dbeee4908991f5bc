"""The privacy desk: requests with their dates, and what is decided about them."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, jobs
from amity.base.errors import NotFound, Refused
from amity.people import privacy_erase, privacy_ledger, privacy_restrict
from amity.people.models import Erasure, PrivacyRequest, PrivacySetting
from amity.people.privacy_needles import GONE, Matcher
from amity.people.privacy_subject import Subject, subject_of
from amity.people.privacy_words import REASONS, RESTRICTIONS

PERMISSION = "privacy.manage"
JOB = "people.privacy_erase"
_STATE, _KIND = PrivacyRequest.State, PrivacyRequest.Kind
_PENDING = (_STATE.OPEN, _STATE.WAITING, _STATE.RUNNING, _STATE.FAILED)
MAX_NOTE = 2_000


@dataclass(frozen=True, slots=True)
class Settings:
    """How the desk works here."""

    grace_days: int = 0
    second_person: bool = False
    returning: str = "flag"
    controller: str = ""
    contact: str = ""


def settings() -> Settings:
    """The settings of the desk. 1 query."""
    row = PrivacySetting.objects.first()
    return Settings(**{name: getattr(row, name) for name in Settings.__slots__}) if row else Settings()


def change_settings(principal: access.Principal, wanted: Settings) -> None:
    """Other settings. Audited."""
    access.require(principal, PERMISSION)
    if not 0 <= wanted.grace_days <= 30:
        raise Refused("bad_privacy_setting", _("An erasure waits at most 30 days."))
    if wanted.returning not in ("flag", "refuse"):
        raise Refused("bad_privacy_setting", _("Choose what happens when an erased person comes again."))
    values = {name: getattr(wanted, name) for name in Settings.__slots__}
    with transaction.atomic():
        PrivacySetting.objects.update_or_create(number=1, defaults=values)
        access.record(principal, "change", "privacy_setting", "1", values)


def month_after(day: date, months: int = 1) -> date:
    """The same day of a later month, or its last day: how art. 12(3) counts."""
    number = day.month - 1 + months
    year, month = day.year + number // 12, number % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def open_request(
    principal: access.Principal, person_id: UUID, kind: str, note: str = "", received_on: date | None = None
) -> PrivacyRequest:
    """Note what somebody asked for; it has to be answered within a month. Audited."""
    access.require(principal, PERMISSION)
    subject = subject_of(person_id)
    if subject is None:
        raise NotFound(_("There is nobody here with this id."))
    if kind not in _KIND.values or len(note) > MAX_NOTE:
        raise Refused("bad_privacy_request", _("Choose what is asked for; a note has at most 2,000 characters."))
    received = received_on or clock.today()
    if received > clock.today():
        raise Refused("bad_privacy_request", _("A request cannot have come in the future."))
    with transaction.atomic():
        row = PrivacyRequest.objects.create(
            kind=kind, person_id=subject.root, name=subject.name[:300], note=note.strip(), received_on=received,
            due_on=month_after(received), opened_by=principal.staff_id,
        )  # fmt: skip
        access.record(principal, "open", "privacy_request", row.pk, {"kind": kind, "person": str(subject.root)})
    return row


def requests(principal: access.Principal, *, closed: bool = False, limit: int = 200) -> QuerySet[PrivacyRequest]:
    """Requests: the next due first, or what was answered, newest first. 1 query."""
    access.require(principal, PERMISSION)
    rows = PrivacyRequest.objects.all()
    if closed:
        return rows.exclude(state__in=_PENDING).order_by(F("finished_at").desc(nulls_last=True), "-pk")[:limit]
    return rows.filter(state__in=_PENDING).order_by("due_on", "pk")[:limit]


def get(principal: access.Principal, request_id: UUID) -> PrivacyRequest:
    """A request; raises ``NotFound``. 1 query."""
    access.require(principal, PERMISSION)
    row = PrivacyRequest.objects.filter(pk=request_id).first()
    if row is None:
        raise NotFound(_("This request is not here."))
    return row


def extend(principal: access.Principal, request_id: UUID) -> None:
    """Two months more, art. 12(3): complex or many requests; the person has to be told within the first month."""
    row = _pending(principal, request_id)
    if row.extended:
        raise Refused("extended_already", _("A request can be extended once."), 409)
    _close(principal, row, "extend", row.state, due_on=month_after(row.received_on, 3), extended=True)


def answer(principal: access.Principal, request_id: UUID, refused: bool = False, note: str = "") -> None:
    """The request was answered (or refused, with the ground in ``note``)."""
    row = _pending(principal, request_id)
    if refused and not note.strip():
        raise Refused("reason_needed", _("Say why: the person has to be told the reason."))
    state = _STATE.REFUSED if refused else _STATE.DONE
    told = "\n".join(part for part in (row.note, note.strip()) if part)
    _close(principal, row, state, state, finished_at=clock.now(), note=told)


def decide_erasure(principal: access.Principal, request_id: UUID, reason: str, typed: str, note: str = "") -> None:
    """Have the person erased: at once, after the grace period, or once somebody else has confirmed it.

    ``typed`` is the person's name, as proof that it is meant. Raises ``Refused("name_differs")``.
    """
    row = _pending(principal, request_id)
    if reason not in REASONS:
        raise Refused("reason_needed", _("Choose the reason for the erasure."))
    if typed.strip().casefold() != row.name.strip().casefold():
        raise Refused("name_differs", _("Type the name exactly as it stands there."))
    own = settings()
    run_after = clock.now() + timedelta(days=own.grace_days)
    told = "\n".join(part for part in (row.note, note.strip()) if part)
    values = {"reason": reason, "note": told, "decided_by": principal.staff_id, "run_after": run_after}
    with transaction.atomic():
        _close(principal, row, "decide", _STATE.WAITING, **values)
        if not own.second_person and own.grace_days == 0:
            _start(row, principal.staff_id)


def confirm_erasure(principal: access.Principal, request_id: UUID) -> None:
    """A second person agrees. Raises ``Refused("same_person")``."""
    row = _pending(principal, request_id)
    if row.state != _STATE.WAITING or row.confirmed_by is not None:
        raise Refused("not_waiting", _("This request does not wait for a confirmation."), 409)
    if principal.staff_id is None or principal.staff_id == row.decided_by:
        raise Refused("same_person", _("Somebody else than who decided has to confirm."), 409)
    with transaction.atomic():
        _close(principal, row, "confirm", _STATE.WAITING, confirmed_by=principal.staff_id)
        if row.run_after is None or row.run_after <= clock.now():
            _start(row, principal.staff_id)


def take_back(principal: access.Principal, request_id: UUID) -> None:
    """The erasure that waits (or failed) is not to be done: the request is open again."""
    row = _pending(principal, request_id)
    if row.state not in (_STATE.WAITING, _STATE.FAILED):
        raise Refused("too_late", _("The erasure has begun: it cannot be taken back."), 409)
    _close(principal, row, "take_back", _STATE.OPEN, run_after=None, decided_by=None, confirmed_by=None)


def erase_now(principal: access.Principal, person_id: UUID, reason: str) -> UUID:
    """For programs: open and decide at once; the settings of the desk hold for them too. The request's id."""
    subject = subject_of(person_id)
    if subject is None:
        raise NotFound(_("There is nobody here with this id."))
    with transaction.atomic():
        row = open_request(principal, person_id, _KIND.ERASE)
        decide_erasure(principal, row.pk, reason, row.name)
    return row.pk


def start_due(now: datetime | None = None) -> int:
    """Start erasures whose grace period is over; how many."""
    now, confirmed = now or clock.now(), settings().second_person
    rows = PrivacyRequest.objects.filter(state=_STATE.WAITING, run_after__lte=now)
    if confirmed:
        rows = rows.exclude(confirmed_by=None)
    with transaction.atomic():
        due = list(rows.select_for_update(skip_locked=True))
        for row in due:
            _start(row, row.decided_by)
    return len(due)


def run(request_id: UUID, report: jobs.Report) -> None:
    """The job: erase whom the request is about. Safe to call again."""
    row = PrivacyRequest.objects.filter(pk=request_id, state=_STATE.RUNNING).first()
    subject = subject_of(row.person_id) if row and row.person_id else None
    if row is None:
        return
    report(0, None, "")
    try:
        counts = _erased(row, subject)
    except Refused as error:
        PrivacyRequest.objects.filter(pk=row.pk).update(state=_STATE.FAILED, report={"code": error.code})
        raise
    with transaction.atomic():
        done = privacy_erase.told(counts)
        values: dict[str, Any] = {"state": _STATE.DONE, "finished_at": clock.now(), "report": done}
        PrivacyRequest.objects.filter(pk=row.pk).update(person_id=None, name="", note="", **values)
        access.record(
            _actor(row.decided_by), "erase", "privacy_request", row.pk, {"rows": sum(done.values()), "code": row.reason}
        )
    report(sum(counts.values()), sum(counts.values()), "")


def _actor(staff_id: UUID | None) -> access.Principal:
    """Who decided; Amity itself when they are no longer here."""
    if staff_id is None:
        return access.SYSTEM
    try:
        return access.principal_by_id(staff_id)
    except NotFound:
        return access.SYSTEM


def _erased(row: PrivacyRequest, subject: Subject | None) -> privacy_erase.Counts:
    """Erased now; or by an earlier run that ended before it could say so."""
    if subject is None:
        known = Erasure.objects.filter(pk=row.pk).first()
        return privacy_erase.untold(known.counts) if known else privacy_erase.Counts()
    others = PrivacyRequest.objects.filter(person_id__in=subject.ids, state__in=_PENDING).exclude(pk=row.pk)
    others.update(state=_STATE.DONE, finished_at=clock.now())
    why = privacy_erase.Why(row.reason, "desk", row.decided_by, row.pk)
    return privacy_erase.erase(subject, why, entry_id=row.pk)


def restrict_for(principal: access.Principal, request_id: UUID, reason: str, note: str = "") -> None:
    """Restrict the use of the data of whom the request is about, and close it."""
    row = _pending(principal, request_id)
    if reason not in RESTRICTIONS or row.person_id is None:
        raise Refused("reason_needed", _("Choose the reason for the restriction."))
    with transaction.atomic():
        privacy_restrict.restrict(principal, row.person_id, reason, note)
        _close(principal, row, _STATE.DONE, _STATE.DONE, finished_at=clock.now(), reason=reason)


def without(subject: Subject, text: str) -> str:
    """A text without what the person is known by."""
    clean = Matcher(subject.needles).redact(text)
    return GONE if subject.name and subject.name.casefold() in clean.casefold() else clean


def ledger(principal: access.Principal, limit: int = 100) -> list[Erasure]:
    """What was erased, newest first. 1 query."""
    access.require(principal, PERMISSION)
    return list(Erasure.objects.order_by("-at", "-pk")[:limit])


def heal_ledger() -> int:
    """Entries that only one of database and file has are written to the other; how many the file lacked."""
    return privacy_ledger.write_missing_to_file()


def _start(row: PrivacyRequest, by: UUID | None) -> None:
    job = jobs.start(JOB, JOB, subject_id=row.pk, started_by=by, request_id=str(row.pk))
    PrivacyRequest.objects.filter(pk=row.pk).update(state=_STATE.RUNNING, job_id=job)


def _pending(principal: access.Principal, request_id: UUID) -> PrivacyRequest:
    row = get(principal, request_id)
    if row.state not in _PENDING or row.state == _STATE.RUNNING:
        raise Refused("request_closed", _("This request was answered already."), 409)
    return row


def _close(principal: access.Principal, row: PrivacyRequest, verb: str, state: str, **values: Any) -> None:
    with transaction.atomic():
        PrivacyRequest.objects.filter(pk=row.pk).update(state=state, **values)
        reason = values.get("reason", "")
        access.record(principal, str(verb), "privacy_request", row.pk, {"code": reason} if reason else {})
