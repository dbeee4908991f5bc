"""Imports as people live through them: landing, references, changed exports, refusals, stopping, undoing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from amity.access import api as access
from amity.base.errors import Forbidden, Refused
from amity.base.jobs import Stopped
from amity.base.models import JobRun
from amity.people import api as people
from amity.people.imports import check, engine, journal, shelf
from amity.people.models import (
    Company,
    Identifier,
    Import,
    ImportChange,
    ImportFile,
    ImportReject,
    Person,
    TraitChange,
)
from amity.people.tests.import_files import (
    COMPANIES,
    PEOPLE,
    content,
    counts,
    everything,
    in_batches_of,
    landed,
    planned,
    quiet,
)

pytestmark = pytest.mark.django_db
STEWARD = access.Principal(None, "Sten", "steward", "all", permissions=access.PERMISSIONS["steward"])
SALES = access.Principal(None, "Sal", "salesperson", "own", permissions=access.PERMISSIONS["salesperson"])
ANN = ("1", "Ann", "Kowal", "ann@firm.pl", "+48600100200", "Firm 1", "Kraków", "3")
BOB = ("2", "Bob", "Nowak", "bob@firm.pl", "", "FIRM1", "Berlin", "")
STAFF = {"Agent": "name", "Mail": "email", "Office": "team"}


@pytest.mark.slow
def test_a_row_becomes_a_person_with_everything_the_file_says(tmp_path: Path) -> None:
    landed(tmp_path, ("person", PEOPLE, [ANN]))
    ann = Person.objects.get(key="import:contact_id:1")
    assert (ann.display_name, ann.email, ann.phone, ann.city) == ("Ann Kowal", "ann@firm.pl", "+48600100200", "Kraków")
    assert ann.company is not None
    assert ann.company.name == "Firm 1"
    assert ann.traits == {"Cups": 3}
    assert "krakow" in ann.search.split()
    marks = Identifier.objects.filter(person=ann).order_by("kind").values_list("kind", "value")
    assert list(marks) == [("email", "ann@firm.pl"), ("phone", "+48600100200")]


def test_spellings_of_a_company_are_one_company_and_are_counted(tmp_path: Path) -> None:
    job = landed(tmp_path, ("person", PEOPLE, [ANN, BOB]))
    assert list(Company.objects.values_list("name", flat=True)) == ["Firm 1"]
    assert Person.objects.filter(company__name="Firm 1").count() == 2
    assert ImportFile.objects.get(run=job).notes == {"company_made": 1}


@pytest.mark.slow
def test_companies_land_before_the_people_that_name_them(tmp_path: Path) -> None:
    firm = ("7", "Firm 1", "Coffee", "Kraków", "Holding")
    job = landed(tmp_path, ("person", PEOPLE, [ANN]), ("company", COMPANIES, [firm]))
    company = Company.objects.get(key="import:no:7")
    assert company.industry == "Coffee"
    assert company.parent is not None
    assert company.parent.name == "Holding"
    assert Person.objects.get().company == company
    assert counts(job) == [(1, 0, 0, 0), (1, 0, 0, 0)]


@pytest.mark.slow
def test_a_row_with_a_key_completes_a_company_known_by_name_only(tmp_path: Path) -> None:
    landed(tmp_path, ("person", PEOPLE, [ANN]))
    job = landed(tmp_path, ("company", COMPANIES, [("7", "firm-1", "Coffee", "", "")]))
    assert counts(job) == [(0, 1, 0, 0)]
    company = Company.objects.get()
    assert (company.key, company.industry) == ("import:no:7", "Coffee")


def test_same_mail_with_different_keys_is_two_people(tmp_path: Path) -> None:
    twin = ("9", *ANN[1:])
    landed(tmp_path, ("person", PEOPLE, [ANN, twin]))
    assert Person.objects.filter(email="ann@firm.pl").count() == 2


def test_without_keys_the_mail_says_who_it_is_and_later_rows_fill_gaps(tmp_path: Path) -> None:
    columns = {name: to for name, to in PEOPLE.items() if to != "external_id"}
    first, second = ("Ann", "", "ann@firm.pl", "", "", "", ""), ("Annie", "Kowal", "ANN@firm.pl", "", "", "Berlin", "5")
    job = landed(tmp_path, ("person", columns, [first, second]))
    ann = Person.objects.get()
    assert (ann.given_name, ann.family_name, ann.city, ann.traits) == ("Ann", "Kowal", "Berlin", {"Cups": 5})
    assert sum(counts(job)[0]) == 2


def test_equal_rows_without_any_identity_stay_as_many_as_they_are(tmp_path: Path) -> None:
    columns = {"City": "city", "Cups": "custom:integer"}
    rows = [("Kraków", "1"), ("Kraków", "1"), ("Berlin", "2")]
    assert counts(landed(tmp_path, ("person", columns, rows))) == [(3, 0, 0, 0)]
    assert counts(landed(tmp_path, ("person", columns, rows))) == [(0, 0, 3, 0)]


@pytest.mark.slow
def test_a_changed_export_changes_only_what_changed_and_keeps_the_old_value(tmp_path: Path) -> None:
    landed(tmp_path, ("person", PEOPLE, [ANN, BOB]))
    before = Person.objects.get(given_name="Bob").updated_at
    job = landed(tmp_path, ("person", PEOPLE, [(*ANN[:6], "Gdańsk", "4"), BOB]))
    assert counts(job) == [(0, 1, 1, 0)]
    ann = Person.objects.get(given_name="Ann")
    assert (ann.city, ann.traits) == ("Gdańsk", {"Cups": 4})
    assert ann.origins["city"][0] == ann.origins["Cups"][0] == str(job.pk)
    assert set(TraitChange.objects.values_list("name", "before", "after")) == {
        ("city", "Kraków", "Gdańsk"),
        ("Cups", 3, 4),
    }
    assert ImportChange.objects.get(run=job).before["city"] == "Kraków"
    assert Person.objects.get(given_name="Bob").updated_at == before
    assert "gdansk" in ann.search.split()


def test_a_changed_name_is_found_by_the_new_one(tmp_path: Path) -> None:
    landed(tmp_path, ("person", PEOPLE, [ANN]))
    landed(tmp_path, ("person", PEOPLE, [("1", "Ольга", *ANN[2:])]))
    words = Person.objects.get().search.split()
    assert "olga" in words
    assert "ann" not in words[:1]


def test_cells_that_cannot_be_read_are_kept_and_counted(tmp_path: Path) -> None:
    job = landed(tmp_path, ("person", PEOPLE, [("1", "Ann", "", "not a mail", "", "", "", "many")]))
    assert Person.objects.get().traits == {"Email": "not a mail", "Cups": "many"}
    assert ImportFile.objects.get(run=job).notes == {"unread:Email": 1, "unread:Cups": 1}


def test_long_texts_are_cut_in_their_column_and_kept_whole(tmp_path: Path) -> None:
    city = "K" * 500
    job = landed(tmp_path, ("person", PEOPLE, [(*ANN[:6], city, "")]))
    ann = Person.objects.get()
    assert ann.city == "K" * 120
    assert ann.traits["city"] == city
    assert ImportFile.objects.get(run=job).notes["cut"] == 1


def test_rows_without_a_name_are_refused_with_all_their_cells(tmp_path: Path) -> None:
    job = landed(tmp_path, ("company", COMPANIES, [("", "", "=cmd()", "Kraków", ""), ("1", "Firm", "", "", "")]))
    assert counts(job) == [(1, 0, 0, 1)]
    reject = ImportReject.objects.get()
    assert (reject.row_number, reject.code, reject.row) == (1, "no_name", {"Trade": "=cmd()", "City": "Kraków"})
    lines = list(people.imports.rejects_csv(STEWARD, reject.file_id))
    assert len(lines) == 2
    assert '"\'=cmd()"' in lines[1]


def test_a_row_that_the_database_refuses_is_found_and_the_rest_lands(tmp_path: Path) -> None:
    columns = {"No": "external_id", **STAFF}
    rows = [(str(at), f"Agent {at}", f"agent{at}@firm.pl", "East") for at in range(8)]
    rows[5] = ("5", "Impostor", "agent2@firm.pl", "East")
    job = landed(tmp_path, ("staff", columns, rows))
    assert counts(job) == [(7, 0, 0, 1)]
    assert list(ImportReject.objects.values_list("row_number", "code")) == [(6, "unique")]


def test_owners_are_found_by_mail_or_name_and_bring_their_team(tmp_path: Path) -> None:
    columns = {"First": "given_name", "Rep": "owner"}
    rows = [("Ann", "ANNA@firm.pl"), ("Bob", "anna  nowak"), ("Cid", "Zoë")]
    landed(tmp_path, ("person", columns, rows), ("staff", STAFF, [("Anna Nowak", "anna@firm.pl", "East")]))
    owners = dict(Person.objects.values_list("given_name", "owner__name"))
    assert owners == {"Ann": "Anna Nowak", "Bob": "Anna Nowak", "Cid": "Zoë"}
    assert dict(Person.objects.values_list("given_name", "team__name")) == {"Ann": "East", "Bob": "East", "Cid": None}


def test_imported_staff_cannot_sign_in(tmp_path: Path) -> None:
    landed(tmp_path, ("staff", STAFF, [("Anna Nowak", "anna@firm.pl", "East")]))
    with connection.cursor() as cursor:
        cursor.execute("SELECT password FROM access_staff WHERE name = 'Anna Nowak'")
        assert cursor.fetchone()[0].startswith("!")


def test_activities_land_once_on_the_timeline(tmp_path: Path) -> None:
    columns = {"What": "kind", "When": "at", "Who": "person", "Text": "body"}
    rows = [("Call", "2025-01-02 10:00", "ann@firm.pl", "Spoke"), ("Call", "", "ann@firm.pl", "No time")]
    sheets = (("person", PEOPLE, [ANN]), ("activity", columns, rows))
    options = {"dates": {"When": "ymd"}}
    assert counts(landed(tmp_path, *sheets, **options)) == [(1, 0, 0, 0), (1, 0, 0, 1)]
    assert counts(landed(tmp_path, *sheets, **options))[1] == (0, 0, 1, 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, summary, person_id FROM events_event")
        assert cursor.fetchall() == [("call", "Spoke", Person.objects.get().pk)]


def test_the_dry_run_says_what_will_happen_and_writes_nothing(tmp_path: Path) -> None:
    landed(tmp_path, ("person", PEOPLE, [ANN]))
    before = everything()
    job = planned(tmp_path, ("person", PEOPLE, [ANN, BOB]), ("company", COMPANIES, [("", "", "x", "", "")]))
    report = check.dry_run(job.pk)
    assert everything() == before
    assert [(f.created, f.updated, f.unchanged, f.rejected) for f in report.files] == [(1, 0, 1, 0), (0, 0, 0, 1)]
    assert list(report.files[1].reasons) == ["no_name"]
    engine.run(job.pk, quiet)
    assert counts(job) == [(1, 0, 1, 0), (0, 0, 0, 1)]


def test_a_long_file_is_tried_out_on_a_sample_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "FULL_ROWS", 2)
    monkeypatch.setattr(check, "SAMPLE_ROWS", 2)
    job = planned(tmp_path, ("person", PEOPLE, [ANN, BOB, ("3", "Cid", "", "", "", "", "", "")]))
    assert check.dry_run(job.pk).sampled


def test_files_nobody_understands_are_accounted_for(tmp_path: Path) -> None:
    job = planned(tmp_path, ("person", PEOPLE, [ANN, BOB]))
    ImportFile.objects.filter(run=job).update(noun="")
    engine.run(job.pk, quiet)
    assert counts(job) == [(0, 0, 0, 2)]
    assert not Person.objects.exists()


def test_stopped_and_resumed(tmp_path: Path, settings: Any) -> None:
    settings.CONFIG = in_batches_of(1)
    job = planned(tmp_path, ("person", PEOPLE, [ANN, BOB]))

    def stopping(done: int, total: int | None = None, stage: str = "") -> None:
        people.imports.stop(STEWARD, job.pk)

    with pytest.raises(Stopped):
        engine.run(job.pk, stopping)
    job.refresh_from_db()
    assert (job.state, Person.objects.count()) == ("stopped", 1)
    engine.run(job.pk, quiet)
    job.refresh_from_db()
    assert (job.state, Person.objects.count()) == ("done", 2)


def test_a_dead_import_is_revived_as_a_job(tmp_path: Path) -> None:
    job = planned(tmp_path, ("person", PEOPLE, [ANN]))
    Import.objects.filter(pk=job.pk).update(state="running")
    dead = JobRun.objects.create(kind="people.import", subject_id=job.pk, state="running")
    (revived,) = people.imports.revive()
    assert JobRun.objects.get(pk=revived).state == "waiting"
    dead.refresh_from_db()
    assert (dead.state, dead.error_code) == ("failed", "worker_died")


def test_a_changed_upload_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    job = planned(tmp_path, ("person", PEOPLE, [ANN]))
    Path(ImportFile.objects.get(run=job).path).write_text("other", "utf-8")
    with pytest.raises(Refused) as refused:
        engine.run(job.pk, quiet)
    assert refused.value.code == "file_changed"
    job.refresh_from_db()
    assert (job.state, job.error_code, Person.objects.count()) == ("failed", "file_changed", 0)


def test_a_broken_file_is_refused_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text("Name,Email\nAnn,ann@firm.pl\n", "utf-8")
    (tmp_path / "bad.csv").write_bytes(b"\x00\x01\x02" * 500)
    with pytest.raises(Refused):
        people.imports.start_import(STEWARD, [tmp_path])
    assert not Import.objects.exists()


@pytest.mark.slow
def test_undo_waits_for_the_later_import(tmp_path: Path) -> None:
    first = landed(tmp_path, ("person", PEOPLE, [ANN]))
    before = everything()
    second = landed(tmp_path, ("person", PEOPLE, [(*ANN[:6], "Gdańsk", "")]))
    with pytest.raises(Refused) as refused:
        journal.undo(first.pk, quiet)
    assert refused.value.code == "undo_blocked"
    journal.undo(second.pk, quiet)
    assert everything() == before
    journal.undo(first.pk, quiet)
    assert not Person.objects.exists()


def test_undo_does_not_lose_what_people_did_since(tmp_path: Path) -> None:
    job = landed(tmp_path, ("person", PEOPLE, [ANN]))
    Person.objects.update(city="Warszawa", updated_at=replace_time(job))
    with pytest.raises(Refused) as refused:
        journal.check(job.pk)
    assert refused.value.code == "undo_blocked"


@pytest.mark.slow
def test_undo_killed_half_way_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "STEP", 1)
    landed(tmp_path, ("person", PEOPLE, [ANN]))
    before = everything()
    job = landed(tmp_path, ("person", PEOPLE, [(*ANN[:6], "Gdańsk", ""), BOB]))

    def dying(done: int, total: int | None = None, stage: str = "") -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        journal.undo(job.pk, dying)
    journal.undo(job.pk, quiet)
    assert everything() == before


def test_indexes_set_aside_come_back_however_the_import_ends(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "MIN_ROWS", 1)
    settings.CONFIG = in_batches_of(1)
    rows = [ANN, BOB, ("3", *ANN[1:]), ("1", "Ann", "", "", "", "", "", "9")]
    whole = indexes()
    expected = content_of(tmp_path, rows)
    job = planned(tmp_path, ("person", PEOPLE, rows))
    during: list[int] = []

    def dying(done: int, total: int | None = None, stage: str = "") -> None:
        during.append(len(indexes()))
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.run(job.pk, dying)
    assert min(during) < len(whole)
    engine.run(job.pk, quiet)
    assert indexes() == whole
    assert content() == expected


def test_only_those_with_the_right_may_import(tmp_path: Path) -> None:
    job = planned(tmp_path, ("person", PEOPLE, [ANN]))
    for refused in (
        lambda: people.imports.start_import(SALES, [tmp_path]),
        lambda: people.imports.run_job(SALES, job.pk),
        lambda: people.imports.dry_run(SALES, job.pk),
        lambda: people.imports.undo(SALES, job.pk),
        lambda: people.imports.get(SALES, job.pk),
    ):
        with pytest.raises(Forbidden):
            refused()
    assert not Person.objects.exists()


def test_start_finish_and_undo_stand_in_the_audit_log(tmp_path: Path) -> None:
    job = planned(tmp_path, ("person", PEOPLE, [ANN]))
    people.imports.run_now(STEWARD, job.pk, quiet)
    people.imports.undo_now(STEWARD, job.pk, quiet)
    with connection.cursor() as cursor:
        cursor.execute("SELECT verb FROM access_auditentry WHERE object_id = %s ORDER BY seq", [str(job.pk)])
        verbs = [row[0] for row in cursor.fetchall()]
    assert verbs == ["imports.start", "imports.finish", "imports.undo", "imports.undone"]


def test_a_mapping_can_be_changed_until_the_import_begins(tmp_path: Path) -> None:
    job = planned(tmp_path, ("person", PEOPLE, [ANN]))
    file = ImportFile.objects.get(run=job)
    people.imports.set_mapping(STEWARD, job.pk, file.pk, {"columns": {"Cups": "ignore", "City": "custom:text"}})
    with pytest.raises(Refused) as refused:
        people.imports.set_mapping(STEWARD, job.pk, file.pk, {"columns": {"City": "no_such_field"}})
    assert refused.value.code == "bad_mapping"
    engine.run(job.pk, quiet)
    assert (Person.objects.get().city, Person.objects.get().traits) == ("", {"City": "Kraków"})
    with pytest.raises(Refused) as refused:
        people.imports.set_mapping(STEWARD, job.pk, file.pk, {"columns": {"Cups": "ignore"}})
    assert refused.value.code == "import_started"


def replace_time(job: Import) -> Any:
    """A moment after the import."""
    assert job.started_at
    return job.started_at.replace(year=job.started_at.year + 1)


def indexes() -> list[str]:
    """Indexes and constraints of the tables of people."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname::text FROM pg_indexes WHERE tablename LIKE 'people%%' UNION ALL "
            "SELECT conname::text FROM pg_constraint WHERE conrelid::regclass::text LIKE 'people%%' ORDER BY 1"
        )
        return [row[0] for row in cursor.fetchall()]


def content_of(folder: Path, rows: list[Any]) -> Any:
    """What the rows become with all indexes in place."""
    with transaction.atomic():
        job = planned(folder, ("person", PEOPLE, rows))
        Import.objects.filter(pk=job.pk).update(shelved=[["SELECT 1", "SELECT 1"]])
        engine.run(job.pk, quiet)
        found = content()
        transaction.set_rollback(True)
    return found


def test_money_of_a_custom_field_stays_as_the_file_has_it(tmp_path: Path) -> None:
    landed(
        tmp_path, ("person", {"Name": "full_name", "Debt": "custom:money"}, [("Ann Kowal", "12.50")]), currency="PLN"
    )
    assert Person.objects.get().traits == {"Debt": 12.5}


@pytest.mark.slow
def test_number_seven_of_another_system_is_somebody_else(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "crm.csv", tmp_path / "shop.csv"
    head = "Contact ID,Name,Email,City\n"
    ours.write_text(head + "".join(f"{at},Ann Kowal{at},ann{at}@firm.pl,Berlin\n" for at in range(9)), "utf-8")
    theirs.write_text(head + "".join(f"{at},Bob Nowak{at},bob{at}@shop.pl,Gdynia\n" for at in range(9)), "utf-8")
    for path, system, created in (
        (ours, "import", 9),
        (theirs, "import-2", 9),
        (ours, "import", 0),
        (theirs, "import-2", 0),
    ):
        state = people.imports.start_import(STEWARD, [path])
        assert state.system == system
        state = people.imports.run_now(STEWARD, state.id, quiet)
        assert (state.files[0].created, state.files[0].updated) == (created, 0)
    assert Person.objects.count() == 18


def test_a_corrected_export_keeps_its_name_space(tmp_path: Path) -> None:
    path = tmp_path / "crm.csv"
    rows = [f"{at},Ann Kowal{at},ann{at}@firm.pl,Berlin\n" for at in range(9)]
    path.write_text("Contact ID,Name,Email,City\n" + "".join(rows), "utf-8")
    people.imports.run_now(STEWARD, people.imports.start_import(STEWARD, [path]).id, quiet)
    corrected = "Contact ID,Name,Email,City\n" + "".join(rows).replace("Kowal", "Kowalska").replace("Berlin", "Gdynia")
    path.write_text(corrected, "utf-8")
    state = people.imports.run_now(STEWARD, people.imports.start_import(STEWARD, [path]).id, quiet)
    assert (state.system, state.files[0].updated, Person.objects.count()) == ("import", 9, 9)
