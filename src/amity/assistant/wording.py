"""How acts are told to the customer: wordings of the script with their values, in a language. No database."""

from __future__ import annotations

from datetime import date

from django.utils import translation

from amity.assistant.acts import Ask, Known, Quote, Say
from amity.assistant.script import Script
from amity.base import words


def worded(act: Say | Ask | Quote, script: Script, language: str) -> str:
    """What the customer reads; nothing where a wording is empty."""
    if isinstance(act, Quote):
        source = script.text("source", language).format_map(Known(title=act.answer.title))
        return f"{act.answer.text}\n{source}"
    flow = script.flow(act.key.partition(".")[0])
    days = {"date", *(each.name for each in flow.slots if each.kind == "date")} if flow else {"date"}
    args = {name: _told(name, value, days, script, language) for name, value in act.args.items()}
    return script.text(act.key, language).format_map(Known(args))


def _told(name: str, value: str, days: set[str], script: Script, language: str) -> str:
    """A value as the customer reads it."""
    if name in days and value:
        with translation.override(language):
            return words.day(date.fromisoformat(value))
    return script.text(f"{value}.name", language) if name in ("flow", "earlier") else value
