"""A steward drops files in the browser, changes what was proposed, tries out, runs, downloads rejects, undoes."""

from __future__ import annotations

import csv
import io
import os
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from amity.access.models import Staff
from amity.base import clock
from amity.base.models import JobRun
from amity.people import tasks
from amity.people.imports import pages, uploads
from amity.people.models import Import, ImportFile, Person

pytestmark = pytest.mark.django_db(transaction=True)

LEADS = (
    "Lead ID,First Name,Last Name,Email,City,Lead Status,Created,Odd\n"
    "L1,Anna,Nowak,anna@nowak.pl,Kraków,New,31.01.2024,x\n"
    "L2,Jan,Kos,jan@kos.pl,Gdańsk,Qualified,01.02.2024,y\n"
    "L3,Ewa,Lis,ewa@lis.pl,Łódź,Unqualified,02.02.2024\n"
)


def signed_in(role: str) -> Client:
    """A browser of a staff member with this role."""
    Staff.objects.get_or_create(email="root@example.com", name="Root", role="administrator", scope="all", password="x")
    staff = Staff.objects.create(email=f"{role}@example.com", name=role, role=role, scope="all", password="x")
    client = Client()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def steward(tmp_path: Path) -> Any:
    with override_settings(CONFIG=replace(settings.CONFIG, home=tmp_path)):
        yield signed_in("steward")


def drop(client: Client, *files: tuple[str, str]) -> Import:
    """Upload files and return the import that came of them."""
    sent = [SimpleUploadedFile(name, text.encode(), "text/csv") for name, text in files]
    response = client.post("/imports/", {"files": sent})
    assert response.status_code == 302, response.content.decode()[:500]
    return Import.objects.get(pk=response.headers["Location"].strip("/").rsplit("/", 1)[-1])


def work() -> None:
    """What the worker would do with the waiting jobs."""
    for job in JobRun.objects.filter(state=JobRun.State.WAITING):
        subject = str(job.subject_id)
        if job.kind == "people.import":
            tasks.run_import(str(job.id), subject)
        elif job.kind == "people.import_check":
            tasks.check_import(str(job.id), subject)
        elif job.kind == "people.import_undo":
            tasks.undo_import(str(job.id), subject)
        elif job.kind == "people.import_read":
            tasks.read_upload(str(job.id), subject, str(job.started_by))


def test_an_empty_list_says_what_to_do(steward: Client) -> None:
    text = steward.get("/imports/").content.decode()
    assert "Drop your export files here" in text
    assert "Nothing imported yet" in text
    assert 'enctype="multipart/form-data"' in text


def test_from_files_to_people_and_back(steward: Client) -> None:
    job = drop(steward, ("leads.csv", LEADS))
    page = f"/imports/{job.pk}/"
    plan = steward.get(page).content.decode()
    assert "Waiting for your go" in plan
    assert "the heading says so" in plan
    assert re.search(r'<option value="given_name" selected>', plan)
    assert Path(ImportFile.objects.get(run=job).path).read_text() == LEADS

    checked = steward.post(f"{page}checks/", follow=True).content.decode()
    assert "What would become of the rows" in checked
    assert "1 × The row has fewer cells than the table has columns." in checked
    assert not Person.objects.exists()

    running = steward.post(f"{page}runs/", follow=True).content.decode()
    assert "Waiting for a free worker" in running
    work()
    done = steward.get(page).content.decode()
    assert "Every row has a home or a reason: 3 rows." in done
    assert sorted(Person.objects.values_list("given_name", "lead_status")) == [("Anna", "open"), ("Jan", "converted")]
    assert "leads.csv" in steward.get("/imports/").content.decode()

    steward.post(f"{page}undo/")
    work()
    assert "everything is as it was before" in steward.get(page).content.decode()
    assert not Person.objects.exists()


def test_rejected_rows_come_back_with_reasons_and_without_formulas(steward: Client) -> None:
    job = drop(steward, ("leads.csv", LEADS + "=cmd(),x\n"))
    steward.post(f"/imports/{job.pk}/runs/")
    work()
    file = ImportFile.objects.get(run=job)
    response = steward.get(f"/imports/{job.pk}/files/{file.pk}/rejected.csv")
    assert "leads-rejected.csv" in response.headers["Content-Disposition"]
    text = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0][:4] == ["Row", "Reason", "Lead ID", "First Name"]
    assert [(row[0], row[1], row[-1]) for row in rows[1:]] == [
        (
            "3",
            "The row has fewer cells than the table has columns.",
            "L3,Ewa,Lis,ewa@lis.pl,Łódź,Unqualified,02.02.2024",
        ),
        ("4", "The row has fewer cells than the table has columns.", "'=cmd(),x"),
    ]


def test_rows_that_would_be_rejected_can_be_looked_at_before_the_run(steward: Client) -> None:
    good = "".join(f"call,Offer {at},2024-01-{at:02d},Anna\n" for at in range(10, 20))
    text = f"Type,Subject,Date,Contact\n{good}call,Price,soon,Jan\nmail,x\n"
    job = drop(steward, ("activities.csv", text))
    file = ImportFile.objects.get(run=job)
    assert file.noun == "activity"
    steward.post(f"/imports/{job.pk}/checks/")
    url = f"/imports/{job.pk}/files/{file.pk}/rejected.csv"
    assert url in steward.get(f"/imports/{job.pk}/").content.decode()
    body = b"".join(steward.get(url).streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    before = list(csv.reader(io.StringIO(body)))
    steward.post(f"/imports/{job.pk}/runs/")
    work()
    body = b"".join(steward.get(url).streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert list(csv.reader(io.StringIO(body))) == before
    assert [row[0] for row in before[1:]] == ["11", "12"]


def test_choices_are_kept_with_and_without_javascript(steward: Client) -> None:
    job = drop(steward, ("leads.csv", LEADS))
    file = ImportFile.objects.get(run=job)
    steward.post(f"/imports/{job.pk}/checks/")
    url = f"/imports/{job.pk}/files/{file.pk}/mapping/"
    form = {"noun": "person", "column:4": "ignore", "column:7": "custom:text", "dates:6": "mdy", "outcome:0": "lost"}
    plain = steward.post(url, form)
    assert plain.headers["Location"] == f"/imports/{job.pk}/#file-{file.pk}"
    file.refresh_from_db()
    job.refresh_from_db()
    assert (file.mapping["columns"]["City"], file.mapping["columns"]["Odd"]) == ("ignore", "custom:text")
    assert file.mapping["options"]["dates"] == {"Created": "mdy"}
    assert next(iter(file.mapping["options"]["outcomes"].values())) == "lost"
    assert job.report == {}
    part = steward.post(url, {"noun": "company"}, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith(f'<section id="file-{file.pk}"')
    assert "chosen by you" in part
    file.refresh_from_db()
    assert (file.noun, file.mapping["columns"]["City"]) == ("company", "city")


def test_a_column_newly_taken_for_a_date_is_read_in_its_own_order(steward: Client) -> None:
    job = drop(steward, ("leads.csv", LEADS))
    file = ImportFile.objects.get(run=job)
    url = f"/imports/{job.pk}/files/{file.pk}/mapping/"
    steward.post(url, {"noun": "person", "column:6": "ignore"})
    file.refresh_from_db()
    file.mapping["options"]["dates"] = {}
    file.save()
    steward.post(url, {"noun": "person", "column:6": "lead_created_at"})
    file.refresh_from_db()
    assert file.mapping["options"]["dates"] == {"Created": "dmy"}


def test_a_file_that_is_not_recognised_asks_what_it_is(steward: Client) -> None:
    job = drop(steward, ("things.csv", "alpha,beta\nx,1\ny,2\n"))
    page = steward.get(f"/imports/{job.pk}/").content.decode()
    assert "1 file is not recognised and would be left out" in page
    assert "nothing here is recognised" in page


def test_a_broken_file_is_named_and_leaves_nothing_behind(steward: Client) -> None:
    sent = [SimpleUploadedFile("good.csv", LEADS.encode()), SimpleUploadedFile("bad.csv", bytes(range(256)) * 40)]
    response = steward.post("/imports/", {"files": sent})
    assert response.status_code == 422
    assert "“bad.csv”: This is not a table" in response.content.decode()
    assert not Import.objects.exists()
    assert not list(settings.CONFIG.uploads.rglob("*.csv"))


def test_no_file_and_too_large_files_are_refused(steward: Client) -> None:
    assert steward.post("/imports/", {}).status_code == 422
    with override_settings(CONFIG=replace(settings.CONFIG, import_max_bytes=10)):
        response = steward.post("/imports/", {"files": [SimpleUploadedFile("a.csv", LEADS.encode())]})
    assert response.status_code == 413


def test_names_of_uploads_cannot_leave_their_folder(steward: Client) -> None:
    job = drop(steward, ("..\\..\\etc/pass wd$(rm).csv", LEADS))
    path = Path(ImportFile.objects.get(run=job).path)
    assert path.is_relative_to(settings.CONFIG.uploads)
    assert path.name == "pass wd_(rm).csv"


def test_a_large_upload_is_read_as_a_job(steward: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "READ_AT_ONCE", 10)
    response = steward.post("/imports/", {"files": [SimpleUploadedFile("leads.csv", LEADS.encode())]})
    waiting = response.headers["Location"]
    assert "Every row is being read" in steward.get(waiting).content.decode()
    part = steward.get(waiting, headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<section id="import-reading"')
    work()
    job = Import.objects.get()
    assert steward.get(waiting).headers["Location"] == f"/imports/{job.pk}/"
    assert steward.get(waiting, headers={"HX-Request": "true"}).headers["HX-Redirect"] == f"/imports/{job.pk}/"


def test_a_large_upload_that_cannot_be_read_says_why(steward: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "READ_AT_ONCE", 10)
    response = steward.post("/imports/", {"files": [SimpleUploadedFile("leads.csv", b"a,b\n" + b"\n" * 50)]})
    work()
    answer = steward.get(response.headers["Location"])
    assert (answer.status_code, "holds no rows" in answer.content.decode()) == (422, True)


def test_long_files_are_tried_out_as_a_job(steward: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "CHECK_AT_ONCE", 1)
    job = drop(steward, ("leads.csv", LEADS))
    page = steward.post(f"/imports/{job.pk}/checks/", follow=True).content.decode()
    assert 'hx-trigger="every 1s"' in page
    work()
    assert "What would become of the rows" in steward.get(f"/imports/{job.pk}/").content.decode()


def test_progress_is_a_part_that_ends_by_loading_the_page(steward: Client) -> None:
    job = drop(steward, ("leads.csv", LEADS))
    page = f"/imports/{job.pk}/"
    htmx = {"HX-Request": "true", "HX-Target": "import-progress"}
    Import.objects.filter(pk=job.pk).update(state="running")
    part = steward.get(page, headers=htmx).content.decode()
    assert part.lstrip().startswith('<div id="import-progress"')
    assert f"{page}stop/" in part
    Import.objects.filter(pk=job.pk).update(state="done")
    assert steward.get(page, headers=htmx).headers["HX-Redirect"] == page


def test_a_running_import_can_be_stopped_and_gone_on_with(steward: Client) -> None:
    job = drop(steward, ("leads.csv", LEADS))
    page = f"/imports/{job.pk}/"
    assert steward.post(f"{page}stop/").status_code == 409
    Import.objects.filter(pk=job.pk).update(state="running")
    steward.post(f"{page}stop/")
    job.refresh_from_db()
    assert job.stop_requested
    Import.objects.filter(pk=job.pk).update(state="stopped")
    assert "Go on" in steward.get(page).content.decode()
    steward.post(f"{page}runs/")
    work()
    assert Person.objects.count() == 2


def test_pages_take_a_fixed_number_of_queries(steward: Client, django_assert_max_num_queries: Any) -> None:
    for at in range(3):
        drop(steward, (f"leads{at}.csv", LEADS), (f"more{at}.csv", LEADS))
    with django_assert_max_num_queries(9):
        steward.get("/imports/")
    with django_assert_max_num_queries(9):
        steward.get(f"/imports/{Import.objects.latest('created_at').pk}/")


@pytest.mark.parametrize("role", ["salesperson", "agent", "marketer", "analyst"])
def test_others_may_not_import(steward: Client, role: str) -> None:
    job = drop(steward, ("leads.csv", LEADS))
    file = ImportFile.objects.get(run=job)
    stranger = signed_in(role)
    page = f"/imports/{job.pk}/"
    posts = [
        f"{page}checks/",
        f"{page}runs/",
        f"{page}stop/",
        f"{page}undo/",
        f"{page}files/{file.pk}/mapping/",
        "/imports/",
    ]
    assert {stranger.get(url).status_code for url in ("/imports/", page, f"{page}files/{file.pk}/rejected.csv")} == {
        403
    }
    assert {stranger.post(url, {"noun": "company"}).status_code for url in posts} == {403}
    job.refresh_from_db()
    file.refresh_from_db()
    assert (job.state, file.noun, JobRun.objects.count()) == ("proposed", "person", 0)


def test_uploads_go_when_their_import_was_undone_or_ended_long_ago(tmp_path: Path) -> None:
    config, now = replace(settings.CONFIG, home=tmp_path, upload_days=30), clock.now()
    for name, state, days, stays in (
        ("done lately", "done", 29, True), ("done long ago", "done", 31, False), ("undone", "undone", 0, False),
        ("running", "running", 90, True), ("never run", "proposed", 31, False), ("unclaimed", "", 2, False),
        ("just uploaded", "", 0, True),
    ):  # fmt: skip
        folder = config.uploads / name.replace(" ", "-")
        (folder / "1").mkdir(parents=True)
        (folder / "1" / "people.csv").write_text("Name\nAnn\n")
        at = now - timedelta(days=days)
        os.utime(folder, (at.timestamp(), at.timestamp()))
        if state:
            run = Import.objects.create(name=name, state=state, created_at=at, finished_at=at if stays else None)
            path = str(folder / "1" / "people.csv")
            ImportFile.objects.create(run=run, name="people.csv", path=path, size=9, sha256="")
    with override_settings(CONFIG=config):
        assert uploads.clear_old() == 4
    left = {folder.name for folder in config.uploads.iterdir()}
    assert left == {"done-lately", "running", "just-uploaded"}
