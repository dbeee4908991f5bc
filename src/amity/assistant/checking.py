"""What is wrong with a flow or a script, told so that a manager can put it right. No database."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter

from django.utils.translation import gettext as _

from amity.assistant import labels
from amity.assistant.script import LANGUAGES, TAKES, Flow, Script, usual

MOST_SLOTS, MOST_FLOWS = 12, 60
NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")
TAKEN = frozenset({"email", "code", "confirm", "return", "flow", "last", "done", "earlier", "minutes", "left", "name"})
TOLD: Mapping[str, Sequence[str]] = {"order_status": ("status", "total", "day")}  # by tools, beside the slots
HAND_OVERS = ("flow", "complaint")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong. ``field``: where it can be put right (a wording's ``key__language``, end, slots, examples, …)."""

    field: str
    text: str


def problems(flow: Flow) -> list[Problem]:
    """All of a flow. One that is switched off may lack wordings and beginnings: it is still being made."""
    found = [*_shape(flow), *_placeholders(flow)]
    if flow.on:
        found += [*_wordings(flow), *_beginnings(flow)]
    return found


def needed(flow: Flow) -> list[str]:
    """Keys of the wordings that a flow cannot be without."""
    keys = ["name", *(["question"] if flow.answer else ["done"]), *(f"ask_{each.name}" for each in flow.slots)]
    return [*keys, *(["confirm"] if flow.confirm else []), *(["none"] if flow.tool else [])]


def of_script(script: Script) -> list[Problem]:
    """What is wrong with a script: its flows together, and the wordings beside them."""
    keys = [each.key for each in script.flows]
    found = [] if len(keys) == len(set(keys)) else [Problem("", _("Two flows have the same name."))]
    if len(keys) > MOST_FLOWS:
        found.append(Problem("", _("There are at most {count} flows.").format(count=MOST_FLOWS)))
    known = usual().wording
    for key, texts in script.wording.items():
        allowed = {name for text in known.get(key, texts).values() for name in _names(text) or ()}
        found += [Problem(f"{key}__{each}", why) for each, why in _wrong(texts, allowed)]
    return found


def _shape(flow: Flow) -> Iterator[Problem]:
    names = [each.name for each in flow.slots]
    if len(names) != len(set(names)):
        yield Problem("slots", _("Two steps ask for the same thing."))
    if len(names) > MOST_SLOTS:
        yield Problem("slots", _("A flow asks for at most {count} things.").format(count=MOST_SLOTS))
    for name in names:
        if not NAME.fullmatch(name) or name in TAKEN:
            yield Problem("slots", _("“{name}” cannot be used as a name here.").format(name=name))
    if [bool(flow.tool), bool(flow.hand_over), flow.answer].count(True) != 1:
        yield Problem("end", _("Choose what is done at the end."))
    elif flow.tool:
        yield from _tool(flow)
    elif flow.hand_over and flow.hand_over not in HAND_OVERS:
        yield Problem("end", _("Choose what is done at the end."))


def _tool(flow: Flow) -> Iterator[Problem]:
    takes = TAKES.get(flow.tool)
    if takes is None:
        yield Problem("end", _("Choose what is done at the end."))
    elif {each.name: each.kind for each in flow.slots} != dict(takes):
        told = ", ".join(f"{name} ({kind})" for name, kind in takes.items())
        yield Problem("end", _("What is done at the end needs exactly these steps: {names}.").format(names=told))
    if not flow.personal:
        yield Problem("personal", _("What is done at the end needs a proof of who it is."))


def _wordings(flow: Flow) -> Iterator[Problem]:
    if not flow.languages:
        yield Problem(f"name__{LANGUAGES[0]}", _("Give the flow a name in at least one language."))
    for language in flow.languages:
        for key in needed(flow):
            if not flow.wording.get(key, {}).get(language, "").strip():
                told = _("A wording is missing: {name}").format(name=_name(flow, key, language))
                yield Problem(f"{key}__{language}", told)


def _name(flow: Flow, key: str, language: str) -> str:
    """Of a wording: its flow, its kind, its language, as the editor calls them."""
    of = flow.wording.get("name", {})
    called = of.get(language) or next((each for each in of.values() if each), flow.key)
    return f"{called}: {labels.of_flow(key)} ({language})"


def _beginnings(flow: Flow) -> Iterator[Problem]:
    if not any((*flow.intents, *flow.examples.values(), *flow.keywords.values())):
        yield Problem("examples", _("Nothing begins this flow: give an example, a keyword or an intent."))


def _placeholders(flow: Flow) -> Iterator[Problem]:
    allowed = {*(each.name for each in flow.slots), *TOLD.get(flow.tool, ())}
    for key, texts in flow.wording.items():
        for language, why in _wrong(texts, allowed):
            yield Problem(f"{key}__{language}", why)


def _wrong(texts: Mapping[str, str], allowed: set[str]) -> Iterator[tuple[str, str]]:
    """Languages of texts whose placeholders are wrong, and why."""
    for language, text in texts.items():
        names = _names(text)
        if names is None:
            yield language, _("Curly brackets stand around a name only: “{text}”").format(text=text[:80])
        for name in (names or set()) - allowed:
            yield language, _("Nothing is called “{name}” here.").format(name="{" + name + "}")


def _names(text: str) -> set[str] | None:
    """Names of its placeholders; None where its brackets are none."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        return None
    names = {name for _text, name, _spec, _sign in parts if name is not None}
    plain = not any(spec or sign for _text, _name, spec, sign in parts)
    return names if plain and all(_WORD.fullmatch(name) for name in names) else None
