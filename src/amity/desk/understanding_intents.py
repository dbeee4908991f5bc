"""The company's intents and their examples: added, renamed, merged, each change undone as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import undo
from amity.base.errors import NotFound, Refused
from amity.desk.models import Conversation
from amity.desk.understanding_models import Example, Intent
from amity.intelligence import api as intelligence

CHANGE = "desk.intents"
VIEW, EDIT, MANAGE = "desk.view", "knowledge.edit", "desk.manage"
MOST_INTENTS, MOST_EXAMPLES, LONGEST = 500, 500, 2_000


@dataclass(frozen=True, slots=True)
class IntentView:
    """An intent; ``examples`` were typed for it."""

    id: UUID
    name: str
    description: str
    urgency: int | None
    outside: bool
    examples: int
    archived: bool


def listed(principal: access.Principal) -> list[IntentView]:
    """Every intent in use, by name, "none of these" last. 1 query."""
    access.require(principal, VIEW)
    rows = Intent.objects.filter(merged_into=None, archived_at=None).annotate(n=Count("examples"))
    return [_view(row, row.n) for row in rows.order_by("outside", "name")]


def get(principal: access.Principal, intent_id: UUID) -> IntentView:
    """One intent; raises `NotFound`. 1 query."""
    access.require(principal, VIEW)
    row = Intent.objects.filter(pk=intent_id).annotate(n=Count("examples")).first()
    if row is None:
        raise NotFound(_("There is no such intent."))
    return _view(row, row.n)


def names() -> dict[str, str]:
    """Every name an intent has or had → the one it goes by now. 1 query."""
    rows = {row.pk: row for row in Intent.objects.filter(outside=False)}
    found: dict[str, str] = {}
    for row in rows.values():
        home, seen = row, 0
        while home.merged_into_id and seen < len(rows):
            home, seen = rows.get(home.merged_into_id, home), seen + 1
        for name in (*row.aliases, row.name):
            found.setdefault(name, home.name)
    return found | {row.name: row.name for row in rows.values() if row.merged_into_id is None}


def ensure(wanted: Iterable[str]) -> None:
    """Names that staff gave conversations become intents. 2 queries."""
    known = names()
    missing = sorted({name for name in wanted if name and name not in known})
    Intent.objects.bulk_create([Intent(name=name) for name in missing], ignore_conflicts=True)


def add(principal: access.Principal, name: str, texts: Sequence[str] = ()) -> UUID:
    """A new intent with examples; returns the undo group."""
    access.require(principal, MANAGE)
    called = _name(name)
    if Intent.objects.count() >= MOST_INTENTS:
        raise Refused("too_many", _("There are too many intents already. Merge some first."))
    if called in names():
        raise Refused("taken", _("There is an intent of this name already."))

    def work(kept: _Kept) -> Intent:
        row = Intent.objects.create(name=called)
        kept.made(row)
        _add_examples(kept, row, texts, principal)
        return row

    return _changed(principal, "intent.added", work)


def outside(principal: access.Principal) -> UUID:
    """The intent "none of these", made on first use. 2 queries."""
    access.require(principal, EDIT)
    row = Intent.objects.filter(outside=True).first()
    return (row or Intent.objects.create(name="–", outside=True)).pk


def change(principal: access.Principal, intent_id: UUID, **values: Any) -> UUID:
    """Set name, description or urgency (0–3, None); conversations go by the new name. Returns the undo group."""
    access.require(principal, MANAGE)

    def work(kept: _Kept) -> Intent:
        row = _locked(intent_id)
        kept.was(row)
        if "name" in values and _name(values["name"]) != row.name:
            _rename(kept, row, _name(values["name"]))
        row.description = str(values.get("description", row.description))[:LONGEST]
        row.urgency = values.get("urgency", row.urgency)
        if row.urgency not in (None, 0, 1, 2, 3):
            raise Refused("bad_urgency", _("Choose how urgent it is."))
        row.save()
        return row

    return _changed(principal, "intent.changed", work)


def merge(principal: access.Principal, intent_id: UUID, into_id: UUID) -> UUID:
    """Have one intent go on as another, with its examples and conversations. Returns the undo group."""
    access.require(principal, MANAGE)

    def work(kept: _Kept) -> Intent:
        row, home = _locked(intent_id), _locked(into_id)
        if row.pk == home.pk or row.outside or home.outside:
            raise Refused("same", _("Choose two different intents."))
        kept.was(row)
        row.merged_into = home
        row.save()
        for each in row.examples.all():
            kept.was(each)
        row.examples.update(intent=home)
        kept.renamed(row.name, home.name)
        return row

    return _changed(principal, "intent.merged", work)


def add_examples(principal: access.Principal, intent_id: UUID, texts: Sequence[str]) -> UUID:
    """Typed examples, those that are there already left out; returns the undo group."""
    access.require(principal, EDIT)

    def work(kept: _Kept) -> Intent:
        row = _locked(intent_id)
        if not _add_examples(kept, row, texts, principal):
            raise Refused("nothing", _("Type at least one example that is not there yet, one on a line."))
        return row

    return _changed(principal, "intent.examples_added", work)


def remove_example(principal: access.Principal, example_id: UUID) -> UUID:
    """Take an example out; returns the undo group."""
    access.require(principal, EDIT)

    def work(kept: _Kept) -> Intent:
        row = Example.objects.select_related("intent").filter(pk=example_id).first()
        if row is None:
            raise NotFound(_("This example is gone already."))
        kept.gone(row)
        row.delete()
        return row.intent

    return _changed(principal, "intent.example_removed", work)


_TABLES: dict[str, Any] = {"Intent": Intent, "Example": Example}


class _Kept:
    """What a change did, so that it can be put back."""

    def __init__(self) -> None:
        self.steps: list[dict[str, Any]] = []

    def made(self, row: Intent | Example) -> None:
        self.steps.append({"do": "delete", "table": type(row).__name__, "id": str(row.pk)})

    def was(self, row: Intent | Example) -> None:
        self.steps.append({"do": "set", "table": type(row).__name__, "id": str(row.pk), "was": _plain(row)})

    def gone(self, row: Example) -> None:
        self.steps.append({"do": "create", "table": type(row).__name__, "id": str(row.pk), "was": _plain(row)})

    def now(self) -> None:
        """How rows that were changed are now: what somebody changes after this stays. 1 query per table."""
        for table, model in _TABLES.items():
            steps = [each for each in self.steps if each["do"] == "set" and each["table"] == table]
            rows = {str(pk): row for pk, row in model.objects.in_bulk([each["id"] for each in steps]).items()}
            for each in steps:
                each["now"] = _plain(rows[each["id"]]) if each["id"] in rows else {}

    def renamed(self, old: str, new: str) -> None:
        """Conversations about ``old`` are about ``new`` now."""
        rows = Conversation.objects.filter(intent=old)
        numbers = list(rows.values_list("number", flat=True))
        rows.update(intent=new)
        self.steps.append({"do": "name", "old": old, "new": new, "numbers": numbers})


def _changed(principal: access.Principal, verb: str, work: Callable[[_Kept], Intent]) -> UUID:
    kept = _Kept()
    with transaction.atomic():
        row = work(kept)
        kept.now()
        access.record(principal, verb, "intent", row.pk, {"name": row.name})
        return undo.note(principal, CHANGE, {"id": str(row.pk)}, kept.steps)


def _put_back(principal: access.Principal, args: dict[str, Any], before: Any) -> None:
    for step in reversed(before):
        if step["do"] == "name":
            Conversation.objects.filter(number__in=step["numbers"], intent=step["new"]).update(intent=step["old"])
            continue
        table = _TABLES[step["table"]]
        if step["do"] == "delete":
            if not Example.objects.filter(intent_id=step["id"]).exists():  # those of others stay, and what they are of
                table.objects.filter(pk=step["id"]).delete()
        elif step["do"] == "set":
            _set_back(table, step)
        elif Intent.objects.filter(pk=step["was"]["intent_id"]).exists():
            table.objects.get_or_create(pk=step["id"], defaults=step["was"])
    access.record(principal, "intent.undone", "intent", args["id"], {})


def _set_back(table: Any, step: dict[str, Any]) -> None:
    """A row as it was, except what somebody changed since. Raises `Refused` for a name that another has now."""
    row = table.objects.select_for_update().filter(pk=step["id"]).first()
    if row is None:
        return
    now = _plain(row)
    was = {name: value for name, value in step["was"].items() if now[name] == step["now"].get(name, now[name])}
    if "name" in was and Intent.objects.filter(name=was["name"]).exclude(pk=row.pk).exists():
        raise Refused("taken", _("There is an intent of this name already."))
    table.objects.filter(pk=row.pk).update(**was)


def _plain(row: Intent | Example) -> dict[str, Any]:
    return {name: undo.plain(value) for name, value in undo.state_of(row).items() if name != "created_at"}


def _add_examples(kept: _Kept, row: Intent, texts: Sequence[str], principal: access.Principal) -> int:
    there = set(row.examples.values_list("text", flat=True))
    wanted = list(dict.fromkeys(" ".join(text.split())[:LONGEST] for text in texts))
    fresh = [text for text in wanted if text and text not in there]
    if len(there) + len(fresh) > MOST_EXAMPLES:
        raise Refused("too_many", _("An intent has at most {count} examples.").format(count=MOST_EXAMPLES))
    for text in fresh:
        told = intelligence.language.tongue(text)
        kept.made(Example.objects.create(intent=row, text=text, language=told.code, created_by=principal.staff_id))
    return len(fresh)


def _rename(kept: _Kept, row: Intent, name: str) -> None:
    if Intent.objects.filter(name=name).exclude(pk=row.pk).exists():
        raise Refused("taken", _("There is an intent of this name already."))
    if row.outside:
        raise Refused("fixed", _("This one has no name of its own."))
    row.aliases = [each for each in dict.fromkeys([*row.aliases, row.name]) if each != name]
    kept.renamed(row.name, name)
    row.name = name


def _locked(intent_id: UUID) -> Intent:
    row = Intent.objects.select_for_update().filter(pk=intent_id, merged_into=None).first()
    if row is None:
        raise NotFound(_("There is no such intent."))
    return row


def _name(name: str) -> str:
    called = " ".join(name.split())[:80]
    if not called or called == "–":
        raise Refused("no_name", _("Give it a name."))
    return called


def _view(row: Intent, examples: int) -> IntentView:
    return IntentView(
        row.pk, row.name, row.description, row.urgency, row.outside, examples, row.archived_at is not None
    )


def register() -> None:
    undo.register(CHANGE, undo.Handler(None, _put_back))
