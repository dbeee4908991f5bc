"""What the import pages show: plans with their choices, checks and results in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from amity.base.models import JobRun
from amity.base.words import number
from amity.people.imports import alike, rejects
from amity.people.imports.nouns import CUSTOM, CUSTOM_KINDS, IGNORE, known, noun
from amity.people.imports.reasons import Reason
from amity.people.imports.service import ImportedFile, ImportState

Choice = tuple[str, str | Promise, bool]  # value, label, chosen

CUSTOM_LABELS = {
    "text": gettext_lazy("Own field: text"),
    "number": gettext_lazy("Own field: number"),
    "integer": gettext_lazy("Own field: whole number"),
    "boolean": gettext_lazy("Own field: yes or no"),
    "date": gettext_lazy("Own field: date"),
    "category": gettext_lazy("Own field: category"),
    "money": gettext_lazy("Own field: money"),
}
ORDERS = {
    "ymd": gettext_lazy("year, month, day"),
    "dmy": gettext_lazy("day, month, year"),
    "mdy": gettext_lazy("month, day, year"),
    "serial": gettext_lazy("spreadsheet days"),
    "epoch": gettext_lazy("seconds since 1970"),
    "epoch_ms": gettext_lazy("milliseconds since 1970"),
}
STATES = {"open": gettext_lazy("Open"), "won": gettext_lazy("Won"), "lost": gettext_lazy("Lost")}
BUSY = ("running", "checking", "undoing")


@dataclass(frozen=True, slots=True)
class ColumnView:
    """A column with its choices. ``sure``: good, warn or bad; ``dates``: choices of date order, if it holds dates."""

    index: int
    name: str
    target: str
    groups: list[tuple[str, list[Choice]]]
    sure: str
    reason: str
    samples: list[str]
    dates: list[Choice]


@dataclass(frozen=True, slots=True)
class FileView:
    """A file of a plan as the page shows it."""

    file: ImportedFile
    nouns: list[Choice]
    label: str
    reason: str
    about: str
    columns: list[ColumnView]
    outcomes: list[tuple[int, str, list[Choice]]]
    notes: list[str]
    money: bool
    currency: str

    @property
    def id(self) -> UUID:
        """The file's id."""
        return self.file.id


@dataclass(frozen=True, slots=True)
class Counted:
    """One line of a check or a result: what became of a file's rows. ``looked_at`` < ``rows``: of a sample."""

    id: str
    name: str
    label: str
    rows: int
    looked_at: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    reasons: list[tuple[int, str]]
    notes: list[str]
    noun: str = ""
    alike_of: int = 0  # new rows compared with everybody here
    alike: int = 0  # and how many of them look like somebody
    known: list[tuple[UUID, str]] = field(default_factory=list)  # some of whom they look like


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work is. ``share`` 0-100, None where nobody knows."""

    busy: bool
    title: str
    done: int
    total: int
    share: int | None
    stage: str
    can_stop: bool


def file_view(file: ImportedFile) -> FileView:
    """A file with all its choices."""
    proposal: Mapping[str, Any] = file.mapping.get("proposal", {})
    options: Mapping[str, Any] = file.mapping.get("options", {})
    proposed = {column["column"]: column for column in proposal.get("columns", [])}
    targets: Mapping[str, str] = file.mapping.get("columns", {})
    dates: Mapping[str, str] = options.get("dates", {})
    columns = [
        _column(index, name, file.noun, targets.get(name, IGNORE), proposed.get(name, {}), dates.get(name, ""))
        for index, name in enumerate(file.columns)
    ]
    money = any(_is_money(file.noun, target) for target in targets.values())
    return FileView(
        file=file,
        nouns=noun_choices(file.noun),
        label=noun_label(file.noun),
        reason=_reason(proposal.get("reason")),
        about=_about(file),
        columns=columns if file.noun else [],
        outcomes=_outcomes(options.get("outcomes", {})),
        notes=[_reason(note) for note in proposal.get("notes", []) if note["code"] != "outcomes"],
        money=money,
        currency=options.get("currency", ""),
    )


def noun_choices(chosen: str) -> list[Choice]:
    """What a file may be, and that it may be left out."""
    choices: list[Choice] = [(item.key, item.label, item.key == chosen) for item in known()]
    return [*choices, ("", _("Leave the file out"), not chosen)]


def noun_label(key: str) -> str:
    """The noun's name, or that nobody knows."""
    return str(noun(key).label) if key else _("Not recognised")


def checked(report: Mapping[str, Any], principal: Any) -> list[Counted]:
    """The lines of a dry run. 1 query per file of people or companies."""
    found = []
    for item in report.get("files", []):
        reasons = [_rejected(code, found) for code, found in item["reasons"].items()]
        counts = {
            name: int(item[name]) for name in ("rows", "looked_at", "created", "updated", "unchanged", "rejected")
        }
        found.append(
            Counted(
                id=item["file_id"],
                name=item["name"],
                label=noun_label(item["noun"]),
                reasons=sorted(reasons, reverse=True),
                notes=notes_in_words(item["noun"], item["notes"]),
                noun=item["noun"],
                alike_of=item.get("alike_of", 0),
                alike=len(item.get("alike", ())),
                known=_known(principal, item),
                **counts,
            )
        )
    return found


def _known(principal: Any, item: Mapping[str, Any]) -> list[tuple[UUID, str]]:
    ids = [UUID(each) for each in item.get("alike", ())]
    return alike.known_names(principal, item["noun"], ids) if ids else []


def _rejected(code: str, found: Any) -> tuple[int, str]:
    """How many rows, and why; dry runs of older versions kept the sentence beside the count."""
    count, kept = found if isinstance(found, list) else (found, "")
    return int(count), rejects.told(code, str(kept))


def results(state: ImportState) -> list[Counted]:
    """What became of the rows so far."""
    return [
        Counted(
            id=str(file.id),
            name=file.name,
            label=noun_label(file.noun),
            rows=file.rows,
            looked_at=file.rows_done,
            created=file.created,
            updated=file.updated,
            unchanged=file.unchanged,
            rejected=file.rejected,
            reasons=[],
            notes=notes_in_words(file.noun, file.notes),
        )
        for file in state.files
    ]


def notes_in_words(noun_key: str, notes: Mapping[str, int]) -> list[str]:
    """What had to be helped along, most frequent first."""
    return [_note(noun_key, code, count) for code, count in sorted(notes.items(), key=lambda item: -item[1]) if count]


def progress(state: ImportState, job: JobRun | None) -> Progress:
    """How far the newest job is; an import that has a waiting job is busy too."""
    waiting = job is not None and job.state == JobRun.State.WAITING
    busy = state.state in BUSY or waiting or (job is not None and job.state == JobRun.State.RUNNING)
    undoing = state.state == "undoing" or (job is not None and job.kind == "people.import_undo")
    titles = {"running": _("Importing"), "checking": _("Trying it out"), "undoing": _("Putting everything back")}
    title = _("Waiting for a free worker") if waiting else titles.get(state.state, _("Working"))
    done, total = (job.done, job.total or 0) if undoing and job else (state.rows_done, state.rows)
    known_share = bool(total) and state.state != "checking" and not waiting
    return Progress(
        busy=busy,
        title=title,
        done=done,
        total=total,
        share=min(100, round(100 * done / total)) if known_share else None,
        stage=job.stage if job and busy else "",
        can_stop=state.state == "running",
    )


def _column(index: int, name: str, noun_key: str, target: str, proposed: Mapping[str, Any], order: str) -> ColumnView:
    changed = bool(proposed) and proposed["target"] != target
    confidence = 1.0 if changed else float(proposed.get("confidence", 0))
    custom = target.startswith(CUSTOM) or target == IGNORE
    sure = "" if custom and not changed else "good" if confidence >= 0.85 else "warn" if confidence >= 0.55 else "bad"
    return ColumnView(
        index=index,
        name=name,
        target=target,
        groups=_groups(noun_key, target) if noun_key else [],
        sure=sure,
        reason=Reason("chosen").text() if changed else _reason(proposed.get("reason")),
        samples=list(proposed.get("samples", []))[:3],
        dates=[(key, label, key == order) for key, label in ORDERS.items()] if order else [],
    )


def _groups(noun_key: str, target: str) -> list[tuple[str, list[Choice]]]:
    fields: list[Choice] = [(field.key, field.label, field.key == target) for field in noun(noun_key).fields]
    customs: list[Choice] = [
        (f"{CUSTOM}{kind}", CUSTOM_LABELS[kind], target == f"{CUSTOM}{kind}") for kind in CUSTOM_KINDS
    ]
    left: list[Choice] = [(IGNORE, _("Leave out"), target == IGNORE)]
    return [(str(noun(noun_key).label), fields), (_("Kept as a field of its own"), customs), (_("Not imported"), left)]


def _outcomes(outcomes: Mapping[str, str]) -> list[tuple[int, str, list[Choice]]]:
    return [
        (index, text, [(key, label, key == state) for key, label in STATES.items()])
        for index, (text, state) in enumerate(list(outcomes.items())[:60])
    ]


def _is_money(noun_key: str, target: str) -> bool:
    if target == f"{CUSTOM}money":
        return True
    return bool(noun_key) and noun(noun_key).has(target) and noun(noun_key).field(target).kind == "money"


def _reason(stored: Mapping[str, Any] | None) -> str:
    return Reason.from_json(stored).text() if stored else ""


def _about(file: ImportedFile) -> str:
    """How the file is written: ``CSV, cp1251, separated by ;``."""
    source = file.source
    if source.get("format") == "sheet":
        return _("workbook")
    if source.get("format") in ("json", "jsonl"):
        return "JSON"
    marks = {"\t": _("tab"), " ": _("space")}
    separator = str(source.get("separator", ","))
    return _("text in %(encoding)s, separated by “%(separator)s”") % {
        "encoding": str(source.get("encoding", "")).upper(),
        "separator": marks.get(separator, separator if separator.isprintable() else repr(separator)),
    }


def _note(noun_key: str, code: str, count: int) -> str:
    kind, params = _noted(noun_key, code)
    sentence = {
        "unread": ngettext_lazy(
            "%(n)s cell of “%(what)s” is not what the field takes; it is kept as text",
            "%(n)s cells of “%(what)s” are not what the field takes; they are kept as text",
            "count",
        ),
        "unknown": ngettext_lazy(
            "%(n)s row names under “%(what)s” something that is not there; the name is kept",
            "%(n)s rows name under “%(what)s” something that is not there; the names are kept",
            "count",
        ),
        "made": ngettext_lazy(
            "%(n)s record (%(what)s) is made because rows name it",
            "%(n)s records (%(what)s) are made because rows name them",
            "count",
        ),
        "not_understood": ngettext_lazy(
            "%(n)s row is left out, because nobody said what it is",
            "%(n)s rows are left out, because nobody said what they are",
            "count",
        ),
        "erased_before": ngettext_lazy(
            "%(n)s row is about somebody who was erased here",
            "%(n)s rows are about people who were erased here",
            "count",
        ),
        "cut": ngettext_lazy("%(n)s value is too long and is cut", "%(n)s values are too long and are cut", "count"),
        "not_kept": ngettext_lazy("%(n)s value finds no place", "%(n)s values find no place", "count"),
    }[kind]
    return str(sentence % {"count": count, "n": number(count), **params})


def _noted(noun_key: str, code: str) -> tuple[str, dict[str, str]]:
    """The kind of a note and what it is about."""
    if code.startswith("unread:"):
        return "unread", {"what": code.removeprefix("unread:")}
    if code.endswith("_unknown"):
        return "unknown", {"what": _field_label(noun_key, code.removesuffix("_unknown"))}
    if code.endswith("_made"):
        return "made", {"what": _made_label(code.removesuffix("_made"))}
    return (code if code in ("not_understood", "cut", "erased_before") else "not_kept"), {}


def _made_label(key: str) -> str:
    """What a landing made besides rows: nouns, and a few things that are no nouns of files."""
    labels = {item.key: str(item.label) for item in known()}
    others = {"team": _("teams"), "pipeline": _("pipelines"), "stage": _("stages")}
    return labels.get(key) or others.get(key) or key


def _field_label(noun_key: str, field: str) -> str:
    return str(noun(noun_key).field(field).label) if noun_key and noun(noun_key).has(field) else field
