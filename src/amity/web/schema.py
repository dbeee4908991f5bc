"""The database's tables, brought to this version."""

from __future__ import annotations

from pathlib import Path


def bring_up_to_date() -> bool:
    """Apply what migrations wait; False where none does, which is found out without loading them."""
    from django.core.management import call_command

    from amity.base import migrating
    from amity.people import api as people

    if _on_disk() <= _applied():
        return False
    with migrating.quickly():
        call_command("migrate", verbosity=0, interactive=False)
    people.consent.purposes()  # those that Amity comes with: made now, not while somebody waits
    return True


def _on_disk() -> set[tuple[str, str]]:
    """(application, name) of every migration there is."""
    from django.apps import apps

    folders = ((app.label, Path(app.path) / "migrations") for app in apps.get_app_configs())
    return {(label, file.stem) for label, folder in folders for file in folder.glob("[!_]*.py")}


def _applied() -> set[tuple[str, str]]:
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    return set(MigrationRecorder(connection).applied_migrations())
