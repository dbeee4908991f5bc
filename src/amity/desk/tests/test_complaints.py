"""Complaints go their way, under a clock of law; refunds need four eyes; nothing is offered meanwhile."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connections, transaction

from amity.access import api as access
from amity.access.models import AuditEntry
from amity.access.tests.staffing import hire
from amity.base import clock, undo
from amity.base.errors import Forbidden, Refused
from amity.channels import api as channels
from amity.channels.models import Outgoing
from amity.desk import complaints, complaints_clock, complaints_papers, complaints_steps, refunds, statutory
from amity.desk.models import Complaint, ComplaintStep, Happening, Message, Refund, RefundLimit, StatutoryRule
from amity.desk.tests.talking import customer, heard, mailbox
from amity.journeys import api as journeys
from amity.people import api as people

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000") + b"\0" * 40


@pytest.fixture(autouse=True)
def rules(db: None) -> None:
    """The rules that a new installation has, also after a test that emptied every table."""
    rows = [StatutoryRule(position=place, **values) for place, values in enumerate(statutory.DEFAULTS, 1)]
    StatutoryRule.objects.bulk_create(rows, ignore_conflicts=True)


@pytest.fixture
def mara() -> access.Principal:
    return access.principal_of(hire("Mara", "manager", "all"))


@pytest.fixture
def tom() -> access.Principal:
    return access.principal_of(hire("Tom", "manager", "all"))


@pytest.fixture
def ann() -> access.Principal:
    return access.principal_of(hire("Ann", "agent", "all"))


def begun(who: access.Principal, kind: str = "service", country: str = "PL", **more: Any) -> UUID:
    person = customer(country=country)
    talk = heard("c@x", text="I complain", person_id=person).conversation_id
    return complaints_steps.open_complaint(who, talk, kind, "It leaks", **more)[0]


def state(pk: UUID) -> str:
    return Complaint.objects.get(pk=pk).state


def refused(code: str, act: Any, *args: Any, **more: Any) -> None:
    with pytest.raises(Refused) as caught:
        act(*args, **more)
    assert caught.value.code == code


def test_a_complaint_goes_its_way_and_every_step_stands_in_both_logs(mara: access.Principal) -> None:
    pk = begun(mara)
    for name, more in (
        ("acknowledge", {"text": "We got it."}), ("investigate", {}), ("ask", {"text": "Which machine?"}),
    ):  # fmt: skip
        complaints_steps.step(mara, pk, name, **more)
    assert state(pk) == "waiting"
    talk = Complaint.objects.get().conversation
    heard("c2@x", answers="c@x", text="The big one", person_id=talk.person_id)
    assert state(pk) == "investigating"
    refused("bad_state", complaints_steps.step, mara, pk, "answer", text="Hi")
    complaints_steps.step(mara, pk, "decide", decision="upheld", words="Our fault")
    complaints_steps.step(mara, pk, "answer", text="You are right, we repair it.")
    complaints_steps.step(mara, pk, "close")
    assert state(pk) == "closed"
    steps = list(ComplaintStep.objects.order_by("at", "id").values_list("step", flat=True))
    assert steps == ["open", "acknowledge", "investigate", "ask", "heard", "decide", "answer", "close"]
    assert Happening.objects.filter(kind="complaint").count() == len(steps)
    assert AuditEntry.objects.filter(object_kind="complaint").count() == len(steps)
    assert Message.objects.filter(direction="out").count() == 3
    complaints_steps.step(mara, pk, "reopen")
    row = Complaint.objects.get()
    assert (row.state, row.decision, row.answered_at) == ("reopened", "", None)


def test_steps_are_undone_except_what_was_sent(mara: access.Principal) -> None:
    pk = begun(mara)
    group = complaints_steps.step(mara, pk, "investigate")
    undo.put_back(mara, group)
    assert state(pk) == "received"
    complaints_steps.step(mara, pk, "decide", decision="partly", words="Half")
    group = complaints_steps.step(mara, pk, "answer", text="Half is right.")
    undo.put_back(mara, group)  # it had not left
    assert (state(pk), Message.objects.get(direction="out").withdrawn_at is not None) == ("decided", True)
    group = complaints_steps.step(mara, pk, "answer", text="Half is right!")
    sent = Message.objects.get(direction="out", withdrawn_at=None)
    Outgoing.objects.filter(pk=sent.outgoing_id).update(state="sent")
    refused("sent_already", undo.put_back, mara, group)
    assert state(pk) == "answered"
    assert "undo" in ComplaintStep.objects.values_list("step", flat=True)


def test_deciding_needs_the_right_a_reason_and_the_papers(mara: access.Principal, ann: access.Principal) -> None:
    pk = begun(ann, "goods")
    with pytest.raises(Forbidden):
        complaints_steps.step(ann, pk, "decide", decision="upheld", words="Yes")
    refused("no_reason", complaints_steps.step, mara, pk, "decide", decision="upheld")
    refused("papers_missing", complaints_steps.step, mara, pk, "decide", decision="upheld", words="Yes")
    group = complaints_papers.ask(ann, pk)
    assert "a photo of the fault" in Message.objects.get(direction="out").text
    assert (state(pk), group is not None) == ("waiting", True)
    talk = Complaint.objects.get().conversation
    photo = channels.attach(None, "fault.png", PNG, talk.person_id)
    channels.receive(
        channels.Incoming(
            mailbox().pk, "p@x", "email", "olga@example.com", "Here", clock.now(), subject="Order", message_ref="p@x",
            references=["c@x"], person_id=talk.person_id, files=[photo],
        )
    )  # fmt: skip
    papers = {each.name: each for each in complaints.papers_of(pk)}
    assert (papers["photo"].state, papers["photo"].file_id) == ("here", photo)
    complaints_papers.set_state(ann, pk, papers["invoice"].id, "here")
    waived = complaints_papers.set_state(ann, pk, papers["serial_number"].id, "waived")
    undo.put_back(ann, waived)
    refused("papers_missing", complaints_steps.step, mara, pk, "decide", decision="upheld", words="Yes")
    complaints_papers.set_state(ann, pk, papers["serial_number"].id, "waived")
    complaints_steps.step(mara, pk, "decide", decision="upheld", words="Yes")
    assert state(pk) == "decided"


def test_warnings_and_breaches_are_told_once_and_silence_accepts(mara: access.Principal) -> None:
    pk = begun(mara, at=clock.now() - timedelta(days=12))
    row = Complaint.objects.get()
    assert row.rule["key"] == "pl_consumer"
    Complaint.objects.update(warn_at=clock.now() - timedelta(hours=1), due_at=clock.now() + timedelta(hours=1))
    assert (complaints_clock.warn_due(), complaints_clock.warn_due(), complaints_clock.breach_due()) == (1, 0, 0)
    Complaint.objects.update(due_at=clock.now() - timedelta(minutes=1))
    assert (complaints_clock.breach_due(), complaints_clock.breach_due()) == (1, 0)
    assert complaints.get(mara, pk).accepted_by_silence
    refused("accepted", complaints_steps.step, mara, pk, "decide", decision="rejected", words="No")
    assert list(ComplaintStep.objects.values_list("step", flat=True).order_by("id"))[-2:] == ["warned", "breached"]


def test_one_holding_reply_extends_the_clock_of_payments(mara: access.Principal) -> None:
    pk = begun(mara, "payment", at=datetime(2126, 12, 2, 12, tzinfo=UTC))
    before = Complaint.objects.get().due_at
    group = complaints_steps.step(mara, pk, "hold", text="It takes longer.")
    after = Complaint.objects.get().due_at
    assert before and after and (after - before).days > 20
    refused("held_already", complaints_steps.step, mara, pk, "hold", text="Still longer.")
    undo.put_back(mara, group)
    assert Complaint.objects.get().due_at == before


def test_rules_are_changed_by_the_manager_and_undone(mara: access.Principal, ann: access.Principal) -> None:
    rule = StatutoryRule.objects.get(key="elsewhere")
    values = {"names": {"en": "Ours"}, "days": 20, "unit": "business", "countries": ["US"], "kinds": []}
    with pytest.raises(Forbidden):
        complaints_clock.save_rule(ann, values, rule.pk)
    group = complaints_clock.save_rule(mara, values, rule.pk)
    rule.refresh_from_db()
    assert (rule.days, rule.unit, rule.countries) == (20, "business", ["US"])
    undo.put_back(mara, group)
    rule.refresh_from_db()
    assert (rule.days, rule.unit, rule.countries) == (30, "calendar", [])
    refused("bad_days", complaints_clock.save_rule, mara, {**values, "extended_days": 5})


def test_refunds_need_four_eyes_limits_and_are_paid_once(
    mara: access.Principal, tom: access.Principal, ann: access.Principal
) -> None:
    pk = begun(ann)
    refund, _group = refunds.propose(mara, pk, 5_000, "eur", "Leaks")
    refused("four_eyes", refunds.approve, mara, refund)
    with pytest.raises(Forbidden):
        refunds.approve(ann, refund)
    with pytest.raises(IntegrityError), transaction.atomic():  # the table itself knows the rule
        Refund.objects.update(state="approved", decided_by=mara.staff_id)
    RefundLimit.objects.create(role="manager", currency="EUR", amount_minor=4_999)
    refused("over_limit", refunds.approve, tom, refund)
    RefundLimit.objects.update(amount_minor=5_000)
    group = refunds.approve(tom, refund)
    refused("bad_state", refunds.take, mara, refund)
    undo.put_back(tom, group)
    assert refunds.get(tom, refund).state == "proposed"
    refunds.approve(tom, refund)
    complaints_steps.step(mara, pk, "decide", decision="upheld", words="Yes")
    complaints_steps.step(mara, pk, "answer")
    refused("refund_open", complaints_steps.step, mara, pk, "close")
    assert refunds.mark_paid(mara, refund, "T-1") is not None
    assert refunds.mark_paid(mara, refund, "T-1") is None
    refused("bad_state", refunds.mark_paid, mara, refund, "T-2")
    complaints_steps.step(mara, pk, "close")
    assert [each.data["op"] for each in Happening.objects.filter(kind="refund").order_by("id")] == [
        "propose", "approve", "undo", "approve", "pay",
    ]  # fmt: skip


def test_no_more_is_refunded_than_an_order_cost(mara: access.Principal, monkeypatch: pytest.MonkeyPatch) -> None:
    order = people.create_person(access.SYSTEM, {"given_name": "x"})  # any id
    fact = refunds.OrderFact(order, "A-1", 10_000, "EUR")
    monkeypatch.setattr(refunds, "_orders", [lambda *_asked: [fact]])
    pk = begun(mara)
    first, group = refunds.propose(mara, pk, 6_000, "EUR", "Half", order)
    refused("too_much", refunds.propose, mara, pk, 4_001, "EUR", "More", order)
    refused("other_currency", refunds.propose, mara, pk, 1, "PLN", "More", order)
    undo.put_back(mara, group)
    assert refunds.get(mara, first).state == "taken"
    refunds.propose(mara, pk, 10_000, "EUR", "All", order)


def test_nothing_is_offered_while_a_complaint_is_open(mara: access.Principal) -> None:
    pk = begun(mara)
    who = Complaint.objects.get().person_id
    assert who is not None
    assert journeys.complaining([who]) == {who}
    complaints_steps.step(mara, pk, "withdraw")
    assert journeys.complaining([who]) == set()


@pytest.mark.django_db(transaction=True)
def test_two_who_approve_at_once_are_one_approval_and_never_the_proposer() -> None:
    names = ("Mara", "Tom", "Eve")
    mara, tom, eve = (access.principal_of(hire(name, "manager", "all")) for name in names)
    refund, _group = refunds.propose(mara, begun(mara), 100, "EUR", "Leaks")
    outcomes: list[str] = []

    def approve(who: access.Principal) -> None:
        try:
            refunds.approve(who, refund)
            outcomes.append(who.name)
        except Refused as error:
            outcomes.append(error.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=approve, args=[who]) for who in (mara, tom, eve, mara)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    row = Refund.objects.get()
    assert row.state == "approved"
    assert row.decided_by_id in (tom.staff_id, eve.staff_id)
    assert len([each for each in outcomes if each in names]) == 1
    assert "Mara" not in outcomes
