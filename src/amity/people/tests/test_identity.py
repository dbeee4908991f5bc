"""Whom events are about: users, visitors, shared devices, contacts, junk; in any order and any batches."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from amity.access import api as access
from amity.base.errors import Refused
from amity.people import changes, pipeline
from amity.people.models import Company, Device, Identifier, Link, Membership, Merge, Person, TraitChange
from amity.people.tests.identity_kit import counted, fact, feed, forget, identify, of_log, picture, track

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forget() -> None:
    forget()


def _sets() -> set[frozenset[str]]:
    return {events for events, _keys, _values in picture()}


def test_anonymous_history_joins_the_person_who_signs_in() -> None:
    feed([track(1, device="d"), track(2, device="d")])
    visitor = Person.objects.get()
    assert (visitor.grade, visitor.anonymous, visitor.merged_into_id) == ("visitor", True, None)

    feed([identify(3, "anna", "d", firstName="Anna", email="anna@kowalska.pl"), track(4, device="d")])

    anna = Person.objects.get(grade="login")
    visitor.refresh_from_db()
    assert visitor.merged_into_id == anna.pk
    assert (anna.display_name, anna.email, anna.anonymous) == ("Anna", "anna@kowalska.pl", False)
    assert _sets() == {frozenset({"track-1--d", "track-2--d", "identify-3-anna-d", "track-4--d"})}
    assert Merge.objects.get().evidence == {"device": "d"}
    assert counted() == of_log() == {anna.pk: 4}


def test_on_a_shared_device_events_belong_to_the_next_sign_in() -> None:
    feed([track(1, device="till"), identify(2, "anna", "till"), track(3, device="till")])
    feed([identify(4, "boris", "till"), track(5, device="till")])
    assert _sets() == {
        frozenset({"track-1--till", "identify-2-anna-till"}),
        frozenset({"track-3--till", "identify-4-boris-till"}),
        frozenset({"track-5--till"}),
    }
    assert counted() == of_log()


def test_a_late_sign_in_moves_only_events_of_that_device() -> None:
    feed([track(1, device="till"), track(3, device="till"), track(3, device="other"), identify(4, "boris", "till")])
    feed([identify(2, "anna", "till")])
    assert _sets() == {
        frozenset({"track-1--till", "identify-2-anna-till"}),
        frozenset({"track-3--till", "identify-4-boris-till"}),
        frozenset({"track-3--other"}),
    }
    assert counted() == of_log()


def test_two_user_ids_never_merge_by_themselves() -> None:
    feed([identify(1, "anna", "d", email="a@home.pl"), identify(2, "boris", "d", email="a@home.pl")])
    feed([fact("alias", 3, "anna", previous_id="boris")])
    assert len(_sets()) == 2
    assert Link.objects.filter(other__isnull=False).count() == 1  # said, for a human to decide


def test_alias_of_an_anonymous_id_is_a_sign_in() -> None:
    feed([track(1, device="old"), fact("alias", 2, "anna", previous_id="old"), track(3, "anna")])
    assert len(_sets()) == 1


@pytest.mark.parametrize(
    "junk", ["null", "undefined", "00000000-0000-0000-0000-000000000000", "-1", "anonymous", "гость", "nieznany",
             "unbekannt", "  ", "{{user.id}}", "test@shop.pl", "[object Object]"]
)  # fmt: skip
def test_junk_is_nobody(junk: str) -> None:
    feed([track(1, junk, "one"), track(2, junk, "two"), track(3, junk, junk)])
    assert _sets() == {frozenset({f"track-1-{junk}-one"}), frozenset({f"track-2-{junk}-two"})}
    assert Device.objects.count() == 2


@pytest.mark.parametrize("email", ["info@firma.pl", "test@firma.pl", "biuro@firma.pl", "zakaz@firma.ru", "kein"])
def test_a_mailbox_of_many_joins_nobody(email: str) -> None:
    feed([identify(1, "anna", email=email), identify(2, device="d", email=email)])
    assert len(_sets()) == 2
    assert Identifier.objects.filter(kind="email").count() == 0


def test_a_contact_joins_the_recorded_person_while_it_is_plain_whose_it_is() -> None:
    record = Person.objects.create(display_name="Anna Nowak", email="anna@nowak.pl", key="crm:1", city="Łódź")
    Identifier.objects.create(person=record, kind="email", value="anna@nowak.pl")
    feed([identify(1, "u1", email="anna@nowak.pl", plan="pro")])
    record.refresh_from_db()
    user = Person.objects.get(grade="login")
    assert user.merged_into_id == record.pk
    assert (record.traits, record.city) == ({"plan": "pro"}, "Łódź")

    feed([identify(2, "u2", email="anna@nowak.pl")])  # now two claim it: nobody can tell
    record.refresh_from_db()
    user.refresh_from_db()
    assert (user.merged_into_id, record.traits) == (None, {})

    feed([identify(3, "u1", email="anna@nowak.pl", email_verified=True)])  # proved
    user.refresh_from_db()
    assert user.merged_into_id == record.pk


def test_the_last_value_wins_and_the_replaced_one_is_kept() -> None:
    feed([identify(5, "anna", plan="gold", city="Berlin")])
    feed([identify(3, "anna", plan="free", seats=3)])
    feed([identify(7, "anna", plan="black", seats=None)])
    anna = Person.objects.get()
    assert (anna.traits, anna.city) == ({"plan": "black"}, "Berlin")
    told = [(c.name, c.before, c.after) for c in TraitChange.objects.order_by("id")]
    assert sorted(told) == [("plan", "gold", "black"), ("seats", 3, None)]


def test_a_typed_value_stays_and_the_said_one_is_held_beside_it() -> None:
    feed([identify(1, "anna", city="Berlin")])
    Person.objects.update(city="Poznań", origins={"city": ["manual", "2026-03-01T00:02:00+00:00"]})
    feed([identify(5, "anna", city="Kraków")])
    feed([identify(6, "anna", city="Kraków")])
    assert Person.objects.get().city == "Poznań"
    assert [(c.before, c.after) for c in TraitChange.objects.filter(held=True)] == [("Poznań", "Kraków")]


def test_fields_of_all_kinds_land_typed() -> None:
    address = {"city": "Wrocław", "country": "Polska", "street": "Rynek 1"}
    feed([identify(1, "a", firstName="Ola", lastName="Zając", phone="601 200 300", address=address, title="CTO",
                   language="pl-PL", age=34, vip=True, tags=["x"], createdAt="2025-01-02T03:04:05Z",
                   score="")])  # fmt: skip
    ola = Person.objects.get()
    assert (ola.display_name, ola.phone, ola.city, ola.country) == ("Ola Zając", "+48601200300", "Wrocław", "PL")
    assert (ola.job_title, ola.language) == ("CTO", "pl")
    assert ola.traits == {
        "age": 34, "vip": True, "tags": ["x"], "createdAt": "2025-01-02T03:04:05+00:00", "address_street": "Rynek 1",
    }  # fmt: skip
    assert "zajac" in ola.search


def test_group_calls_make_companies_and_members() -> None:
    call = fact("group", 2, "anna", group_id="g7", traits={"name": "Copperleaf", "employees": 40, "tier": "A"})
    feed([fact("group", 3, "anna", group_id="g8"), call, fact("group", 1, "boris", group_id="g7")])
    copper = Company.objects.get(key="group:g7")
    assert (copper.name, copper.employees, copper.traits) == ("Copperleaf", 40, {"tier": "A"})
    assert Membership.objects.count() == 3
    companies = {p.company_id for p in Person.objects.all()}
    assert companies == {copper.pk, Company.objects.get(key="group:g8").pk}


def test_a_repeated_message_changes_nothing() -> None:
    feed([track(1, "anna"), track(1, "anna")])
    feed([track(1, "anna")])
    assert sum(of_log().values()) == sum(counted().values()) == 1


def test_what_failed_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any) -> None:
        raise Refused("no", "not now")

    with monkeypatch.context() as patched:
        patched.setattr(pipeline.events, "append_packed", fail)
        with pytest.raises(Refused):
            feed([track(1, "anna", "d")])
    feed([track(1, "anna", "d"), track(2, device="d")])
    assert len(_sets()) == 1


def _in_any_order(*events: Any) -> set[frozenset[str]]:
    """The profiles, by their events, which are the same whether events come one by one, at once or the other way."""
    pictures = []
    for order, size in ((events, 1), (events, len(events)), (events[::-1], 1)):
        with transaction.atomic():
            forget()
            feed(list(order), size)
            pictures.append((picture(), _memberships()))
            assert counted() == of_log()
            transaction.set_rollback(True)
    forget()
    assert pictures[0] == pictures[1] == pictures[2]
    return {events for events, _keys, _values in pictures[0][0]}


def _memberships() -> set[tuple[Any, ...]]:
    rows = Membership.objects.values_list("person__merged_into", "person", "company__key")
    called = {pk: frozenset(said) for pk, said in _said_by().items()}
    return {(called.get(into or pk), company) for into, pk, company in rows}


def _said_by() -> dict[Any, set[str]]:
    """Messages by surviving profile."""
    found: dict[Any, set[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(p.merged_into_id, p.id), e.message_id FROM events_event e JOIN people_person p "
            "ON p.id = e.person_id"
        )
        for pk, message in cursor.fetchall():
            found.setdefault(pk, set()).add(message)
    return found


@pytest.mark.slow
def test_a_visitor_that_parts_of_its_past_left_keeps_its_contact() -> None:
    profiles = _in_any_order(
        identify(1, "anna", email="b@home.pl"),
        track(2, "boris", "till"),
        track(6, device="till"),
        identify(9, device="till", email="b@home.pl"),
        track(8, "anna", "till"),
    )
    joined = {"identify-1-anna-", "track-6--till", "track-8-anna-till", "identify-9--till"}
    assert profiles == {frozenset(joined), frozenset({"track-2-boris-till"})}


@pytest.mark.slow
def test_a_till_on_which_two_addresses_were_typed_is_still_nobody_after_its_past_moved() -> None:
    profiles = _in_any_order(
        identify(1, "anna", email="a@home.pl"),
        track(2, "boris", "till"),
        track(6, device="till"),
        identify(9, device="till", email="b@home.pl"),
        identify(10, device="till", email="a@home.pl"),
        track(8, "celia", "till"),
    )
    assert frozenset({"identify-9--till", "identify-10--till"}) in profiles
    assert frozenset({"identify-1-anna-"}) in profiles


def test_a_visitor_known_by_its_contact_does_not_stand_between_two_user_ids() -> None:
    profiles = _in_any_order(
        identify(14, "anna", "till", email="a@home.pl"),
        identify(29, device="till", email="a@home.pl"),
        track(10, "boris", "till"),
        track(39, "boris", "till"),
    )
    assert profiles == {
        frozenset({"identify-14-anna-till"}),
        frozenset({"track-10-boris-till", "identify-29--till", "track-39-boris-till"}),
    }


def test_memberships_move_with_the_events_that_tell_of_them() -> None:
    _in_any_order(
        fact("group", 0, device="till", group_id="g1"),
        track(2, device="till"),
        track(3, "boris", "till"),
        track(1, "anna", "till"),
    )


def _names(*events: Any) -> set[str]:
    """What people are called, which is the same however the events come."""
    _in_any_order(*events)
    feed(events)
    return set(Person.objects.values_list("display_name", flat=True))


def test_the_name_that_was_told_last_is_shown_however_events_come() -> None:
    whole = identify(2, "anna", name="Anna Nowak")
    assert _names(identify(1, "anna", firstName="Ania"), whole, identify(3, "anna", firstName="Ania")) == {"Ania"}


def test_a_last_name_that_is_taken_away_leaves_the_whole_name() -> None:
    whole = identify(1, "anna", name="Anna Nowak")
    ania = identify(2, "anna", firstName="Ania")
    assert _names(whole, ania, identify(3, "anna", firstName=None, lastName=None)) == {"Anna Nowak"}


def test_an_address_that_was_corrected_by_hand_counts_again_when_it_is_said_again() -> None:
    feed([identify(1, "anna", email="a@home.pl")])
    anna = Person.objects.get()
    changes.change_person(access.SYSTEM, anna.pk, {"email": "b@home.pl"}, None)
    feed([identify(2, "anna", email="a@home.pl")])
    assert set(Identifier.objects.filter(kind="email").values_list("value", flat=True)) == {"a@home.pl", "b@home.pl"}


def test_what_a_visitor_says_first_does_not_become_its_users_own() -> None:
    feed([identify(1, device="d", email="a@home.pl"), identify(4, "anna", email="a@home.pl")])
    feed([track(8, "anna", "till")])
    feed([identify(2, device="d", city="Toruń"), identify(8, device="till", lastName="Nowak")])
    assert Person.objects.get(grade="login").family_name == "Nowak"
    feed([identify(5, "anna", lastName=None)])
    assert Person.objects.get(grade="login").family_name == ""


def test_what_a_user_and_its_visitor_say_at_once_does_not_become_the_records_own() -> None:
    record = Person.objects.create(display_name="Anna Nowak", email="anna@nowak.pl", key="crm:1")
    Identifier.objects.create(person=record, kind="email", value="anna@nowak.pl")
    feed([identify(1, "u1", "d", email="anna@nowak.pl", plan="pro")])
    feed([identify(2, "u1", plan="free"), identify(3, device="d", seats=4)])
    record.refresh_from_db()
    assert record.traits == {"plan": "free", "seats": 4}
    feed([identify(4, "u2", email="anna@nowak.pl")])
    record.refresh_from_db()
    assert record.traits == {}


@pytest.mark.slow
def test_a_second_address_ends_what_the_first_joined_in_any_order() -> None:
    events = _unlike([
        identify(27, "boris", "d1", email="anna@home.pl"),
        identify(0, "", "till", email="boris@home.pl"),
        identify(34, "", "till", email="anna@home.pl", email_verified=True),
    ])  # fmt: skip
    pictures = []
    for order in permutations(events):
        with transaction.atomic():
            forget()
            feed(order, 1)
            pictures.append(picture())
            transaction.set_rollback(True)
    forget()
    assert all(each == pictures[0] for each in pictures)


USERS, DEVICES = ("anna", "boris", "null"), ("d1", "d2", "till", "undefined")
MAILS = ("anna@home.pl", "boris@home.pl", "info@home.pl")
_times = st.integers(0, 40)


@st.composite
def _events(draw: st.DrawFn) -> Any:
    at = draw(_times)
    user, device = draw(st.sampled_from((*USERS, ""))), draw(st.sampled_from((*DEVICES, "")))
    kind = draw(st.sampled_from(("track", "track", "identify", "identify", "identify", "alias", "group")))
    if kind == "alias":
        return fact("alias", at, user, previous_id=draw(st.sampled_from((*DEVICES, "anna"))))
    if kind == "group":
        return fact("group", at, user, device, group_id=draw(st.sampled_from(("g1", "g2"))))
    if kind == "track":
        return track(at, user, device)
    names = st.sampled_from(("plan", "city", "name", "firstName", "lastName"))
    traits: dict[str, Any] = draw(st.dictionaries(names, st.sampled_from(("a", "b", None)), max_size=2))
    if draw(st.booleans()):
        traits["email"] = draw(st.sampled_from(MAILS))
        traits["email_verified"] = draw(st.sampled_from((False, False, True)))
    return identify(at, user, device, **traits)


def _unlike(events: list[Any]) -> list[Any]:
    for number, event in enumerate(events):
        event.message_id = f"{number:03d}-{event.message_id}"
    return events


SETTINGS = settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
STREAMS = st.lists(_events(), min_size=2, max_size=10).map(_unlike)
RANDOM = st.randoms(use_true_random=False)


@pytest.mark.slow
@settings(SETTINGS, max_examples=500)
@given(STREAMS, RANDOM, st.integers(1, 5))
def test_the_order_of_arrival_never_matters(events: list[Any], random: Any, size: int) -> None:
    _shuffle(events, random, size)


def _shuffle(events: list[Any], random: Any, size: int) -> None:
    pictures = []
    for batch in (len(events), size, 1):
        shuffled = list(events)
        random.shuffle(shuffled)
        with transaction.atomic():
            forget()
            feed(shuffled, batch)
            pictures.append((picture(), _memberships()))
            assert counted() == of_log()
            transaction.set_rollback(True)
    forget()
    assert pictures[0] == pictures[1] == pictures[2]
