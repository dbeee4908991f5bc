"""Consent: the last word holds, the strictest of a merged profile's members, an address whoever holds it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from amity.access import api as access
from amity.base import clock, undo
from amity.base.errors import Refused
from amity.people import (
    changes,
    consent,
    consent_events,
    consent_purposes,
    consent_self,
    consent_tokens,
    merge,
    segments,
)
from amity.people.consent import Said
from amity.people.consent_reading import state, withdrawn_addresses
from amity.people.consent_rules import address_key, masked
from amity.people.consent_tables import Consent
from amity.people.models import Person
from amity.people.tests.identity_kit import feed, forget, identify

pytestmark = pytest.mark.django_db
WHO = access.SYSTEM
CONFIRMED = Said(confirmed=True)
NEWS = ("newsletter", "email")


def person(email: str = "anna@example.com", **values: Any) -> UUID:
    return changes.create_person(WHO, {"given_name": "Anna", "email": email, **values})


def held(pk: UUID, purpose: str = "newsletter", channel: str = "email") -> str:
    return state([pk], purpose, channel)[pk]


def members_of(segment: UUID) -> int:
    return len(segments.members(WHO, segment).rows)


def blocked(address: str, purpose: str = "newsletter", channel: str = "email") -> bool:
    key = address_key("email", address)
    return (key, purpose, channel) in withdrawn_addresses([key])


def test_nobody_said_anything_until_they_do() -> None:
    pk = person()
    assert held(pk) == "unknown"
    assert consent.give(WHO, pk, *NEWS, CONFIRMED) == "given"
    assert consent.withdraw(WHO, pk, *NEWS) == "withdrawn"
    assert held(pk) == "withdrawn" and blocked("anna@example.com")
    assert consent.give(WHO, pk, *NEWS, CONFIRMED) == "given"
    assert not blocked("anna@example.com")
    assert held(pk, "marketing") == "unknown"


def test_email_waits_until_its_link_is_followed() -> None:
    pk = person()
    assert consent.give(WHO, pk, *NEWS) == "pending"
    word = Consent.objects.get(state="pending")
    token = consent_tokens.confirm_token(word.pk)
    assert "anna" not in token
    assert consent_self.waiting(consent_tokens.read_confirm(token)) == ("newsletter", "a•••@e•••.com")
    assert consent_self.confirm(consent_tokens.read_confirm(token), "de") == ("newsletter", "a•••@e•••.com")
    assert held(pk) == "given"
    consent_self.confirm(word.pk, "de")
    assert Consent.objects.filter(state="given").count() == 1
    assert consent.give(WHO, pk, *NEWS) == "given"  # a waiting yes adds nothing to a yes


def test_a_link_expires_and_confirms_nothing_that_was_withdrawn_since() -> None:
    pk = person()
    with clock.fixed_at(clock.now()):
        consent.give(WHO, pk, *NEWS)
        word = Consent.objects.get()
    consent.withdraw(WHO, pk, *NEWS)
    with pytest.raises(Refused, match="nothing to confirm"):
        consent_self.confirm(word.pk, "en")
    assert held(pk) == "withdrawn"
    for token in ("nonsense", consent_tokens.preferences_token(pk, "email", "anna@example.com")):
        with pytest.raises(Refused):
            consent_tokens.read_confirm(token)


def test_an_address_without_mail_cannot_be_confirmed() -> None:
    pk = changes.create_person(WHO, {"given_name": "Anna"})
    with pytest.raises(Refused, match="no e-mail address"):
        consent.give(WHO, pk, *NEWS)
    with pytest.raises(Refused, match="does not use this channel"):
        consent.give(WHO, pk, "newsletter", "sms")


def test_the_strictest_member_wins_and_gets_its_own_back() -> None:
    anna, other = person(), person("anna@work.example")
    consent.give(WHO, anna, *NEWS, CONFIRMED)
    consent.withdraw(WHO, other, *NEWS)
    made = merge.merge(WHO, anna, other)
    assert held(anna) == held(other) == "withdrawn"
    merge.unmerge(WHO, made)
    assert (held(anna), held(other)) == ("given", "withdrawn")


def test_what_is_said_to_a_merged_profile_is_said_by_all_of_it() -> None:
    anna, other, third = person(), person("anna@work.example"), person("third@example.com")
    consent.withdraw(WHO, other, *NEWS)
    made = merge.merge(WHO, anna, other)
    merge.merge(WHO, anna, third)
    assert consent.give(WHO, anna, *NEWS, CONFIRMED) == "given"
    merge.unmerge(WHO, made)
    assert (held(anna), held(other)) == ("given", "given")
    assert not Consent.objects.filter(person_id=third).exists()


def test_a_withdrawn_address_stays_so_whoever_holds_it() -> None:
    anna, other = person(), person("anna@example.com")
    consent.withdraw(WHO, anna, *NEWS)
    assert consent.give(WHO, other, *NEWS, CONFIRMED) == "given"
    assert blocked("anna@example.com")  # another profile's yes does not lift it
    bearer = consent_tokens.Bearer(other, address_key("email", "anna@example.com"))
    consent_self.choose(bearer, {NEWS: False}, "en")
    consent_self.choose(bearer, {NEWS: True}, "en")
    assert not blocked("anna@example.com")  # whoever reads the mailbox may


def test_a_withdrawn_address_outlives_its_person() -> None:
    pk = person()
    consent.withdraw(WHO, pk, *NEWS)
    Consent.objects.filter(person_id=pk).update(address="", evidence={})
    Person.objects.filter(pk=pk).delete()
    assert blocked("anna@example.com")
    consent.give(WHO, person("anna@example.com"), *NEWS, CONFIRMED)
    assert blocked("anna@example.com")


def test_an_edit_by_staff_is_undone_by_a_further_row() -> None:
    pk = person()
    consent.give(WHO, pk, *NEWS, CONFIRMED)
    before = Consent.objects.count()
    group = consent.change(WHO, pk, [(*NEWS, "withdrawn", Said()), ("marketing", "sms", "withdrawn", Said())])
    assert (held(pk), held(pk, "marketing", "sms")) == ("withdrawn", "withdrawn")
    undo.put_back(WHO, group)
    assert (held(pk), held(pk, "marketing", "sms")) == ("given", "unknown")
    assert Consent.objects.count() == before + 4
    assert not blocked("anna@example.com")


def test_undo_leaves_alone_what_was_said_since() -> None:
    pk = person()
    group = consent.change(WHO, pk, [(*NEWS, "given", CONFIRMED)])
    consent.withdraw(WHO, pk, *NEWS)
    undo.put_back(WHO, group)
    assert held(pk) == "withdrawn"


def test_the_ledger_takes_no_changes() -> None:
    consent.give(WHO, person(), *NEWS, CONFIRMED)
    for change in ("UPDATE people_consent SET state = 'withdrawn'", "DELETE FROM people_consent",
                   "UPDATE people_consent_text SET words = '{}'"):  # fmt: skip
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


def test_one_click_unsubscribes_and_shows_nobody() -> None:
    pk = person()
    consent.give(WHO, pk, *NEWS, CONFIRMED)
    token = consent_tokens.preferences_token(pk, "email", "anna@example.com")
    bearer = consent_tokens.read_preferences(token)
    seen = consent_self.preferences(bearer)
    assert seen.masked == "a•••@e•••.com"
    assert [(each.purpose.key, each.channel, each.on) for each in seen.choices] == [
        ("newsletter", "email", True), ("marketing", "email", False)]  # fmt: skip
    consent_self.unsubscribe(bearer, "newsletter")
    assert held(pk) == "withdrawn"
    assert Consent.objects.filter(state="withdrawn").get().how == "one_click"
    with pytest.raises(Refused):
        consent_tokens.read_preferences(token[:-1] + ("A" if token[-1] != "A" else "B"))


def test_one_click_works_when_the_person_is_gone() -> None:
    bearer = consent_tokens.Bearer(UUID(int=7), address_key("email", "gone@example.com"))
    consent_self.unsubscribe(bearer, "newsletter")
    assert blocked("gone@example.com")


def test_events_say_it_in_three_dialects() -> None:
    forget()
    feed([identify(1, "anna", "d", email="anna@example.com", consent={"marketing": {"sms": True}})])
    pk = Person.objects.get(grade="login").pk
    assert held(pk, "marketing", "sms") == "given"
    segment = identify(2, "anna", "d")
    segment.context["consent"] = {"categoryPreferences": {"Marketing": False, "Elsewhere": True}}
    rudder = identify(3, "anna", "d")
    rudder.context["consentManagement"] = {"allowedConsentIds": ["newsletter"], "deniedConsentIds": ["nothing"]}
    feed([segment, rudder])
    assert held(pk, "marketing", "sms") == held(pk, "marketing", "post") == "withdrawn"
    assert held(pk) == "pending"  # an address is asked first
    assert consent_events.said_in(rudder) == {"newsletter": True, "nothing": False}


def test_late_events_do_not_outlive_later_words() -> None:
    forget()
    feed([identify(5, "anna", "d", consent={"marketing": {"sms": False}})])
    feed([identify(2, "anna", "d", consent={"marketing": {"sms": True}})])
    pk = Person.objects.get(grade="login").pk
    assert held(pk, "marketing", "sms") == "withdrawn"
    feed([identify(9, "anna", "d", consent={"marketing": {"sms": True}})])
    assert held(pk, "marketing", "sms") == "given"


def test_segments_follow_consent_at_once() -> None:
    pk, other = person(), person("other@example.com")
    asked = {"all": [{"consent": {"purpose": "newsletter", "channel": "email", "state": "given"}}]}
    made = segments.create(WHO, "Readers", asked).id
    segments.recompute(made)
    assert members_of(made) == segments.count(asked).n == 0
    consent.give(WHO, pk, *NEWS, CONFIRMED)
    assert members_of(made) == 1
    consent.withdraw(WHO, other, *NEWS)
    whole = merge.merge(WHO, pk, other)
    assert members_of(made) == 0
    merge.unmerge(WHO, whole)
    assert members_of(made) == 1


def test_purposes_are_the_administrators() -> None:
    told = {"names": {"en": "Surveys"}, "basis": "interest", "channels": ["email"], "words": {"en": "May we ask you?"}}
    made = consent_purposes.save(WHO, "surveys", told, new=True)
    assert made.opt_out and not made.owed and made.version == 1
    consent_purposes.save(WHO, "surveys", told | {"words": {"en": "May we ask you something?"}})
    assert consent_purposes.purpose("surveys").version == 2
    assert consent_purposes.text_of("surveys", 1) == {"en": "May we ask you?"}
    for key, bad in (("surveys", told), ("Bad key", told), ("x", told | {"channels": ["pigeon"]})):
        with pytest.raises(Refused):
            consent_purposes.save(WHO, key, bad, new=True)
    with pytest.raises(Refused, match="stays as it is"):
        consent_purposes.archive(WHO, "account")
    consent_purposes.archive(WHO, "surveys")
    assert "surveys" not in [each.key for each in consent_purposes.purposes()]


@pytest.mark.parametrize(
    ("address", "shown"),
    [("anna@example.com", "a•••@e•••.com"), ("+48123456789", "+48•••89"), ("x", "•••"), ("a@b", "a•••@b•••")],
)
def test_masked_addresses(address: str, shown: str) -> None:
    assert masked(address) == shown


def test_words_reach_the_log_and_later_words_come_later() -> None:
    pk = person()
    with clock.fixed_at(clock.now()):
        consent.give(WHO, pk, *NEWS, CONFIRMED)
        consent.withdraw(WHO, pk, *NEWS)
    assert held(pk) == "withdrawn"
    first, second = Consent.objects.order_by("at")
    assert second.at - first.at == timedelta(microseconds=1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM events_event WHERE person_id = %s ORDER BY occurred_at", [pk])
        assert [row[0] for row in cursor.fetchall()] == ["consent.given", "consent.withdrawn"]
