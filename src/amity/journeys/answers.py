"""Answers to proposals: accept (action and effect in one transaction, once), change, refuse; and taking back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, undo
from amity.base.errors import NotFound, Refused
from amity.channels import api as channels
from amity.journeys import actions, decide, proposals, words
from amity.journeys.blockers import PURPOSE
from amity.journeys.models import Action, Decision
from amity.people import api as people

ANSWER = "journeys.answer"
MAX_TEXT = 20_000


@dataclass(frozen=True, slots=True)
class Changes:
    """What the salesperson made of a draft; empty fields stay as proposed."""

    kind: str = ""
    subject: str = ""
    text: str = ""
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """An answer: the undo group, and what was done."""

    group: UUID
    action_id: UUID | None
    label: str


def register_undo() -> None:
    """Answers can be taken back."""
    undo.register(ANSWER, undo.Handler(None, put_back))


def accept(principal: access.Principal, decision_id: UUID, changes: Changes | None = None) -> Done:
    """Do what was proposed, as changed. Raises `NotFound`, or `Refused` when it was decided or forbidden meanwhile."""
    changes = changes or Changes()
    with transaction.atomic():
        row, judged = _standing(principal, decision_id)
        kind = actions.kind_of(changes.kind or row.chosen)
        access.require(principal, kind.permission)
        subject = "deal" if row.deal_id else "person"
        if kind.key not in actions.kinds_for(subject):
            raise Refused("no_action_kind", _("There is no such kind of action."))
        code = judged.inputs.blocked.get(kind.key, "")
        if code:
            raise Refused("proposal_blocked", decide.block_words(code), 409)
        order = _order(principal, row, judged, kind.key, changes)
        action = Action(
            decision=row, person_id=row.person_id, deal_id=row.deal_id, kind=kind.key, created_by=principal.staff_id,
            details={"subject": order.subject, "text": order.text, "due_on": str(order.due_on or "")},
            state=Action.State.DRAFT if kind.drafts else Action.State.DONE, created_at=clock.now(),
        )  # fmt: skip
        action.result = kind.perform(principal, order)
        action.save(force_insert=True)
        _answered(principal, row, Decision.State.ACCEPTED, "changed" if kind.key != row.chosen else "", "", None)
        access.record(principal, "accept", "proposal", row.pk, {"kind": kind.key, "proposed": row.chosen})
        group = undo.note(principal, ANSWER, {"ids": [str(row.pk)]}, {"action": str(action.pk)})
    return Done(group, action.pk, str(kind.label))


def refuse(principal: access.Principal, decision_id: UUID, reason: str, note: str = "") -> Done:
    """No, and why: the kind sleeps for this person, and weighs less in such situations where that is the reason."""
    access.require(principal, "tasks.edit")
    if reason not in words.REFUSALS:
        raise Refused("no_reason", _("Choose a reason."))
    with transaction.atomic():
        row, _judged = _standing(principal, decision_id)
        until = clock.now() + timedelta(days=words.SLEEP_DAYS[reason])
        _answered(principal, row, Decision.State.REFUSED, reason, note.strip()[:2_000], until)
        access.record(principal, "refuse", "proposal", row.pk, {"kind": row.chosen, "reason": reason})
        group = undo.note(principal, ANSWER, {"ids": [str(row.pk)]}, {"action": None})
    return Done(group, None, str(words.REFUSALS[reason]))


def put_back(principal: access.Principal, args: dict[str, Any], before: Any) -> None:
    """`undo` handler: the action's effect is taken back, and the proposal stands again."""
    row = Decision.objects.select_for_update(of=("self",)).filter(pk=args["ids"][0]).first()
    if row is None:  # its person was erased meanwhile
        raise NotFound(proposals.missing())
    if before["action"]:
        action = Action.objects.select_for_update(of=("self",)).get(pk=before["action"])
        if action.state == Action.State.SENT:
            raise Refused("sent_already", _("The message is on its way: it cannot be taken back."), 409)
        actions.kind_of(action.kind).undo(principal, action.result)
        action.state = Action.State.UNDONE
        action.save(update_fields=["state"])
    row.state, row.reason, row.note, row.sleeps_until = Decision.State.PROPOSED, "", "", None
    row.decided_by, row.decided_at = None, None
    row.save(update_fields=["state", "reason", "note", "sleeps_until", "decided_by", "decided_at"])
    access.record(principal, "undo", "proposal", row.pk)


def send(principal: access.Principal, action_id: UUID) -> channels.Outcome:
    """Hand a drafted mail to the gate, once; what is refused stays a draft. Raises `NotFound`."""
    access.require(principal, "people.edit")
    with transaction.atomic():
        row = Action.objects.select_for_update(of=("self",)).filter(pk=action_id, state=Action.State.DRAFT).first()
        if row is None or row.person_id is None or not _sees(principal, row):
            raise NotFound(proposals.missing())
        purpose = PURPOSE["deal" if row.deal_id else "person"]
        message = channels.Message(
            f"journeys.action:{row.pk}", "email", purpose, row.details["subject"], row.details["text"], row.person_id
        )
        outcome = channels.propose(principal, message)
        if outcome.state != "refused":
            row.state = Action.State.SENT
            row.result = {"outgoing": str(outcome.id)}
            row.save(update_fields=["state", "result"])
            access.record(principal, "send", "proposal", row.decision_id, {"outgoing": str(outcome.id)})
    return outcome


def drafts_of(subject_kind: str, subject_id: UUID) -> list[Action]:
    """Mails that wait for a person to send them, about a record that the caller was shown. 1 query."""
    about = {"deal_id": subject_id} if subject_kind == "deal" else {"person_id": subject_id, "deal_id": None}
    return list(Action.objects.filter(**about, state=Action.State.DRAFT).order_by("-id")[:5])


def replay(principal: access.Principal, decision_id: UUID) -> tuple[str, str]:
    """`proposals.replay` of a decision about an open record that the principal sees; raises `NotFound`."""
    row = Decision.objects.filter(pk=decision_id).first()
    if row is None or not (principal.scope == "all" or _sees(principal, row)):
        raise NotFound(proposals.missing())
    return proposals.replay(decision_id)


def _standing(principal: access.Principal, decision_id: UUID) -> tuple[Decision, proposals.Judged]:
    """The row, locked, with what is known today; it must be open, the newest of its record, and in sight."""
    row = Decision.objects.select_for_update(of=("self",)).filter(pk=decision_id).first()
    if row is None or not row.chosen:
        raise NotFound(proposals.missing())
    kind, subject = ("deal", row.deal_id) if row.deal_id else ("person", row.person_id)
    judged = proposals.judge(principal, kind, [subject], answer=True) if subject else {}
    if subject is None or subject not in judged:
        raise NotFound(proposals.missing())
    if row.state != Decision.State.PROPOSED:
        raise Refused("proposal_decided", _("Somebody has answered this proposal already."), 409)
    if proposals.latest(kind, [subject])[subject].pk != row.pk:
        raise Refused("proposal_changed", _("Things have changed: look at the new proposal."), 409)
    return row, judged[subject]


def _order(
    principal: access.Principal, row: Decision, judged: proposals.Judged, kind: str, changes: Changes
) -> actions.Order:
    view = proposals.contact(principal, row.person_id)
    name, given, language = (view.name, view.given_name, view.language) if view else ("", "", "")
    draft = words.draft(kind, judged.situation, name, given, language)
    subject = (changes.subject or draft.subject).strip()[:300]
    text = (changes.text or draft.text).strip()[:MAX_TEXT]
    return actions.Order(kind, row.person_id, row.deal_id, subject, text, changes.due_on or draft.due_on)


def _answered(
    principal: access.Principal, row: Decision, state: Decision.State, reason: str, note: str, until: Any
) -> None:
    row.state, row.reason, row.note, row.sleeps_until = state, reason, note, until
    row.decided_by, row.decided_at = principal.staff_id, clock.now()
    row.save(update_fields=["state", "reason", "note", "sleeps_until", "decided_by", "decided_at"])


def _sees(principal: access.Principal, row: Action | Decision) -> bool:
    if row.deal_id:
        return row.deal_id in decide.source_of("deal").situations(principal, [row.deal_id])
    return row.person_id in people.visible_people(principal, [row.person_id]) if row.person_id else False
