"""`amity check imports FOLDER…`: every row a home or a reason, totals as in the files, again changes nothing, undo.

Each folder is imported into a new, empty installation. Exit code 1 when a promise does not hold.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from amity.web import scratch

_INSIDE = "--inside"


def main(argv: Sequence[str]) -> int:
    """Check each folder; prints the figures."""
    if argv and argv[0] == _INSIDE:
        import django

        django.setup()
        return 0 if _check(Path(argv[1])) else 1
    parser = argparse.ArgumentParser(prog="amity check imports", description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+", help="a folder with exports of another system")
    folders = parser.parse_args(argv).folders
    if missing := [folder for folder in folders if not folder.is_dir()]:
        parser.error(f"there is no folder {missing[0]}")
    failed = 0
    for folder in folders:
        with scratch.installation() as environment:
            failed += bool(scratch.python(environment, "amity.web.check_import", _INSIDE, str(folder)))
    print("All promises hold." if not failed else f"{failed} folders broke a promise.")
    return 1 if failed else 0


def _check(folder: Path) -> bool:
    from amity.people import api as people
    from amity.web.check_totals import digests, totals
    from amity.web.cli_import import actor

    print(f"\n=== {folder.name}", flush=True)
    before = digests()
    began = time.perf_counter()
    state = people.imports.start_import(actor(), [folder])
    tried = people.imports.dry_run(actor(), state.id)
    state = people.imports.run_now(actor(), state.id, _silent)
    print(f"imported in {time.perf_counter() - began:.1f} s (recognition and dry run included): {state.state}")
    good = _homes(state) & _as_tried(tried, state)
    good &= totals(state)
    again = people.imports.start_import(actor(), [folder])
    again = people.imports.run_now(actor(), again.id, _silent)
    changes = sum(file.created + file.updated for file in again.files)
    print(f"imported again: {changes} changes, {sum(file.unchanged for file in again.files)} rows unchanged")
    for item in (again, state):
        people.imports.undo_now(actor(), item.id, _silent)
    return good & (changes == 0) & _same(before, digests())


def _homes(state: object) -> bool:
    good = True
    print(f"{'file':46} {'noun':11} {'rows':>8} {'created':>8} {'updated':>8} {'same':>8} {'rejected':>8}")
    for file in state.files:  # type: ignore[attr-defined]
        placed = file.created + file.updated + file.unchanged + file.rejected
        mark = "" if placed == file.rows else f"  {file.rows - placed} ROWS WITHOUT A HOME"
        good &= placed == file.rows
        print(
            f"{file.name[:46]:46} {file.noun or '-':11} {file.rows:>8} {file.created:>8} {file.updated:>8} "
            f"{file.unchanged:>8} {file.rejected:>8}{mark}"
        )
        for code, count in _reasons(file.id):
            print(f"    rejected {count} × {code}")
        for note, count in sorted(file.notes.items()):
            print(f"    note {count} × {note}")
    return good


def _reasons(file_id: UUID) -> list[tuple[str, int]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code, count(*) FROM people_importreject WHERE file_id = %s GROUP BY code ORDER BY 2 DESC",
            [file_id],
        )
        return list(cursor.fetchall())


def _as_tried(tried: object, state: object) -> bool:
    """The dry run said what then happened."""
    said = {item.name: (item.created, item.updated, item.unchanged, item.rejected) for item in tried.files}  # type: ignore[attr-defined]
    done = {item.name: (item.created, item.updated, item.unchanged, item.rejected) for item in state.files}  # type: ignore[attr-defined]
    print("dry run and import agree" if said == done else f"DRY RUN DIFFERS: {said} {done}")
    return said == done


def _same(before: dict[str, str], after: dict[str, str]) -> bool:
    different = [table for table in before if before[table] != after[table]]
    print(
        f"undone: {len(before)} tables equal to before"
        if not different
        else f"DIFFERENT AFTER UNDO: {', '.join(different)}"
    )
    return not different


def _silent(done: int, total: int | None = None, stage: str = "") -> None:
    """Figures only."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
