"""Consent in imported files: written down once, never over a withdrawal, taken back with the import."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from amity.access import api as access
from amity.people import consent
from amity.people.consent_reading import state
from amity.people.consent_tables import Consent
from amity.people.imports import journal
from amity.people.imports.recognise import recognise
from amity.people.imports.tables import Table
from amity.people.models import Import, Person
from amity.people.tests.import_files import landed, quiet

pytestmark = pytest.mark.django_db
WHO = access.SYSTEM
HEADS = {
    "Contact ID": "external_id", "Name": "full_name", "Mail": "email", "Newsletter": "consent_newsletter",
    "SMS consent": "consent_sms", "Do not call": "do_not_call", "Consent date": "consent_at",
}  # fmt: skip
ANN = ("1", "Ann Kowal", "ann@firm.pl", "yes", "no", "", "2024-05-03")
BOB = ("2", "Bob Nowak", "bob@firm.pl", "nie", "", "yes", "")


def held(name: str, purpose: str = "newsletter", channel: str = "email") -> str:
    pk = Person.objects.get(display_name=name).pk
    return state([pk], purpose, channel)[pk]


def test_columns_become_words_with_their_row(tmp_path: Path) -> None:
    job = landed(tmp_path, ("person", HEADS, [ANN, BOB]))
    assert [held("Ann Kowal"), held("Bob Nowak")] == ["given", "withdrawn"]
    assert held("Ann Kowal", "marketing", "sms") == "withdrawn"
    assert held("Bob Nowak", "marketing", "phone") == "withdrawn"
    word = Consent.objects.get(state="given")
    assert (word.how, word.origin_id, word.address) == ("import", job.pk, "ann@firm.pl")
    assert word.evidence == {"row": 1, "column": "Newsletter"} and word.at.date().isoformat() == "2024-05-03"


def test_the_same_file_again_adds_nothing_and_lifts_no_withdrawal(tmp_path: Path) -> None:
    landed(tmp_path, ("person", HEADS, [ANN, BOB]))
    count = Consent.objects.count()
    ann = Person.objects.get(display_name="Ann Kowal").pk
    landed(tmp_path, ("person", HEADS, [ANN, BOB]))
    assert Consent.objects.count() == count
    consent.withdraw(WHO, ann, "newsletter", "email")
    landed(tmp_path, ("person", HEADS, [ANN, BOB]))
    assert held("Ann Kowal") == "withdrawn"


def test_an_undone_import_takes_its_words_back(tmp_path: Path) -> None:
    landed(tmp_path, ("person", {"Contact ID": "external_id", "Name": "full_name", "Mail": "email"}, [ANN[:3]]))
    job = landed(tmp_path, ("person", HEADS, [ANN, BOB]))
    journal.undo(job.pk, quiet)
    assert Import.objects.get(pk=job.pk).state == "undone"
    assert held("Ann Kowal") == "unknown"
    assert set(Consent.objects.filter(person=None).values_list("how", flat=True)) <= {"import", "undo"}


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Newsletter", "consent_newsletter"), ("E-mail consent", "consent_email"), ("SMS consent", "consent_sms"),
        ("Согласие на рассылку", "consent_newsletter"), ("Zgoda marketingowa", "consent_email"),
        ("E-Mail-Einwilligung", "consent_email"), ("Accepts Marketing", "consent_email"),
    ],
)  # fmt: skip
def test_headings_are_recognised(heading: str, field: str) -> None:
    frame = pl.DataFrame({
        "First name": ["Ann", "Bob", "Cid"], "Last name": ["Kowal", "Nowak", "Lis"],
        "E-mail": ["a@x.pl", "b@x.pl", "c@x.pl"], heading: ["yes", "no", "yes"],
    })  # fmt: skip
    (proposal,) = recognise([Table("people", frame)])
    assert proposal.mapping.columns[heading] == field
