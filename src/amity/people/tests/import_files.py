"""Small import files for tests, and what the base says afterwards."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from amity.people.imports import engine
from amity.people.imports.reading import Source
from amity.people.imports.values import Mapping
from amity.people.models import Import, ImportFile

PEOPLE = {
    "Contact ID": "external_id",
    "First": "given_name",
    "Last": "family_name",
    "Email": "email",
    "Phone": "phone",
    "Company": "company",
    "City": "city",
    "Cups": "custom:integer",
}
COMPANIES = {"No": "external_id", "Company": "name", "Trade": "industry", "City": "city", "Belongs to": "parent"}
TABLES = (
    "access_team",
    "access_staff",
    "people_company",
    "people_person",
    "people_identifier",
    "people_traitchange",
    "people_importchange",
    "events_event",
    "sales_pipeline",
    "sales_stage",
    "sales_product",
    "sales_deal",
    "sales_stagechange",
    "sales_order",
    "sales_orderline",
)

Sheet = tuple[str, dict[str, str], Sequence[Sequence[str]]]  # noun, column -> target, rows


def planned(folder: Path, *sheets: Sheet, system: str = "import", **options: Any) -> Import:
    """An import of these sheets, mapped as said."""
    job = Import.objects.create(name="test", system=system)
    for at, (noun, columns, rows) in enumerate(sheets):
        path = folder / f"{job.pk}-{at}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([list(columns), *rows])
        source = Source(
            path, "", "", f"{noun}.csv", "csv", "utf-8", ",", hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_size, len(rows), tuple(columns), True, 1,
        )  # fmt: skip
        ImportFile.objects.create(
            run=job, position=at, name=source.name, path=str(path), sha256=source.sha256, size=source.size,
            source=source.as_json(), noun=noun, mapping=Mapping(noun, columns, **options).as_json(), rows=len(rows),
        )  # fmt: skip
    return job


def landed(folder: Path, *sheets: Sheet, **options: Any) -> Import:
    """The same, run to its end."""
    job = planned(folder, *sheets, **options)
    engine.run(job.pk, quiet)
    job.refresh_from_db()
    return job


def counts(job: Import) -> list[tuple[int, int, int, int]]:
    """Created, updated, unchanged, rejected of each file."""
    files = ImportFile.objects.filter(run=job).order_by("position")
    return list(files.values_list("created", "updated", "unchanged", "rejected"))


def everything() -> dict[str, list[str]]:
    """All rows of all tables that imports write, ids and times included."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            row = "(to_jsonb(t) - 'xid' - 'seq')" if table == "events_event" else "t"  # not the place in the log
            cursor.execute(f"SELECT {row}::text FROM {table} t ORDER BY id")
            found[table] = [row[0] for row in cursor.fetchall()]
    return found


def content() -> list[list[tuple[Any, ...]]]:
    """What the rows say, without ids and times of their own."""
    queries = (
        "SELECT p.key, p.display_name, p.email, p.phone, c.name, p.city, p.traits, p.search FROM people_person p "
        "LEFT JOIN people_company c ON c.id = p.company_id",
        "SELECT i.kind, i.value, p.key, p.display_name, p.city FROM people_identifier i JOIN people_person p ON "
        "p.id = i.person_id",
        "SELECT c.key, c.name, c.industry, c.city, c.traits, p.name FROM people_company c LEFT JOIN "
        "people_company p ON p.id = c.parent_id",
    )
    found = []
    with connection.cursor() as cursor:
        for query in queries:
            cursor.execute(query)
            found.append(sorted(cursor.fetchall(), key=repr))
    return found


def in_batches_of(rows: int) -> Any:
    """The configuration with this batch size."""
    return replace(settings.CONFIG, import_batch_rows=rows)


def quiet(done: int, total: int | None = None, stage: str = "") -> None:
    """No progress shown."""
