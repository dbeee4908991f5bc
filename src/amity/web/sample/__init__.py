"""The sample company of `amity demo`: two years of an imaginary seller of coffee machines, as its old CRM exports it.

Owns: a seeded world (people in four languages, leads, deals, orders, activities with patterns that can be learned)
and the dirt in its export, in known numbers. Promises: same seed, day and size, same bytes; addresses and
telephone numbers that belong to nobody. Refuses: to write into the database; the export goes through the import.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random

from amity.base import clock
from amity.web.sample import activities, company, deals, orders, plant, tables, write
from amity.web.sample import people as persons
from amity.web.sample.plant import Planted

SEED = 2026


def generate(
    folder: Path, *, seed: int = SEED, people: int = 3000, companies: int = 400, today: date | None = None
) -> Planted:
    """Write the export into ``folder`` and the truth about it into ``<folder>-planted.json``; about 5 s by default.

    ``people`` and ``companies`` count people rows with duplicates and firms without; everything else follows.
    """
    today = today or clock.today()
    firms = company.companies(_stream(seed, "companies"), companies, today)
    unique = round(people * (1 - plant.DUPLICATE_SHARE))
    known = persons.people(_stream(seed, "people"), firms, unique, today)
    sales = deals.deals(_stream(seed, "deals"), known, today)
    bought = orders.orders(_stream(seed, "orders"), sales, known, today)
    done = activities.activities(_stream(seed, "activities"), known, sales, bought, today)
    export = tables.export(_stream(seed, "tables"), firms, known, sales, bought)
    planted = plant.dirty(_stream(seed, "plant"), _stream(seed, "errors"), export, known, firms, done=done, today=today)
    export.activities = [tables.activity_row(a) for a in activities.numbered(done)]
    planted.rows = write.files(folder, export)
    write.planted(folder.with_name(f"{folder.name}-planted.json"), planted)
    return planted


def _stream(seed: int, part: str) -> Random:
    """Own randomness for each part, so that a change in one leaves the others as they were."""
    return Random(f"{seed}:{part}")  # noqa: S311 - sample data, nothing secret
