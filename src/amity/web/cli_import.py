"""`amity import` and `amity imports`: the same path as the pages, in this process, with a progress line."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from amity.access import api as access
from amity.access.api import Principal
from amity.base.errors import Refused
from amity.base.jobs import Report
from amity.people import api as people

_BAR = 28


def run(
    paths: Sequence[Path], *, name: str | None, system: str, dry_run: bool, mapping: Path | None, as_json: bool
) -> int:
    """Propose, change the mapping if asked, then run or only check. Exit code 0: every row has a home or a reason."""
    state = people.imports.start_import(actor(), paths, name or "", system)
    for file in state.files:
        changes = _changes(mapping, file.name)
        if changes:
            people.imports.set_mapping(actor(), state.id, file.id, changes)
    if dry_run:
        report = people.imports.dry_run(actor(), state.id)
        click.echo(json.dumps(report.as_json(), default=str) if as_json else _checked(report))
        return 0
    return _finish(people.imports.run_now(actor(), state.id, _quiet if as_json else show), as_json)


def import_paths(paths: Sequence[Path], *, name: str, system: str, watch: Report) -> people.imports.ImportState:
    """Import files or folders as they are recognised, in this process."""
    state = people.imports.start_import(actor(), paths, name, system)
    return people.imports.run_now(actor(), state.id, watch)


def resume(import_id: UUID, as_json: bool) -> int:
    return _finish(people.imports.run_now(actor(), import_id, _quiet if as_json else show), as_json)


def undo(import_id: UUID, as_json: bool) -> int:
    state = people.imports.undo_now(actor(), import_id, _quiet if as_json else show)
    click.echo(
        json.dumps(summary(state), default=str) if as_json else f"\n“{state.name}” is undone: everything is as before."
    )
    return 0


def listing(as_json: bool) -> None:
    states = people.imports.listing(actor())
    if as_json:
        click.echo(json.dumps([summary(state) for state in states], default=str))
        return
    for state in states:
        click.echo(
            f"{state.id}  {state.created_at:%Y-%m-%d %H:%M}  {state.state:9}  {state.rows_done:>9,} rows  {state.name}"
        )


def actor() -> Principal:
    """Whoever may use the command line may do everything; the audit log says that it was the command line."""
    from dataclasses import replace

    return replace(access.SYSTEM, via="cli")


def summary(state: people.imports.ImportState) -> dict[str, Any]:
    """What a script reads: state, counts and each file's counts."""
    keys = ("name", "noun", "rows", "created", "updated", "unchanged", "rejected")
    files = [{key: getattr(file, key) for key in keys} for file in state.files]
    totals = {key: sum(int(file[key]) for file in files) for key in keys[2:]}
    return {"id": state.id, "name": state.name, "state": state.state, "error": state.error, **totals, "files": files}


def show(done: int, total: int | None = None, stage: str = "") -> None:
    """A progress line that overwrites itself, on a terminal only."""
    if not sys.stderr.isatty():
        return
    filled = round(_BAR * done / total) if total else 0
    share = f"{'█' * filled}{'·' * (_BAR - filled)} {done:,}/{total:,}" if total else f"{done:,}"
    click.echo(f"\r{share} {stage[:40]:40}", nl=False, err=True)


def _quiet(done: int, total: int | None = None, stage: str = "") -> None:
    """Scripts read the result only."""


def _finish(state: people.imports.ImportState, as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps(summary(state), default=str, ensure_ascii=False))
    else:
        click.echo(_told(state))
    return 0 if state.state == "done" else 1


def _told(state: people.imports.ImportState) -> str:
    lines = [f"\n{'file':40} {'noun':12} {'rows':>10} {'created':>10} {'updated':>9} {'unchanged':>9} {'rejected':>9}"]
    for f in state.files:
        lines.append(
            f"{f.name[:40]:40} {f.noun or '(none)':12} {f.rows:>10,} {f.created:>10,} "
            f"{f.updated:>9,} {f.unchanged:>9,} {f.rejected:>9,}"
        )
        lines += [f"    {count:,} × {note}" for note, count in sorted(f.notes.items())]
    ending = {"done": "Done", "stopped": "Stopped; go on with", "failed": "Failed"}.get(state.state, state.state)
    lines.append(
        f"{ending}: amity imports {'resume' if state.state == 'stopped' else 'undo'} {state.id}"
        + (f"\n{state.error}" if state.error else "")
    )
    if state.state == "done":
        lines[-1] = f"Done. To take it back: amity imports undo {state.id}"
    return "\n".join(lines)


def _checked(report: Any) -> str:
    return json.dumps(report.as_json(), indent=2, default=str, ensure_ascii=False)


def _changes(mapping: Path | None, name: str) -> dict[str, Any]:
    if mapping is None:
        return {}
    try:
        read = json.loads(mapping.read_text("utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise Refused("bad_mapping", f"{mapping} is not valid JSON: {error}") from error
    changes = read.get(name, {}) if isinstance(read, dict) else None
    if not isinstance(changes, dict):
        raise Refused("bad_mapping", f'{mapping} must look like {{"file.csv": {{"noun": "people", "columns": {{}}}}}}.')
    return changes
