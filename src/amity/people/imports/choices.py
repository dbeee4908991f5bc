"""What a person chose on the page of a plan, as changes of the mapping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amity.people.imports import reading
from amity.people.imports.dates import ORDERS
from amity.people.imports.facts import facts_of, language_of
from amity.people.imports.nouns import IGNORE, kind_of
from amity.people.imports.numbers import currency_code
from amity.people.imports.service import ImportedFile

_STATES = ("open", "won", "lost")


def changes(file: ImportedFile, form: Mapping[str, str]) -> dict[str, Any]:
    """Changes for ``service.set_mapping``: another noun alone, else the columns and options of the form."""
    noun = form.get("noun", file.noun)
    if noun != file.noun:
        return {"noun": noun}
    columns = {name: form[f"column:{index}"] for index, name in enumerate(file.columns) if form.get(f"column:{index}")}
    return {"columns": columns, "options": _options(file, columns, form)}


def _options(file: ImportedFile, columns: Mapping[str, str], form: Mapping[str, str]) -> dict[str, Any]:
    current: Mapping[str, Any] = file.mapping.get("options", {})
    dates = dict(current.get("dates", {}))
    for index, name in enumerate(file.columns):
        if form.get(f"dates:{index}") in ORDERS:
            dates[name] = form[f"dates:{index}"]
    outcomes = dict(current.get("outcomes", {}))
    for index, text in enumerate(list(outcomes)):
        if form.get(f"outcome:{index}") in _STATES:
            outcomes[text] = form[f"outcome:{index}"]
    options: dict[str, Any] = {"dates": dates, "outcomes": outcomes}
    options["decimals"] = dict(current.get("decimals", {}))
    if "currency" in form:
        options["currency"] = currency_code(form["currency"])
    _complete(file, columns, options)
    return options


def _complete(file: ImportedFile, columns: Mapping[str, str], options: dict[str, Any]) -> None:
    """Columns that are newly taken for dates or numbers: how they are written is decided from their values."""
    kinds = {name: kind_of(file.noun, target) for name, target in columns.items() if target != IGNORE}
    asked = [
        name
        for name, kind in kinds.items()
        if (kind in ("date", "datetime") and name not in options["dates"])
        or (kind in ("number", "integer", "money") and name not in options["decimals"])
    ]
    if not asked:
        return
    frame = reading.sample(reading.Source.from_json(dict(file.source)))
    language = language_of(list(file.columns))
    for name in asked:
        facts = facts_of(frame[name], language)
        if kinds[name] in ("date", "datetime"):
            options["dates"][name] = facts.order or "ymd"
        else:
            options["decimals"][name] = facts.decimal
