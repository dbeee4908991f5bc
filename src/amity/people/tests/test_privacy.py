"""The privacy desk: what is found, what goes, what stays, and what is recognised again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connection, transaction

from amity.access import api as access
from amity.base import clock, jobs, undo
from amity.base.errors import Forbidden, Refused
from amity.base.ids import new_id
from amity.events.models import Connector, ConnectorFile, Source
from amity.people import api as people
from amity.people import (
    privacy_copy,
    privacy_desk,
    privacy_erase,
    privacy_export,
    privacy_files,
    privacy_ledger,
    privacy_restrict,
    privacy_retention,
    privacy_rows,
    privacy_words,
)
from amity.people.models import (
    ErasedMark,
    Erasure,
    Identifier,
    Import,
    ImportFile,
    Person,
    PrivacyRequest,
    PrivacySetting,
)
from amity.people.privacy_map import places
from amity.people.privacy_needles import GONE, WHOLE, Matcher, Needle, pruned, redacted
from amity.people.privacy_rows import Whose
from amity.people.privacy_subject import Subject, subject_of
from amity.people.tests.import_files import landed

pytestmark = pytest.mark.django_db
BOSS = replace(access.SYSTEM, staff_id=UUID(int=7))
OTHER = replace(access.SYSTEM, staff_id=UUID(int=8))
ASKED = privacy_erase.Why("asked", "desk")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, settings: Any) -> None:
    settings.CONFIG = replace(settings.CONFIG, home=tmp_path)


def anna(**more: Any) -> UUID:
    values = {"given_name": "Anna", "family_name": "Nowakowska", "email": "anna.q@example.org", "phone": "+48600100200"}
    return people.create_person(access.SYSTEM, values | more, {"colour": "teal"})


def subject(person: UUID) -> Subject:
    found = subject_of(person)
    assert found is not None
    return found


# --- declarations ---------------------------------------------------------------------------------


def test_every_reference_to_people_is_reached_by_an_erasure() -> None:
    """A table of any room that refers to people is deleted from, emptied, or let go: nothing is left out."""
    person = apps.get_model("people", "Person")
    reached = {place.table: place for place in places()}
    for model in apps.get_models():
        fields = [f for f in model._meta.concrete_fields if f.related_model is person]
        if not fields:
            continue
        place = reached.get(model._meta.db_table)
        assert place is not None, f"{model._meta.label} refers to people and declares nothing"
        chosen = privacy_rows.theirs(place, Whose((new_id(),), ()))
        assert chosen is not None, model._meta.label
        for field in fields:
            assert f'"{field.column}"' in chosen[0], f"{model._meta.label}.{field.column} is not looked at"


def test_every_table_that_declares_a_subject_is_reached_or_searched() -> None:
    for place in places():
        if place.personal.erase in ("delete", "blank") and not place.label.startswith("access."):
            by_id = privacy_rows.theirs(place, Whose((new_id(),), ()))
            assert by_id or place.nobodys or place.unnamed, f"{place.label}: nobody would find its rows"
            if not by_id:
                assert place.swept, f"{place.label} declares no words to search"


def test_what_stays_has_its_reason_in_words() -> None:
    for place in places():
        if place.personal.erase in ("blank", "keep"):
            assert len(privacy_words.why(place)) > 10, place.label


# --- needles --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("write to Anna.Q@Example.org.", True), ("?mail=anna.q%40example.org&x", True),
        ("joanna.q@example.org", False), ("x.anna.q@example.org", False), ("anna.q@example.org.pl", False),
        ("call 600 100 200", True), ("+48 (600) 100-200", True), ("0048600100200", True), ("14860010020099", False),
        ("Anna  Nowakowska came", True), ("Nowakowska, Anna", True), ("Anna Kos", False), ("id 7 of 17", False),
    ],
)  # fmt: skip
def test_needles_are_found_as_people_write_them(text: str, found: bool) -> None:
    needles = [Needle("email", "anna.q@example.org"), Needle("phone", "+48600100200"), Needle("user_id", "17"),
               Needle("name", "Anna Nowakowska")]  # fmt: skip
    matcher = Matcher(needles)
    assert matcher.hit(text) is found
    assert (GONE in matcher.redact(text)) is found


def test_only_the_persons_part_of_a_shared_document_goes() -> None:
    matcher = Matcher([Needle("email", "anna.q@example.org")])
    batch = {"batch": [{"userId": "anna.q@example.org", "traits": {"a": 1}}, {"userId": "jan@example.org"}], "v": 1}
    assert pruned(batch, matcher) == {"batch": [{"userId": "jan@example.org"}], "v": 1}
    assert pruned({"form": {"email": "anna.q@example.org", "wish": "tea"}}, matcher) is WHOLE
    assert pruned({"ids": ["anna.q@example.org"], "values": {"city": "x"}}, matcher) is WHOLE
    assert pruned({"anna.q@example.org": {"x": 1}, "jan": {"x": 2}}, matcher) == {"jan": {"x": 2}}
    assert redacted({"note": "ask anna.q@example.org"}, matcher) == {"note": f"ask {GONE}"}


def test_an_address_that_others_have_too_is_not_looked_for() -> None:
    person = anna()
    people.create_person(access.SYSTEM, {"given_name": "Piotr", "email": "anna.q@example.org"})
    found = subject(person)
    assert Needle("email", "anna.q@example.org") in found.shared
    assert Needle("email", "anna.q@example.org") not in found.needles


# --- erasing --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_erasing_reaches_merged_profiles_history_undo_and_mentions() -> None:
    person = anna()
    twin = people.create_person(access.SYSTEM, {"given_name": "Ania", "email": "ania.second@example.org"})
    people.merge(BOSS, person, twin, {"why": "same voice"})
    people.change_person(BOSS, person, {"city": "Kraków"})
    jan = people.create_person(access.SYSTEM, {"given_name": "Jan"}, {"friend": "anna.q@example.org, a friend"})
    with transaction.atomic():
        access.record(BOSS, "call", "person", person, {"reason": "Anna rang"})
        undo.note(
            BOSS, "people.change", {"ids": [str(twin)], "values": {"city": "Tczew"}}, {str(twin): {"city": "Ełk"}}
        )
    before = privacy_erase.preview(subject(person))
    done = privacy_erase.erase(subject(person), ASKED)
    assert before.counts["people_person", "deleted"] == done["people_person", "deleted"] == 2
    assert before.counts["people_person", "redacted"] == done["people_person", "redacted"] == 1
    assert not Person.objects.filter(pk__in=[person, twin]).exists()
    assert not Identifier.objects.filter(person_id__in=[person, twin]).exists()
    assert Person.objects.get(pk=jan).traits == {"friend": f"{GONE}, a friend"}
    assert "Anna rang" not in str([line.detail for line in access.audit_lines(limit=50)])
    assert access.verify_audit().broken_at is None
    assert "Tczew" not in _everything()


def _everything() -> str:
    """All words of all tables."""
    found = []
    with connection.cursor() as cursor:
        for place in places():
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{place.table}" t')
            found += [row[0] for row in cursor.fetchall()]
    return "\n".join(found)


@pytest.mark.slow
def test_the_ledger_holds_no_personal_data_and_knows_the_person_again(tmp_path: Path) -> None:
    person = anna()
    privacy_erase.erase(subject(person), ASKED)
    told = (tmp_path / "erased" / "ledger.jsonl").read_text()
    assert str(person) not in told
    for word in ("anna.q", "600100200", "nowakowska"):
        assert word not in (told + _everything()).lower()
    assert (tmp_path / "erased" / "key").stat().st_mode & 0o777 == 0o600
    known = privacy_ledger.returned(
        [("email", "Anna.Q@example.org"), ("phone", "+48 600 100 200"), ("email", "x@y.org")]
    )
    assert {value for _kind, value in known} == {"Anna.Q@example.org", "+48 600 100 200"}
    assert sorted(ErasedMark.objects.filter(returned=1).values_list("kind", flat=True)) == ["email", "phone"]


@pytest.mark.slow
def test_a_replay_erases_from_what_was_restored() -> None:
    """The database forgets the erasure, as one restored from before it does; the file does not."""
    person = anna()
    other = people.create_person(access.SYSTEM, {"given_name": "Jan", "email": "jan@example.org"})
    privacy_erase.erase(subject(person), ASKED)
    Erasure.objects.all().delete()
    again = anna()
    job = Import.objects.create(name="x", system="x", state="done")
    file = ImportFile.objects.create(run=job, name="a.csv", path="a.csv", sha256="", size=1)
    rejects = apps.get_model("people", "ImportReject").objects
    rejects.create(file=file, row_number=1, code="no_name", reason="", row={"Mail": "anna.q@example.org", "x": "y"})
    rejects.create(file=file, row_number=2, code="no_name", reason="", row={"Mail": "jan@example.org", "x": "y"})
    done = privacy_erase.replay()
    assert done["people_person", "deleted"] == 1
    assert not Person.objects.filter(pk=again).exists()
    assert Person.objects.filter(pk=other).exists()
    assert [row.row_number for row in rejects.all()] == [2]
    assert Erasure.objects.get().replayed_at is not None
    assert not privacy_erase.replay()


def test_an_import_under_way_makes_an_erasure_wait() -> None:
    person = anna()
    Import.objects.create(name="x", system="x", state="running")
    with pytest.raises(Refused, match="import is under way"):
        privacy_erase.erase(subject(person), ASKED)
    assert Person.objects.filter(pk=person).exists()


def test_files_lose_the_persons_lines_only(tmp_path: Path) -> None:
    person = anna()
    uploads, logs, inbox = tmp_path / "uploads" / "u" / "1", tmp_path / "logs", tmp_path / "inbox" / "till"
    uploads.mkdir(parents=True)
    logs.mkdir()
    inbox.mkdir(parents=True)
    (inbox / "day.csv").write_text("Mail,Total\njan@example.org,1\nanna.q@example.org,2\n")
    source = Source.objects.create(name="Till", kind="connector")
    till = Connector.objects.create(source=source, kind="folder", settings={"folder": "till"})
    read = ConnectorFile.objects.create(
        connector=till, name="day.csv", size=1, modified_ns=1, sha256="x", finished_at=clock.now()
    )
    (uploads / "a.csv").write_text('Mail,Note\njan@example.org,x\nanna.q@example.org,"two\nlines, secret"\n')
    (uploads / "b.jsonl").write_text('{"m": "jan@example.org"}\n{"m": "Anna.Q@example.org", "n": "secret"}\n')
    (logs / "amity.log").write_text(
        '{"event": "a"}\n{"event": "b", "of": "anna.q@example.org secret"}\n{"event": "c"}\n'
    )
    size = (logs / "amity.log").stat().st_size
    done = privacy_files.clean(Matcher(subject(person).needles), privacy_files.folders(), {})
    assert sorted((hits.path.name, hits.count) for hits in done) == [
        ("a.csv", 1), ("amity.log", 1), ("b.jsonl", 1), ("day.csv", 1),
    ]  # fmt: skip
    assert (inbox / "day.csv").read_text() == "Mail,Total\njan@example.org,1\n"
    read.refresh_from_db()  # it is known as it is now, and not read again
    assert (read.size, read.modified_ns) == (29, (inbox / "day.csv").stat().st_mtime_ns)
    assert (uploads / "a.csv").read_text() == "Mail,Note\njan@example.org,x\n"
    assert (uploads / "b.jsonl").read_text() == '{"m": "jan@example.org"}\n'
    assert "secret" not in (logs / "amity.log").read_text()
    assert (logs / "amity.log").stat().st_size == size


def test_queued_jobs_about_the_person_go_and_others_lose_them() -> None:
    person = anna()
    task = jobs.named("base.undo.run_step", schedule_in={"days": 1})
    task.defer(job_run_id="a", step_id=json.dumps({"person": str(person), "why": "secret"}))
    task.defer(job_run_id="b", step_id="x")
    privacy_erase.erase(subject(person), ASKED)
    with connection.cursor() as cursor:
        cursor.execute("SELECT args ->> 'job_run_id' FROM procrastinate_jobs WHERE task_name = 'base.undo.run_step'")
        assert cursor.fetchall() == [("b",)]


# --- export ---------------------------------------------------------------------------------------


def test_an_export_holds_everything_with_purpose_and_source() -> None:
    person = anna()
    people.change_person(BOSS, person, {"city": "Kraków"})
    people.change_person(BOSS, person, {"city": "Łódź"})
    data = privacy_export.handed_out(BOSS, subject(person))
    held = {section["table"]: section for section in data["held"]}
    assert {"people_person", "people_identifier", "people_traitchange"} <= held.keys()
    assert held["people_person"]["rows"][0]["traits"] == {"colour": "teal"}
    assert "Kraków" in json.dumps(held["people_traitchange"], ensure_ascii=False)
    assert all(section["purpose"] and section["legal_ground"] and section["why"] for section in data["held"])
    assert data["recipients"]
    assert access.audit_lines(verb="export", kind="person")[0].object_id == str(person)


def test_whoever_else_is_mentioned_is_not_handed_out() -> None:
    person = anna()
    people.create_person(access.SYSTEM, {"given_name": "Jan"}, {"friend": "anna.q@example.org", "salary": "secret"})
    text = json.dumps(privacy_export.gather(subject(person)), default=str)
    assert "secret" not in text


# --- the desk -------------------------------------------------------------------------------------


def test_a_month_is_counted_as_the_law_does() -> None:
    assert privacy_desk.month_after(date(2027, 1, 31)) == date(2027, 2, 28)
    assert privacy_desk.month_after(date(2026, 11, 22), 3) == date(2027, 2, 22)


def test_an_erasure_is_decided_with_the_name_and_done_by_the_job() -> None:
    person = anna()
    row = privacy_desk.open_request(BOSS, person, "erase", "Wrote a letter")
    assert row.due_on == privacy_desk.month_after(clock.today())
    with pytest.raises(Refused, match="exactly"):
        privacy_desk.decide_erasure(BOSS, row.pk, "asked", "Ana")
    privacy_desk.decide_erasure(BOSS, row.pk, "asked", "anna nowakowska")
    row.refresh_from_db()
    assert row.state == "running"
    privacy_desk.run(row.pk, lambda done, total, stage: None)
    row.refresh_from_db()
    assert (row.state, row.person_id, row.name, row.note) == ("done", None, "", "")
    assert row.report["people_person deleted"] == 1
    assert not Person.objects.filter(pk=person).exists()
    privacy_desk.run(row.pk, lambda done, total, stage: None)  # again: nothing happens


def test_a_second_person_confirms_and_a_grace_period_can_be_used() -> None:
    PrivacySetting.objects.create(second_person=True, grace_days=3)
    row = privacy_desk.open_request(BOSS, anna(), "erase")
    privacy_desk.decide_erasure(BOSS, row.pk, "asked", row.name)
    with pytest.raises(Refused, match="Somebody else"):
        privacy_desk.confirm_erasure(BOSS, row.pk)
    assert privacy_desk.start_due(clock.now() + timedelta(days=4)) == 0
    privacy_desk.confirm_erasure(OTHER, row.pk)
    assert privacy_desk.start_due() == 0
    privacy_desk.take_back(BOSS, row.pk)
    privacy_desk.decide_erasure(BOSS, row.pk, "asked", row.name)
    privacy_desk.confirm_erasure(OTHER, row.pk)
    assert privacy_desk.start_due(clock.now() + timedelta(days=4)) == 1
    assert PrivacyRequest.objects.get(pk=row.pk).state == "running"


def test_only_who_may_can_use_the_desk() -> None:
    seller = replace(access.SYSTEM, permissions=access.PERMISSIONS["manager"])
    for use in (
        lambda: privacy_desk.open_request(seller, UUID(int=1), "access"),
        lambda: privacy_desk.requests(seller),
        lambda: privacy_restrict.restrict(seller, UUID(int=1), "contested"),
        lambda: privacy_copy.make(seller, "x"),
        lambda: privacy_retention.rules(seller),
    ):
        with pytest.raises(Forbidden):
            use()


def test_restricted_people_are_in_no_segment_and_no_score_and_come_back() -> None:
    person = anna(lead_status="open")
    annas = {"all": [{"trait": "given_name", "op": "is", "value": "Anna"}]}
    assert people.segments.count(annas).n == 1
    privacy_restrict.restrict(BOSS, person, "contested", "says that the phone is wrong")
    assert people.segments.count(annas).n == 0
    assert people.lead_rows() == []
    assert people.visible_people(BOSS, [person]) == set()
    assert privacy_restrict.restricted([person]) == {person}
    winner = people.create_person(access.SYSTEM, {"given_name": "Ania"})
    people.merge(BOSS, winner, person)
    assert privacy_restrict.restricted([winner, person]) == {winner, person}
    privacy_restrict.lift(BOSS, winner)
    assert privacy_restrict.restricted([winner, person]) == set()
    assert [lead.id for lead in people.lead_rows()] == [winner]


@pytest.mark.parametrize(("wanted", "taken", "refused"), [("flag", 2, 0), ("refuse", 1, 1)])
@pytest.mark.slow
def test_an_erased_person_in_an_import_is_known_again(tmp_path: Path, wanted: str, taken: int, refused: int) -> None:
    PrivacySetting.objects.create(returning=wanted)
    privacy_erase.erase(subject(anna()), ASKED)
    columns = {"First": "given_name", "Email": "email", "Phone": "phone"}
    rows = [("Anna", "anna.q@example.org", ""), ("Jan", "jan@example.org", "")]
    job = landed(tmp_path, ("person", columns, rows))
    assert Person.objects.count() == taken
    assert apps.get_model("people", "ImportReject").objects.filter(code="erased_before").count() == refused
    assert ImportFile.objects.get(run=job).notes["erased_before"] == 1
    assert ErasedMark.objects.filter(returned__gt=0).exists()
