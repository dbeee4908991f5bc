"""The gate: nobody is written to who did not agree, nothing twice, nothing at night, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import connection

from amity.access import api as access
from amity.base import clock
from amity.base.errors import Forbidden, NotFound, Refused
from amity.channels import api as channels
from amity.channels import letters, outbox, sending
from amity.channels.deliveries import Delivery
from amity.channels.models import Outgoing, Suppression
from amity.channels.refusals import REASONS
from amity.channels.rules import DEFAULTS, Rule, quiet_until, zone_of
from amity.channels.tests.kit import home
from amity.engines.api import Enclosure
from amity.people import api as people
from amity.people.consent_tables import Consent
from amity.people.privacy_erase import Why, erase
from amity.people.privacy_subject import subject_of

__all__ = ["home"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]
WHO = access.SYSTEM
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
YES = people.consent.Said(confirmed=True)


def person(email: str = "anna@example.com", *, agreed: bool = True, **traits: Any) -> UUID:
    pk = people.create_person(WHO, {"given_name": "Anna", "family_name": "Kowalska", "email": email}, traits)
    if agreed:
        people.consent.give(WHO, pk, "newsletter", "email", YES)
    return pk


def message(pk: UUID | None, key: str = "", **values: Any) -> channels.Message:
    told: dict[str, Any] = {"channel": "email", "purpose": "newsletter", "subject": "News", "body": "Dear {first_name}"}
    return channels.Message(key=key or uuid4().hex, person_id=pk, **(told | values))


def said(pk: UUID | None, **values: Any) -> tuple[str, str]:
    found = channels.propose(WHO, message(pk, **values))
    return found.state, found.reason


def work() -> list[str]:
    sending.send_due()
    return [path.read_text() for path in sorted(Path(settings.CONFIG.home).rglob("*.eml"))]


@pytest.fixture(autouse=True)
def _noon() -> Any:
    with clock.fixed_at(NOON):
        yield


def test_who_agreed_gets_a_letter_that_lets_them_leave() -> None:
    pk = person()
    assert said(pk) == ("queued", "")
    (letter,) = work()
    row = Outgoing.objects.get()
    assert (row.state, row.engine, row.handed_at) == ("sent", "folder", NOON)
    assert "Dear Anna" in letter and "To: anna@example.com" in letter and "Auto-Submitted: auto-generated" in letter
    joined = letter.replace("\n ", "")
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in joined
    assert people.consent.unsubscribe_link(pk, "email", "anna@example.com", "newsletter") in joined
    assert sending.send_due() == 0


def test_the_same_key_is_one_message() -> None:
    pk = person()
    first = channels.propose(WHO, message(pk, "k"))
    work()
    assert channels.propose(WHO, message(pk, "k", body="Other")) == channels.Outcome(first.id, "sent")
    assert len(work()) == 1


@pytest.mark.parametrize(
    ("purpose", "channel", "reason"),
    [
        ("marketing", "email", "no_consent"), ("nothing", "email", "no_purpose"), ("newsletter", "sms", "bad_channel"),
        ("service", "post", "no_engine"), ("service", "sms", "no_address"),
    ],
)  # fmt: skip
@pytest.mark.slow
def test_refusals(purpose: str, channel: str, reason: str) -> None:
    assert said(person(), purpose=purpose, channel=channel) == ("refused", reason)


def test_what_is_owed_needs_no_consent_but_a_living_address() -> None:
    pk = person(agreed=False)
    assert said(pk, purpose="service") == ("queued", "")
    channels.suppress(WHO, "email", "Anna@example.com ", "complaint")
    assert said(pk, purpose="service") == ("queued", "")
    channels.suppress(WHO, "email", "anna@example.com", "bounce")
    assert said(pk, purpose="service") == ("refused", "bounce")
    assert work() == []  # asked again at the moment of sending
    assert set(Outgoing.objects.values_list("state", "reason")) == {("refused", "bounce")}


def test_withdrawn_between_proposing_and_sending() -> None:
    pk = person()
    assert said(pk) == ("queued", "")
    people.consent.withdraw(WHO, pk, "newsletter", "email")
    assert work() == []
    assert said(pk) == ("refused", "withdrawn")
    assert said(person("anna@example.com")) == ("refused", "address_withdrawn")


def test_a_withdrawal_of_any_member_stops_the_merged_profile() -> None:
    anna, other = person(), person("other@example.com", agreed=False)
    people.consent.withdraw(WHO, other, "newsletter", "email")
    merged = people.merge(WHO, anna, other)
    assert said(anna) == ("refused", "withdrawn")
    people.unmerge(WHO, merged)
    assert said(anna) == ("queued", "")


def test_who_has_not_confirmed_gets_only_the_question() -> None:
    pk = person(agreed=False)
    people.consent.give(WHO, pk, "newsletter", "email")
    assert said(pk) == ("refused", "not_confirmed")
    (letter,) = work()
    assert "preferences/confirmation/" in letter.replace("=\n", "") and "List-Unsubscribe" not in letter
    people.consent.withdraw(WHO, pk, "newsletter", "email")
    people.consent.give(WHO, pk, "newsletter", "email")
    assert len(work()) == 1  # one question a day


def test_who_is_gone_archived_or_restricted() -> None:
    pk = person()
    with pytest.raises(NotFound):
        said(uuid4())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people_restriction (id, person_id, reason, note, since) VALUES (%s, %s, '', '', now())",
            [uuid4(), pk],
        )
    assert said(pk) == ("refused", "restricted")
    other = person("other@example.com")
    people.archive(WHO, people.PERSON_KIND, other)
    assert said(other) == ("refused", "gone")


def test_nobody_without_a_person_gets_advertising() -> None:
    assert said(None, address="x@example.com", body="Hello") == ("refused", "no_consent")
    assert said(None, address="x@example.com", body="Hello", purpose="account") == ("queued", "")
    assert said(None, address="no address", body="Hello", purpose="account") == ("refused", "no_address")


def test_no_open_placeholder_and_no_card_number() -> None:
    pk = person()
    assert said(pk, body="Dear {nickname}") == ("refused", "unfilled")
    assert said(pk, subject="{{ name }}") == ("refused", "unfilled")
    assert said(pk, body=" ") == ("refused", "empty")
    assert said(pk, body="Dear {nickname|you}, card 4111 1111 1111 1111") == ("queued", "")
    assert Outgoing.objects.get(state="queued").body == "Dear you, card •••• •••• •••• 1111"


def test_quiet_hours_where_the_person_lives() -> None:
    pk = person(timezone="Asia/Vladivostok")  # 22:00 there
    assert said(pk) == ("held", "quiet_hours")
    row = Outgoing.objects.get()
    assert row.due_at == datetime(2026, 3, 2, 22, tzinfo=UTC)
    assert work() == []
    with clock.fixed_at(row.due_at):
        assert len(work()) == 1
    assert said(pk, purpose="service") == ("queued", "")


@pytest.mark.parametrize(
    ("state", "progress", "engine", "label"),
    [
        ("queued", "", "", "Waiting"), ("sent", "", "chat", "Sent"), ("sent", "read", "whatsapp", "Read"),
        ("sent", "", "local", "In the local outbox"), ("failed", "delivered", "smtp", "Failed"),
    ],
)  # fmt: skip
def test_where_a_message_stands_in_words(state: str, progress: str, engine: str, label: str) -> None:
    told = Delivery(uuid4(), state, "bounce", progress, engine, clock.now(), None)
    assert (told.label, told.why) == (label, str(REASONS["bounce"]))


@pytest.mark.parametrize(
    ("now", "zone", "until"),
    [
        ("2026-03-28T23:30+00:00", "Europe/Berlin", "2026-03-29T06:00+00:00"),  # the clock goes forward that night
        ("2026-10-24T20:00+00:00", "Europe/Berlin", "2026-10-25T07:00+00:00"),  # and back
        ("2026-03-02T07:59+00:00", "UTC", "2026-03-02T08:00+00:00"), ("2026-03-02T08:00+00:00", "UTC", None),
        ("2026-03-02T20:59+00:00", "UTC", None), ("2026-03-02T21:00+00:00", "UTC", "2026-03-03T08:00+00:00"),
    ],
)  # fmt: skip
def test_quiet_hours(now: str, zone: str, until: str | None) -> None:
    found = quiet_until(DEFAULTS["email"], ZoneInfo(zone), datetime.fromisoformat(now))
    assert found == (datetime.fromisoformat(until) if until else None)


def test_zones_of_people() -> None:
    polish = people.get_person(WHO, people.create_person(WHO, {"given_name": "A", "phone": "+48600100200"}))
    assert zone_of(polish).key == "Europe/Warsaw"
    assert zone_of(None).key == settings.TIME_ZONE


@pytest.mark.slow
def test_caps_hold_back_and_count_the_whole_profile() -> None:
    channels.set_rule(WHO, Rule("email", 2, 3))
    anna, other = person(), person("other@example.com")
    for pk in (anna, other):
        said(pk)
    assert len(work()) == 2
    people.merge(WHO, anna, other)
    assert said(anna) == ("held", "cap")
    assert Outgoing.objects.get(state="held").due_at == NOON + timedelta(days=3)
    assert said(anna, purpose="service") == ("queued", "")
    with clock.fixed_at(NOON + timedelta(days=3)):
        assert len(work()) == 4
    channels.set_rule(WHO, Rule("email", 0, 3))
    assert said(anna) == ("refused", "cap")


def test_rules_that_make_no_sense() -> None:
    for bad in (
        Rule("pigeon"),
        Rule("email", -1),
        Rule("email", 1, 0),
        Rule("email", 1, 1, DEFAULTS["email"].quiet_from),
    ):
        with pytest.raises(Refused):
            channels.set_rule(WHO, bad)


def test_what_was_held_for_a_week_is_let_go() -> None:
    pk = person(timezone="Asia/Vladivostok")
    said(pk)
    with clock.fixed_at(NOON + timedelta(days=8)):
        assert work() == []
    assert Outgoing.objects.get().reason == "too_late"


def test_a_message_whose_worker_died_is_not_sent_again_by_itself() -> None:
    said(person())
    Outgoing.objects.update(state="handing", handed_at=NOON - timedelta(minutes=3), attempts=1)
    assert work() == []
    row = Outgoing.objects.get()
    assert (row.state, row.reason) == ("unknown", "interrupted")
    outbox.send_again(WHO, row.pk)
    assert len(work()) == 1
    with pytest.raises(Refused):
        outbox.send_again(WHO, row.pk)


def test_a_folder_that_cannot_be_written_is_tried_again_then_given_up() -> None:
    said(person())
    (Path(settings.CONFIG.home) / "outbox").write_text("in the way")
    at = NOON
    for pause in sending.PAUSES:
        with clock.fixed_at(at):
            work()
        row = Outgoing.objects.get()
        assert (row.state, row.reason, row.due_at) == ("queued", "later", at + pause)
        at = row.due_at
        Outgoing.objects.update(created_at=at)
    Outgoing.objects.update(purpose="service")
    with clock.fixed_at(at):
        work()
    assert Outgoing.objects.filter(state="failed", reason="gave_up").exists()


def test_only_administrators_read_the_outbox() -> None:
    said(person())
    rows, older = channels.outgoing(WHO, "queued", "anna@example.com")
    assert len(rows) == 1 and older == ""
    agent = access.Principal(None, "A", "agent", "all", permissions=access.PERMISSIONS["agent"])
    for call in (lambda: channels.outgoing(agent), lambda: channels.suppressed(agent),
                 lambda: channels.suppress(agent, "email", "a@b.com", "manual")):  # fmt: skip
        with pytest.raises(Forbidden):
            call()
    channels.suppress(WHO, "email", "a@b.com", "manual")
    channels.suppress(WHO, "email", "a@b.com", "manual")
    (blocked,), _older = channels.suppressed(WHO)
    channels.lift(WHO, blocked.id)
    assert not Suppression.objects.filter(lifted_at=None).exists()


def test_a_sender_is_always_named() -> None:
    name, address = letters.sender_of()
    assert name == "Amity" and "@" in address


def test_erasing_somebody_takes_their_letters_and_keeps_their_no() -> None:
    pk = person()
    said(pk)
    assert len(work()) == 1
    people.consent.withdraw(WHO, pk, "newsletter", "email")
    found = subject_of(pk)
    assert found is not None
    erase(found, Why("asked", "desk"))
    assert not Outgoing.objects.exists() and work() == []
    assert set(Consent.objects.values_list("person", "address")) == {(None, "")}
    assert said(person("anna@example.com")) == ("refused", "address_withdrawn")


@pytest.mark.slow
@pytest.mark.parametrize("more", [{"files": [Enclosure("a.txt", "text/plain", b"mine")]}, {"purpose": "account"}])
def test_what_came_back_is_not_sent_again_without_what_is_no_longer_kept(more: dict[str, Any]) -> None:
    told = {"purpose": "service", **more}
    pk = channels.propose(WHO, message(person(), body="Here it is", **told)).id
    assert len(work()) == 1
    Outgoing.objects.filter(pk=pk).update(state="failed", reason="bounce")
    with pytest.raises(Refused) as refused:
        outbox.send_again(WHO, pk)
    assert refused.value.code == "not_again"
