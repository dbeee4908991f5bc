"""Mails find their conversation by evidence, in order; machines' mail changes nothing; our own comes home."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from amity.access import api as access
from amity.base import clock
from amity.channels import api as channels
from amity.channels import mail_marks, sending
from amity.channels.models import Account, Outgoing, Received, Suppression
from amity.channels.tests.kit import home
from amity.desk import finding, replies
from amity.desk.models import Conversation, Message, State
from amity.people.models import Person

__all__ = ["home"]
pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("home")]


@pytest.fixture
def account() -> Account:
    return Account.objects.create(
        kind="email", name="Shop", address="help@shop.example", public_key="k1",
        settings={"inbound": True, "authserv_ids": ["mx.shop.example"]},
    )  # fmt: skip


def raw(text: str = "Hello", *, sender: str = "anna@example.com", subject: str = "My parcel", **headers: str) -> bytes:
    told = {"From": sender, "To": "help@shop.example", "Subject": subject, "Message-ID": f"<{hash(text)}@x>"}
    told |= {name.replace("_", "-"): value for name, value in headers.items()}
    return "".join(f"{name}: {value}\r\n" for name, value in told.items()).encode() + b"\r\n" + text.encode()


def take(account: Account, *args: Any, **values: Any) -> UUID:
    found = channels.take_mail(account.pk, raw(*args, **values)).conversation_id
    assert found is not None
    return found


def answer(conversation_id: UUID, text: str = "It left today.") -> Any:
    """A letter of ours, as it left."""
    with clock.fixed_at(clock.now()):
        replies.reply(access.SYSTEM, conversation_id, text, undo_seconds=0)
        sending.send_due()
    row = Outgoing.objects.order_by("-created_at").first()
    assert row is not None and row.state == "sent", row and row.reason
    return message_from_bytes(Path(row.detail).read_bytes())


def test_an_answer_comes_home_by_each_evidence_alone(account: Account) -> None:
    first = take(account, "Where is it?")
    letter = answer(first)
    reply_to, mark = letter["Reply-To"], letter["Message-ID"]
    assert take(account, "1", To=reply_to, subject="Other") == first
    assert take(account, "2", In_Reply_To=mark, subject="Other") == first
    assert take(account, "3", References=f"<lost@x> {mark} <lost2@x>", subject="Other") == first
    line = mail_marks.line(first)
    assert take(account, f"4\n\n> old\n> {line}", subject="Other") == first
    number = Conversation.objects.get(pk=first).number
    assert take(account, "5", subject=f"About #{number}") == first
    assert line not in "".join(Received.objects.values_list("text", flat=True)) and finding.strangers(first) == set()


def test_what_can_be_copied_counts_only_from_who_takes_part(account: Account) -> None:
    first = take(account, "Where is it?")
    number = Conversation.objects.get(pk=first).number
    named = take(account, mail_marks.line(first), sender="eve@evil.example", subject="Other")
    assert named != first and take(account, "x", sender="eve@evil.example", subject=f"#{number}") != first
    assert [(each.conversation_id, each.why) for each in finding.suggestions(named)] == [(first, "marked")]
    forged = mail_marks.line(first)[:-3] + "aa]"
    assert take(account, f"y {forged}", subject="Third") != first
    assert take(account, "z", subject=f"Order #{number}") != first
    fails = "mx.shop.example; dkim=none; dmarc=fail header.from=example.com"
    assert take(account, "w", subject=f"#{number}", Authentication_Results=fails) != first


def test_a_stranger_who_has_seen_our_mail_comes_home_and_is_shown_as_one(account: Account) -> None:
    first = take(account, "Where is it?", Cc="piotr@example.com")
    letter = answer(first)
    take(account, "I am his colleague", sender="piotr@example.com", In_Reply_To=letter["Message-ID"])
    assert finding.strangers(first) == set()
    assert take(account, "Let me in", sender="eve@evil.example", To=letter["Reply-To"]) == first
    (message,) = finding.strangers(first)
    assert Message.objects.get(pk=message).text == "Let me in"
    assert Conversation.objects.get(pk=first).address == "anna@example.com"


def test_the_same_subject_only_suggests(account: Account) -> None:
    first, second = take(account, "One"), take(account, "Two", subject="AW: My  parcel")
    assert first != second
    assert [each.conversation_id for each in finding.suggestions(second)] == [first]
    assert [each.conversation_id for each in finding.suggestions(first)] == [second]


def test_the_same_mail_twice_or_to_two_mailboxes_is_one_message(account: Account) -> None:
    other = Account.objects.create(kind="email", name="Sales", address="sales@shop.example", public_key="k2")
    first = take(account, "One")
    assert take(account, "One") == first and take(other, "One") == first
    assert Message.objects.count() == 1 and Received.objects.count() == 2
    assert take(account, "Another text", Message_ID=f"<{hash('One')}@x>") != first


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"Auto-Submitted": "auto-replied"}, "auto_submitted"),
        ({"Precedence": "bulk"}, "list"),
        ({"List-Id": "<news.example.com>"}, "list"),
        ({"Return-Path": "<>"}, "auto_submitted"),
        ({"X-Auto-Response-Suppress": "All"}, "auto_submitted"),
        ({"From": "Mailer-Daemon <mailer-daemon@example.com>"}, "bounce"),
        ({"From": "no-reply@example.com"}, "no_reply"),
    ],
)
def test_machines_open_nothing(account: Account, headers: dict[str, str], why: str) -> None:
    first = take(account, "Where is it?")
    Conversation.objects.update(state=State.SOLVED)
    people = Person.objects.count()
    assert take(account, "Away", In_Reply_To=f"<{hash('Where is it?')}@x>", **headers) == first
    assert take(account, "Alone", subject="Other", **headers) != first
    assert set(Conversation.objects.values_list("state", flat=True)) == {"solved"}
    assert set(Message.objects.exclude(text="Where is it?").values_list("automatic", flat=True)) == {why}
    assert Person.objects.count() == people


def test_an_answer_of_staff_is_ours_but_no_machines_and_quotes_what_it_answers(account: Account) -> None:
    first = take(account, "Where is it? {braces}")
    letter = answer(first, "Here {it} is")
    assert letter["Auto-Submitted"] is None and mail_marks.ours(letter["X-Amity"])
    assert letter["From"] == "Shop <help@shop.example>" and letter["Subject"] == "Re: My parcel"
    assert letter["In-Reply-To"] == letter["References"] == f"<{hash('Where is it? {braces}')}@x>"
    text, html = (part.get_payload(decode=True).decode() for part in letter.walk() if not part.is_multipart())
    assert "Here {it} is" in text and "> Where is it? {braces}" in text and mail_marks.line(first) in text
    assert "<blockquote" in html and mail_marks.line(first) in html
    back = take(account, "echo", X_Amity=letter["X-Amity"], In_Reply_To=letter["Message-ID"])
    assert back == first and Message.objects.get(text="echo").automatic == "ours"


def test_machines_that_answer_machines_stop(account: Account) -> None:
    first = take(account, "Hello")
    with clock.fixed_at(clock.now()):
        for n in range(6):
            replies.say_as_system(first, f"We got it {n}", key=str(n))
        sending.send_due()
    states = list(Outgoing.objects.order_by("id").values_list("state", "reason"))
    assert states == [("sent", "")] * 3 + [("refused", "loop")] * 3
    row = Outgoing.objects.filter(state="sent").first()
    assert row is not None and b"Auto-Submitted: auto-replied" in Path(row.detail).read_bytes()


def test_a_report_marks_the_letter_and_a_dead_address_gets_nothing_more(account: Account) -> None:
    first = take(account, "Where is it?")
    letter = answer(first)
    report = (
        "From: Mailer-Daemon@mx.example\r\nTo: help@shop.example\r\nMessage-ID: <r{n}@mx>\r\nReturn-Path: <>\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\n\r\nSorry\r\n--b\r\n'
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; {to}\r\n"
        "Action: failed\r\nStatus: {status}\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        "Message-ID: {ref}\r\n--b--\r\n"
    )
    ref = letter["Message-ID"]
    told = [("eve@evil.example", "5.1.1", ref), ("anna@example.com", "5.1.1", "<guess@x>"),
            ("anna@example.com", "4.2.2", "<guess@x>"), ("anna@example.com", "5.2.2", ref)]  # fmt: skip
    for n, (to, status, about) in enumerate(told):
        channels.take_mail(account.pk, report.format(n=n, to=to, status=status, ref=about).encode())
    row = Outgoing.objects.get()
    assert (row.state, row.reason) == ("failed", "returned") and not Suppression.objects.exists()
    channels.take_mail(account.pk, report.format(n=9, to="anna@example.com", status="5.1.1", ref=ref).encode())
    row.refresh_from_db()
    assert row.reason == "bounce" and Suppression.objects.get().address == "anna@example.com"
    assert Conversation.objects.get(pk=first).state != State.SOLVED


def test_our_own_server_says_who_is_who(account: Account) -> None:
    lies = "mx.evil.example; dmarc=pass"
    truth = "mx.shop.example; dkim=pass (2048-bit) header.d=example.com; spf=softfail; dmarc=pass"
    text = (
        raw("a")
        .decode()
        .replace("\r\n\r\n", f"\r\nAuthentication-Results: {lies}\r\nAuthentication-Results: {truth}\r\n\r\n", 1)
    )
    channels.take_mail(account.pk, text.encode())
    assert Received.objects.get().authentic == {"dkim": "pass", "spf": "softfail", "dmarc": "pass"}


def test_late_mail_keeps_its_order(account: Account) -> None:
    first = take(account, "One")
    with clock.fixed_at(clock.now() + timedelta(days=400)):
        assert take(account, "Two", In_Reply_To=f"<{hash('One')}@x>") == first
