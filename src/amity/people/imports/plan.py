"""From files to a plan that a person can look at and change: what each file holds, and where its columns go."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from amity.base.errors import NotFound, Refused
from amity.people.imports import reading
from amity.people.imports.recognise import Proposal, recognise
from amity.people.imports.spaces import own_system
from amity.people.imports.tables import Table
from amity.people.imports.values import Mapping
from amity.people.models import Import, ImportFile

ENDINGS = (
    ".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xlsm", ".xls", ".ods", ".json", ".jsonl", ".ndjson", ".zip", ".gz",
)  # fmt: skip
MAX_FILES = 200


def files_in(paths: Sequence[Path]) -> list[Path]:
    """The files to read: those named, and in folders all that look like tables, by name."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(item for item in path.rglob("*") if item.is_file() and not item.name.startswith("."))
            found += [item for item in inside if item.suffix.lower() in ENDINGS]
        else:
            found.append(path)
    found = list(dict.fromkeys(path.absolute() for path in found))
    if not found:
        raise Refused("no_files", _("There is no table among these files. CSV, Excel and JSON files can be imported."))
    if len(found) > MAX_FILES:
        raise Refused(
            "too_many_files", _("More than %(limit)s files at once: import them in parts.") % {"limit": MAX_FILES}
        )
    return found


def propose(paths: Sequence[Path], *, system: str = "import", name: str = "", staff_id: UUID | None = None) -> Import:
    """Read the files through, propose what they are, and store the plan. A broken file is refused as a whole.

    Cost: three passes over each file (about 8 s per million rows).
    """
    files = files_in(paths)
    sources = [source for path in files for source in reading.sources(path, max_bytes=settings.CONFIG.import_max_bytes)]
    tables = [Table(_label(source), reading.sample(source)) for source in sources]
    proposals = recognise(tables)
    understood = [(p.mapping, t.frame) for p, t in zip(proposals, tables, strict=True) if p.mapping.noun]
    system = own_system(system[:60], understood)
    with transaction.atomic():
        job = Import.objects.create(name=(name or _name_of(paths))[:200], system=system, started_by=staff_id)
        ImportFile.objects.bulk_create(
            _file(job, at, source, proposal)
            for at, (source, proposal) in enumerate(zip(sources, proposals, strict=True))
        )
    return job


def set_mapping(import_id: UUID, file_id: UUID, changes: Dictionary[str, Any]) -> None:
    """Change what a file is taken for: ``noun``, ``columns`` (column -> target) and ``options``, each optional.

    Another noun proposes its columns anew; ``columns`` and ``options`` then change single entries.
    """
    with transaction.atomic():
        file = ImportFile.objects.select_for_update().select_related("run").filter(run_id=import_id, pk=file_id).first()
        if file is None:
            raise NotFound(_("This file is not part of the import."))
        if file.run.state != Import.State.PROPOSED:
            raise Refused(
                "import_started", _("The import has begun: its files can no longer be taken for something else."), 409
            )
        current = dict(file.mapping)
        noun_key = str(changes.get("noun", file.noun))
        if noun_key != file.noun:
            current = _proposed_as(file, noun_key) if noun_key else {**current, "noun": ""}
        current["columns"] = {**current["columns"], **_known(file, changes.get("columns", {}))}
        current["options"] = {**current["options"], **changes.get("options", {})}
        file.noun = noun_key
        file.mapping = {**_checked(current), "proposal": current.get("proposal", {})}
        file.save(update_fields=["noun", "mapping"])


def _checked(value: dict[str, Any]) -> dict[str, Any]:
    if not value["noun"]:
        return {"noun": "", "columns": value["columns"], "options": value["options"]}
    try:
        return Mapping.from_json(value).as_json()
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(
            "bad_mapping", _("The mapping names something unknown: %(what)s.") % {"what": str(error)}
        ) from error


def _known(file: ImportFile, columns: Dictionary[str, str]) -> dict[str, str]:
    unknown = [column for column in columns if column not in file.source["columns"]]
    if unknown:
        raise Refused("unknown_column", _("The file has no column “%(column)s”.") % {"column": unknown[0]})
    return dict(columns)


def _proposed_as(file: ImportFile, noun_key: str) -> dict[str, Any]:
    source = reading.Source.from_json(file.source)
    table = Table(_label(source), reading.sample(source))
    proposal = recognise([table], {table.name: noun_key})[0]
    return _mapping(proposal)


def _file(job: Import, at: int, source: reading.Source, proposal: Proposal) -> ImportFile:
    return ImportFile(
        run=job,
        position=at,
        name=source.name[:300],
        path=str(source.path),
        sha256=source.sha256,
        size=source.size,
        source=source.as_json(),
        noun=proposal.mapping.noun,
        mapping=_mapping(proposal),
        rows=source.n_rows,
    )


def _mapping(proposal: Proposal) -> dict[str, Any]:
    return {**proposal.mapping.as_json(), "proposal": proposal.as_json()}


def _label(source: reading.Source) -> str:
    return f"{source.path}/{source.member}/{source.sheet}" if source.member or source.sheet else str(source.path)


def _name_of(paths: Sequence[Path]) -> str:
    first = paths[0].name or str(paths[0])
    return first if len(paths) == 1 else _("%(first)s and %(count)s more") % {"first": first, "count": len(paths) - 1}
