"""A newcomer drops in exports of other systems: what they are and which column is which is proposed."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from amity.people.imports.nouns import CUSTOM, IGNORE
from amity.people.imports.reading import sample, sources
from amity.people.imports.recognise import Proposal, recognise
from amity.people.imports.tables import Table
from amity.people.imports.values import Mapping
from amity.people.tests.imports_further import FURTHER
from amity.people.tests.imports_samples import SAMPLES, Sample

EXPORTS = (*SAMPLES, *FURTHER)


def proposed(folder: Path, name: str, text: str) -> Proposal:
    """The proposal for one file."""
    path = folder / name
    path.write_text(text, "utf-8")
    source = sources(path)[0]
    return recognise([Table(source.name, sample(source))])[0]


@pytest.fixture(scope="module")
def proposals() -> dict[str, Proposal]:
    """What was proposed already, by file name: a proposal takes a tenth of a second."""
    return {}


@pytest.fixture
def proposal(tmp_path: Path, export: Sample, proposals: dict[str, Proposal]) -> Proposal:
    """The proposal for the test's export."""
    if export.name not in proposals:
        proposals[export.name] = proposed(tmp_path, export.name, export.text)
    return proposals[export.name]


@pytest.mark.parametrize("export", EXPORTS, ids=[export.name for export in EXPORTS])
@pytest.mark.slow
def test_an_export_is_recognised(proposal: Proposal, export: Sample) -> None:
    assert proposal.mapping.noun == export.noun
    found = {column: proposal.mapping.columns[column] for column in export.fields}
    assert found == export.fields
    assert {text: proposal.mapping.outcomes.get(text) for text in export.outcomes} == export.outcomes
    assert {column: proposal.mapping.dates.get(column) for column in export.dates} == export.dates


@pytest.mark.parametrize("export", EXPORTS, ids=[export.name for export in EXPORTS])
@pytest.mark.slow
def test_every_proposal_says_why_and_survives_storage(proposal: Proposal, export: Sample) -> None:
    assert Mapping.from_json(proposal.mapping.as_json()) == proposal.mapping
    assert proposal.reason.text()
    assert all(column.reason.text() and 0 <= column.confidence <= 1 for column in proposal.columns)
    assert all(note.text() for note in proposal.notes)
    assert [column.column for column in proposal.columns] == list(proposal.mapping.columns)


def test_what_fits_no_field_becomes_a_typed_field_of_its_own(tmp_path: Path) -> None:
    words = ("red", "green", "blue", "grey", "black", "white", "pink")
    rows = "".join(
        f"a{at}@x.pl,{at % 3},{at + 0.5},{'yes' if at % 2 else 'no'},2024-01-{at + 1:02d},{words[at % 7]} ink\n"
        for at in range(20)
    )
    proposal = proposed(tmp_path, "x.csv", "Email,Cats,Weight,Vegan,Last Visit Paid,Ticket Colour\n" + rows)
    customs = {column: target for column, target in proposal.mapping.columns.items() if target.startswith(CUSTOM)}
    assert customs == {
        "Cats": "custom:integer",
        "Weight": "custom:number",
        "Vegan": "custom:boolean",
        "Last Visit Paid": "custom:date",
        "Ticket Colour": "custom:category",
    }


def test_files_that_come_together_refer_to_each_other() -> None:
    leads = pl.DataFrame(
        {
            "mql_id": [f"{at:032x}" for at in range(40)],
            "first_contact_date": [f"{at % 12 + 1}/{at % 28 + 1}/2018" for at in range(40)],
        }
    )
    closed = pl.DataFrame(
        {
            "mql_id": [f"{at:032x}" for at in range(0, 40, 4)],
            "won_date": [f"2018-02-{at + 1:02d} 10:00:00" for at in range(10)],
        }
    )
    deal, person = recognise([Table("closed_deals.csv", closed), Table("leads.csv", leads)])
    assert (person.mapping.noun, person.mapping.columns["mql_id"]) == ("person", "external_id")
    assert person.mapping.dates == {"first_contact_date": "mdy"}
    assert person.mapping.constants == {"lead_status": "open"}
    assert (deal.mapping.noun, deal.mapping.columns["mql_id"]) == ("deal", "person")
    assert deal.mapping.constants == {"status": "won"}
    assert "100% of the values" in next(column for column in deal.columns if column.column == "mql_id").reason.text()


def test_a_name_spelt_without_its_space_is_still_that_product() -> None:
    products = pl.DataFrame(
        {"product": ["GTX Pro", "GTX Basic", "MG Special", "GTK 500"], "price": ["1", "2", "3", "4"]}
    )
    pipeline = pl.DataFrame(
        {
            "opportunity_id": [f"O{at}" for at in range(8)],
            "product": ["GTXPro", "GTX Basic", "MG Special", "GTK 500"] * 2,
            "deal_stage": ["Won", "Lost"] * 4,
        }
    )
    deal, product = recognise([Table("pipeline.csv", pipeline), Table("products.csv", products)])
    assert product.mapping.columns["product"] == "name"
    assert deal.mapping.columns["product"] == "product"
    assert [note.text() for note in deal.notes if note.code == "squeezed"] == [
        "“GTXPro” is taken for “GTX Pro” of products.csv"
    ]


def test_a_person_may_say_what_a_file_is(tmp_path: Path) -> None:
    frame = pl.DataFrame({"alpha": ["x", "y"], "beta": ["1", "2"]})
    unsure = recognise([Table("things.csv", frame)])[0]
    assert unsure.mapping.noun == ""
    assert set(unsure.mapping.columns.values()) == {IGNORE}
    chosen = recognise([Table("things.csv", frame)], {"things.csv": "product"})[0]
    assert chosen.mapping.noun == "product"
    assert chosen.reason.text() == "chosen by you"
    assert IGNORE not in chosen.mapping.columns.values()


def test_a_mapping_with_an_unknown_field_is_refused() -> None:
    with pytest.raises(KeyError):
        Mapping.from_json({"noun": "person", "columns": {"a": "shoe_size"}})
    with pytest.raises(KeyError):
        Mapping.from_json({"noun": "person", "columns": {"a": "email"}, "options": {"colour": "red"}})


def test_placeholders_are_found_in_the_columns_where_they_stand(tmp_path: Path) -> None:
    proposal = proposed(tmp_path, "leads.csv", "Lead ID,City,Do Not Call\nA1,Select,No\nA2,Mumbai,No\nA3,N/A,Yes\n")
    assert proposal.mapping.nulls == {"City": ["N/A", "Select"]}


def test_activities_without_a_kind_are_called_after_their_file(tmp_path: Path) -> None:
    calls = proposed(
        tmp_path, "Anrufe.csv", "Datum;Kontakt;Notiz\n15.01.2024;Jörg Müller;Angebot\n16.01.2024;Jan Kos;-\n"
    )
    assert (calls.mapping.noun, calls.mapping.constants) == ("activity", {"kind": "call"})


def test_a_reference_does_not_tell_few_rows_apart(tmp_path: Path) -> None:
    few = proposed(tmp_path, "tasks.csv", "Type,Date,Contact\ncall,2024-01-02,Anna\nmail,2024-01-03,Jan\n")
    assert few.mapping.identity == ()
    assert "no column tells the rows apart" in " ".join(note.text() for note in few.notes)
