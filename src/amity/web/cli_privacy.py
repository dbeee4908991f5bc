"""`amity privacy …`: subject access, erasure and the erase ledger from the terminal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from amity.access import api as access
from amity.base.errors import NotFound
from amity.people import api as people


def replay(uploads: Path | None) -> dict[str, int]:
    """Apply the erase ledger to this database, and to the uploads in a folder; rows by table."""
    own = people.privacy.files.folders()
    where = own if uploads is None else replace(own, uploads=uploads, handed_on=(), logs=(), inbox=())
    done = people.privacy.erasing.told(people.privacy.erasing.replay(where))
    people.privacy.ledger.write_missing_to_file()
    return done


def export(person_id: Any, target: Path) -> int:
    """Write everything that is held about somebody into a ZIP file; its size."""
    subject = people.privacy.subject_of(person_id)
    if subject is None:
        raise NotFound("There is nobody here with this id.")
    data = people.privacy.exporting.as_zip(people.privacy.exporting.gather(subject))
    target.touch(mode=0o600)
    target.write_bytes(data)
    return len(data)


def erase(person_id: Any, reason: str, yes: bool) -> dict[str, int]:
    """Erase somebody now, whatever the desk's grace period is."""
    subject = people.privacy.subject_of(person_id)
    if subject is None:
        raise NotFound("There is nobody here with this id.")
    if not yes:
        click.confirm(f"Erase {subject.name} for good? This cannot be undone.", abort=True, err=True)
    done = people.privacy.erasing.erase(subject, people.privacy.erasing.Why(reason, "cli", access.SYSTEM.staff_id))
    return people.privacy.erasing.told(done)
