"""What an import has to say is kept as codes and worded for whoever reads it, in their language."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from amity.access import api as access
from amity.access.models import Staff
from amity.base.ids import new_id
from amity.people.imports import check, records, rejects, show
from amity.people.models import ImportFile, ImportReject
from amity.people.tests.test_imports_pages import LEADS, drop, steward, work

__all__ = ["steward"]
pytestmark = pytest.mark.django_db(transaction=True)
ENGLISH = "The row has fewer cells than the table has columns."
WORDED = {"de": "Die Zeile hat weniger Zellen", "pl": "Wiersz ma mniej komórek", "ru": "В строке меньше ячеек"}


def reading(client: Client, language: str, url: str) -> str:
    Staff.objects.filter(role="steward").update(language=language)
    response = client.get(url)
    assert response.status_code == 200
    body: Any = b"".join(response.streaming_content) if response.streaming else response.content
    return body.decode("utf-8-sig")


@pytest.mark.parametrize("language", WORDED)
def test_one_dry_run_and_one_import_are_read_in_several_languages(steward: Client, language: str) -> None:
    job = drop(steward, ("leads.csv", LEADS))
    page, file = f"/imports/{job.pk}/", ImportFile.objects.get(run=job)
    csv_url = f"{page}files/{file.pk}/rejected.csv"
    checked = steward.post(f"{page}checks/", follow=True).content.decode()
    assert f"1 × {ENGLISH}" in checked
    assert WORDED[language] in reading(steward, language, page)
    assert WORDED[language] in reading(steward, language, csv_url)
    Staff.objects.filter(role="steward").update(language="en")
    steward.post(f"{page}runs/")
    work()
    assert WORDED[language] in reading(steward, language, csv_url)
    assert ENGLISH in reading(steward, "en", csv_url)
    assert list(ImportReject.objects.values_list("code", "reason")) == [("too_few", "")]


def test_lines_are_in_the_language_of_who_asked_whenever_they_are_read(steward: Client) -> None:
    job = drop(steward, ("leads.csv", LEADS))
    steward.post(f"/imports/{job.pk}/runs/")
    work()
    with override("de"):
        lines = rejects.as_csv(ImportFile.objects.get(run=job))
    with override("pl"):
        text = "".join(lines)
    assert WORDED["de"] in text
    assert "Zeile" in text.splitlines()[0]


def test_sentences_that_older_imports_stored_are_still_shown(steward: Client) -> None:
    job = drop(steward, ("leads.csv", LEADS))
    file = ImportFile.objects.get(run=job)
    kept = (("too_few", "Zu wenig Zellen."), ("bygone", "A reason of old."), ("nameless", ""))
    for at, (code, reason) in enumerate(kept, 1):
        ImportReject.objects.create(pk=new_id(), file=file, row_number=at, code=code, reason=reason, row={})
    rows = list(csv.reader(io.StringIO("".join(rejects.as_csv(file)))))
    assert [row[1] for row in rows[1:]] == [ENGLISH, "A reason of old.", "nameless"]


def test_dry_runs_of_older_versions_are_still_shown() -> None:
    report = check.FileReport("x", "leads.csv", "person", 9, reasons={"empty": 2})
    old: dict[str, Any] = check.Report((report,), sampled=False).as_json()
    old["files"][0]["reasons"] |= {"bygone": [4, "A reason of old."], "too_few": [3, "Wiersz jest za krótki."]}
    with override("en"):
        (line,) = show.checked(old, access.SYSTEM)
    assert line.reasons == [(4, "A reason of old."), (3, ENGLISH), (2, "The row is empty.")]


def test_every_code_of_the_reader_has_a_sentence() -> None:
    assert set(records.REASONS) < set(rejects.sentences())
    assert all(rejects.told(code) != code for code in rejects.sentences())
