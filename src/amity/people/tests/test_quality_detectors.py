"""What is a problem and what only looks like one: addresses, names, their spelling, numbers, days, signatures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amity.base.ids import new_id
from amity.people import quality_companies, quality_contacts, quality_gaps, quality_persons
from amity.people.quality_case import company_case, name_case, shape
from amity.people.quality_decay import fitted, kaplan_meier
from amity.people.quality_email import PUBLIC, Domains, repair, well_formed
from amity.people.quality_kinds import Found, Row
from amity.people.quality_log import marked
from amity.people.quality_names import NameSense, swapped
from amity.people.quality_signature import parse
from amity.people.quality_world import World, company_key, meaning

FIRM = Domains({"orzel-hotele.pl": 40, "gmail.com": 900}, frozenset({"orzel-hotele.pl", "kasztam.pl"}))
SENSE = NameSense(
    {"thomas": 30, "martin": 12, "anna": 40, "wei": 2}, {"martin": 9, "kowalska": 20, "müller": 4, "li": 3}
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("anna@gmial.com", "anna@gmail.com"),
        ("anna@gmail.con", "anna@gmail.com"),
        ("anna@gmailcom", "anna@gmail.com"),
        ("anna@outlok.com", "anna@outlook.com"),
        ("anna@yaho.com", "anna@yahoo.com"),
        ("anna@mali.ru", "anna@mail.ru"),
        ("anna@web.ed", "anna@web.de"),
        ("anna2gmail.com", "anna@gmail.com"),
        ("anna.gmail.com", "anna@gmail.com"),
        ("anna@@orzel-hotele.pl", "anna@orzel-hotele.pl"),
        ("anna @ orzel-hotele.pl", "anna@orzel-hotele.pl"),
        ("anna@orzel-hotele,pl", "anna@orzel-hotele.pl"),
        ("anna@orzle-hotele.pl", "anna@orzel-hotele.pl"),
        ("anna(at)orzel-hotele.pl", "anna@orzel-hotele.pl"),
        ("anna at firma dot pl", "anna@firma.pl"),
        ("mailto:anna@firma.pl", "anna@firma.pl"),
        ("<anna@firma.pl>;", "anna@firma.pl"),
        ("Anna Nowak <anna@firma.pl>", "anna@firma.pl"),
        ("аnna@firma.pl", "anna@firma.pl"),  # the first letter is Cyrillic
        ("anna..nowak@firma.pl", "anna.nowak@firma.pl"),
    ],
)
def test_an_address_is_mended_where_it_is_clear_what_was_meant(typed: str, meant: str) -> None:
    found = repair(typed, FIRM)
    assert found is not None and found[0] == meant and found[2] >= 0.9


@pytest.mark.parametrize("typed", ["see website", "anna@", "anna", "@", "anna@firma"])
def test_an_address_that_nobody_can_tell_is_shown_without_a_repair(typed: str) -> None:
    found = repair(typed, FIRM)
    assert found is not None and found[0] == ""


@pytest.mark.parametrize(
    "address",
    [
        "a@gmx.net", "a@gmx.de", "a@mail.com", "a@email.com", "a@ymail.com", "a@o2.pl", "a@op.pl", "a@bk.ru",
        "a@hotmail.it", "a@yahoo.fr", "a@nail.com", "a@kasztam.pl", "o'brien+news@firma.pl",
        "muster@müller.de", "A.B@Firma.DE", "x_1@sub.firma.co.uk", "a@gmail.co",
    ],
)  # fmt: skip
def test_an_address_that_may_be_right_is_left_alone(address: str) -> None:
    assert repair(address, FIRM) is None


@pytest.mark.slow
@given(st.text(max_size=60))
def test_a_repair_is_well_formed_and_needs_none_itself(text: str) -> None:
    found = repair(text, FIRM)
    if found and found[0]:
        assert well_formed(found[0])
        again = repair(found[0], FIRM)
        assert again is None or again[0] == found[0] or well_formed(again[0])


def test_mailboxes_for_everybody_are_never_a_slip() -> None:
    assert [domain for domain in PUBLIC if repair(f"a@{domain}", Domains()) is not None] == []


@pytest.mark.parametrize(
    ("typed", "written", "family"),
    [
        ("VAN DER BERG", "van der Berg", True),
        ("O'BRIEN", "O'Brien", True),
        ("MCDONALD", "McDonald", True),
        ("MACDONALD", "MacDonald", True),
        ("MACHADO", "Machado", True),
        ("LLOYD-JONES", "Lloyd-Jones", True),
        ("КУЗНЕЦОВ-ПЕТРОВ", "Кузнецов-Петров", True),
        ("СЕМЁНОВА", "Семёнова", True),
        ("von müller", "von Müller", True),
        ("DE LA CRUZ", "de la Cruz", True),
        ("D'ANGELO", "D'Angelo", True),
        ("ANNA-MARIA", "Anna-Maria", False),
        ("łukasz", "Łukasz", False),
        ("J.R.", "J.R.", False),
        ("dIMARCO", "DiMarco", True),  # as this base writes it
    ],
)
def test_names_are_written_as_their_languages_write_them(typed: str, written: str, family: bool) -> None:
    assert name_case(typed, {"dimarco": "DiMarco"}, family=family) == written


def test_shapes_tell_who_took_care() -> None:
    shapes = {
        "KOWALSKI": "upper",
        "kowalski": "lower",
        "kOWALSKI": "inverted",
        "McDonald": "mixed",
        "J": "none",
        "李": "none",
    }
    assert {text: shape(text) for text in shapes} == shapes


def test_companies_keep_their_letters_and_legal_forms() -> None:
    assert company_case("HOTEL ADLER GMBH", {}) == "Hotel Adler GmbH"
    assert company_case("PIEKARNIA KASZTAN SP. Z O.O.", {}) == "Piekarnia Kasztan sp. z o.o."
    assert company_case("ООО «РОДНИК-8»", {}) == "ООО «Родник-8»"
    assert company_key("Hotel Adler GmbH") == company_key("HOTEL ADLER")


@pytest.mark.parametrize(
    ("given_name", "family_name", "address", "wrong"),
    [
        ("Kowalska", "Anna", "", True),
        ("Kowalska", "Anna", "anna.kowalska@x.test", True),
        ("Иванов", "Сергей", "", True),
        ("von Müller", "Thomas", "", True),
        ("Llewellyn", "Bronwen", "bronwen.llewellyn@x.test", True),
        ("Thomas", "Martin", "", False),
        ("Martin", "Thomas", "", False),
        ("Wei", "Li", "", False),
        ("Anna", "Kowalska", "kowalska.anna@x.test", False),
        ("Сергей", "Иванов", "", False),
        ("Peter", "Walter", "", False),
    ],
)
def test_names_are_swapped_only_where_both_lean_the_wrong_way(
    given_name: str, family_name: str, address: str, wrong: bool
) -> None:
    assert (swapped(SENSE, given_name, family_name, address, 2.5) >= 0.6) is wrong


def looked(
    detector: Any, values: Mapping[str, Any], traits: Mapping[str, Any] | None = None, **world: Any
) -> list[Found]:
    known = {"headings": {"E-mail": "email", "Tel": "phone", "Ort": "city"}, "births": frozenset({"Born"})}
    told = World(date(2026, 3, 1), domains=FIRM, sense=SENSE, **(known | world))
    return list(detector.look(Row(new_id(), values, traits or {}), told))


def kinds(found: list[Found]) -> set[str]:
    return {each.kind for each in found}


def test_a_cell_that_could_not_be_read_is_mended_into_its_field() -> None:
    (found,) = looked(quality_contacts, {"_company_domain": "orzel-hotele.pl"}, {"E-mail": "anna@"})
    assert found.after == {"email": "anna@orzel-hotele.pl", "traits.E-mail": None}
    assert found.before == {"email": "", "traits.E-mail": "anna@"}
    (found,) = looked(quality_contacts, {"country": "DE"}, {"Tel": "anna@firma.pl"})
    assert (found.kind, found.after["email"]) == ("name_wrong_field", "anna@firma.pl")


def test_numbers_are_mended_by_their_countrys_plan_and_junk_is_taken_away() -> None:
    assert quality_contacts.dialled("+48 6O1 2O0 3O0", "PL") == "+48601200300"
    assert quality_contacts.dialled("0048601200300", "") == "+48601200300"
    assert quality_contacts.dialled("+4848601200300", "PL") == "+48601200300"
    assert quality_contacts.dialled("030 901820", "DE") == "+4930901820"
    assert quality_contacts.dialled("4.93E+10", "DE") == "" == quality_contacts.dialled("see e-mail", "DE")
    (junk,) = looked(quality_contacts, {"country": "DE"}, {"Tel": "000000000"})
    assert junk.after == {"traits.Tel": None}
    (short,) = looked(quality_contacts, {"country": "DE"}, {"Tel": "+49 12"})
    assert short.after == {}


def test_a_foreign_number_is_no_problem_unless_something_else_agrees_with_it() -> None:
    person = {"phone": "+48601200300", "country": "DE", "city": "Berlin", "_company_country": "DE"}
    cities = {"berlin": "DE", "krakow": "PL"}
    assert looked(quality_contacts, person, cities=cities) == []
    (found,) = looked(quality_contacts, person | {"city": "Kraków", "_company_country": "PL"}, cities=cities)
    assert found.after == {"country": "PL"} and found.confidence > 0.95


@pytest.mark.parametrize(
    ("values", "after"),
    [
        ({"given_name": "JAN", "family_name": "KOWALSKI"}, {"given_name": "Jan", "family_name": "Kowalski"}),
        ({"given_name": "Jan", "family_name": "KOWALSKI"}, {"family_name": "Kowalski"}),
        ({"given_name": "jan", "family_name": "kowalski"}, {"given_name": "Jan", "family_name": "Kowalski"}),
        ({"given_name": "", "family_name": "", "display_name": "ANNA NOWAK"}, {"display_name": "Anna Nowak"}),
    ],
)
def test_shouting_is_mended(values: dict[str, str], after: dict[str, str]) -> None:
    (found,) = looked(quality_persons, values)
    assert (found.kind, dict(found.after)) == ("name_case", after)


@pytest.mark.parametrize(
    "values",
    [
        {"given_name": "AJ", "family_name": "Jackson"},
        {"given_name": "Wei", "family_name": "Li"},
        {"given_name": "IBM", "family_name": ""},
        {"given_name": "Ludwig", "family_name": "van Beethoven"},
        {"given_name": "Anna Maria", "family_name": "Garcia Lopez"},
        {"given_name": "Jean-Luc", "family_name": "DiMarco"},
        {"given_name": "Madonna", "family_name": ""},
    ],
)
def test_unusual_names_are_left_alone(values: dict[str, str]) -> None:
    assert looked(quality_persons, values) == []


def test_values_in_the_wrong_field_go_where_they_belong() -> None:
    pk = new_id()
    companies = {company_key("Hotel Adler GmbH"): pk}
    (found,) = looked(quality_persons, {"given_name": "Anna", "family_name": "anna@firma.pl"})
    assert found.after == {"family_name": "", "email": "anna@firma.pl"}
    (found,) = looked(quality_persons, {"given_name": "Anna", "family_name": "+48 601 200 300", "country": "PL"})
    assert found.after == {"family_name": "", "phone": "+48601200300"}
    (found,) = looked(quality_persons, {"given_name": "Anna", "family_name": "Hotel Adler GmbH"}, companies=companies)
    assert found.after == {"family_name": "", "company_id": str(pk)}
    (found,) = looked(quality_persons, {"given_name": "Anna Kowalska", "family_name": ""})
    assert found.after == {"given_name": "Anna", "family_name": "Kowalska"}
    (found,) = looked(quality_persons, {"given_name": "", "family_name": "Kowalska, Anna"})
    assert found.after == {"given_name": "Anna", "family_name": "Kowalska"}


def test_days_on_which_nobody_was_born() -> None:
    wrong = {
        "1900-01-01": "placeholder",
        "2031-01-05": "not_yet_born",
        "1875-05-12": "too_old",
        "1985-02-31": "no_such_day",
    }
    for day, reason in wrong.items():
        (found,) = looked(quality_persons, {}, {"Born": day})
        assert (found.reason[0], found.after) == (reason, {"traits.Born": None})
    for day in ("2000-02-29", "1985-01-01", "1970-01-01", "1931-03-14"):
        assert looked(quality_persons, {}, {"Born": day}) == []


def test_gaps_are_filled_only_from_what_is_known() -> None:
    pk = new_id()
    own = {"domain_company": {"orzel-hotele.pl": pk, "gmail.com": new_id()}, "company_names": {pk: "Orzeł"}}
    (found,) = looked(quality_gaps, {"email": "a@orzel-hotele.pl", "country": "PL", "display_name": "Anna"}, **own)
    assert found.after == {"company_id": str(pk)}
    assert looked(quality_gaps, {"email": "a@gmail.com", "country": "PL", "display_name": "Anna"}, **own) == []
    (found,) = looked(quality_gaps, {"phone": "+48601200300", "display_name": "Anna"})
    assert found.after == {"country": "PL"}
    (found,) = looked(quality_gaps, {"email": "anna.kowalska@x.test", "country": "PL"})
    assert found.kind == "gap_name" and found.confidence < 0.6
    assert looked(quality_gaps, {"email": "info.service@x.test", "country": "PL"}) == []
    (found,) = looked(quality_gaps, {"display_name": "Anna", "country": "PL"}, {"Ort": "Kraków"})
    assert found.after == {"city": "Kraków"}


def test_companies_of_letters_are_no_shouting() -> None:
    for name in ("IBM", "SAP AG", "PKB GmbH", "BMW", "A&B"):
        assert looked(quality_companies, {"name": name}) == []
    (found,) = looked(quality_companies, {"name": "HOTEL ADLER GMBH"})
    assert found.after == {"name": "Hotel Adler GmbH"}
    assert kinds(looked(quality_companies, {"name": "www.adler.example"})) == {"company_wrong_field"}


def test_headings_are_understood_in_four_languages() -> None:
    assert [meaning(each) for each in ("E-Mail", "Telefon", "Stanowisko", "Город", "Cups a day")] == [
        "email", "phone", "job_title", "city", "",
    ]  # fmt: skip


def test_a_signature_says_title_number_company_and_site() -> None:
    mail = (
        "Dzień dobry,\nproszę o ofertę na 3 ekspresy, tel. 22 111 22 33.\n\nZ poważaniem\nAnna Kowalska\n"
        "Kierownik zakupów\nOrzeł Hotele sp. z o.o.\ntel. 22 620 12 34 | kom. 601 200 300\nwww.orzel-hotele.pl\n"
        "> On Monday Jan wrote:\n> fax 22 999 99 99\n"
    )
    told = parse(mail, "PL")
    assert told.job_title == "Kierownik zakupów"
    assert told.phone == "+48601200300"
    assert told.company == "Orzeł Hotele sp. z o.o."
    assert told.website == "orzel-hotele.pl"
    assert parse("Hello, please call me.\n", "PL").phone == ""


def test_half_lives_are_learned_with_those_who_still_hold_and_not_from_little() -> None:
    rows = [(100, True, 50), (400, False, 950)]
    half, ended, watched, days = fitted(rows, 1000)
    assert (ended, watched) == (50, 1000) and half is not None
    assert half == pytest.approx(math.log(2) * days / 50, rel=0.05)
    assert fitted([(100, True, 5), (400, False, 995)], 1000)[0] is None
    assert kaplan_meier([(10, True, 1), (10, False, 1), (20, True, 1), (30, False, 1)]) == [[10.0, 0.75], [20.0, 0.375]]


def test_what_differs_is_marked() -> None:
    before, after = marked("anna@gmial.com", "anna@gmail.com")
    assert "".join(text for text, _ in before) == "anna@gmial.com"
    assert "".join(text for text, _ in after) == "anna@gmail.com"
    assert any(differs for _, differs in after) and not all(differs for _, differs in after)
