"""What the bot can do and say, as data: flows with their slots, and wordings in four languages. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from amity.assistant.hearing import words_of

LANGUAGES = ("en", "ru", "pl", "de")
KINDS = ("order", "email", "date", "time", "phone", "amount", "address", "text")
TAKES: Mapping[str, Mapping[str, str]] = {  # what tools take: slot → its kind
    "order_status": {"order": "order"}, "invoice_copy": {"order": "order"}, "change_address": {"address": "address"},
    "appointment": {"date": "date", "time": "time"},
}  # fmt: skip
_FOLDER = Path(__file__).parent / "scripts"
_ALIKE, _STEM = 0.6, 5
Texts = Mapping[str, str]  # by language


@dataclass(frozen=True, slots=True)
class Slot:
    """Something a flow must know. ``kind``: one of `KINDS`."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Flow:
    """One thing the bot does.

    ``intents``: the company's own labels that begin it; ``examples``, ``keywords``: by language, what begins it
    without any training (a keyword line holds beginnings of words that all occur). ``personal``: only after a proof.
    At the end ``tool`` is done, or a person goes on for the reason ``hand_over``, or knowledge ``answer``s the wording
    ``question``. A flow speaks the languages that it has a name in.
    """

    key: str
    on: bool
    intents: tuple[str, ...]
    examples: Mapping[str, Sequence[str]]
    keywords: Mapping[str, Sequence[str]]
    slots: tuple[Slot, ...]
    personal: bool
    confirm: bool
    tool: str
    hand_over: str
    wording: Mapping[str, Texts]
    answer: bool = False

    def slot(self, name: str) -> Slot | None:
        return next((each for each in self.slots if each.name == name), None)

    @property
    def languages(self) -> tuple[str, ...]:
        names = self.wording.get("name", {})
        return tuple(each for each in LANGUAGES if names.get(each))


@dataclass(frozen=True, slots=True)
class Script:
    """Flows, asked in this order whether a message begins them, and what is said beside them."""

    flows: tuple[Flow, ...]
    wording: Mapping[str, Texts]

    def flow(self, key: str) -> Flow | None:
        return next((each for each in self.flows if each.key == key), None)

    def begun_by(self, text: str, language: str, intent: str = "") -> Flow | None:
        """The flow that a message begins: by the company's own intent, else by keywords, else by likeness."""
        usable = [each for each in self.flows if each.on and language in each.languages]
        words = words_of(text)
        named = (each for each in usable if intent and intent in each.intents)
        worded = (each for each in usable if any(_has(words, line) for line in each.keywords.get(language, ())))
        alike = (each for each in usable if any(_alike(words, line) for line in each.examples.get(language, ())))
        return next(named, None) or next(worded, None) or next(alike, None)

    def text(self, key: str, language: str) -> str:
        """The wording of ``key`` (``flow.key``, or that of all flows) in a language, else in English or any.

        Where a flow has no words for asking again, it asks in the same words.
        """
        flow, _dot, name = key.partition(".")
        known = self.flow(flow) if name else None
        texts = known.wording.get(name) if known else None
        if known and name.startswith("again_") and not any((texts or {}).values()):
            texts = known.wording.get(f"ask_{name.removeprefix('again_')}")
        texts = texts or self.wording.get(name or key) or {}
        return texts.get(language) or texts.get("en") or next((each for each in texts.values() if each), "")

    def switched_on(self, key: str) -> Script:
        """The same, with a flow on: for trying it before customers meet it."""
        return replace(self, flows=tuple(replace(each, on=each.on or each.key == key) for each in self.flows))


def read(body: Mapping[str, Any]) -> Script:
    """A script from its JSON; raises `KeyError`, `TypeError` or `ValueError` for what is none."""
    return Script(tuple(_flow(each) for each in body["flows"]), body["wording"])


def body_of_usual() -> dict[str, Any]:
    """The script that comes with Amity, as JSON."""
    flows = json.loads((_FOLDER / "flows.json").read_text("utf-8"))
    wording = json.loads((_FOLDER / "wording.json").read_text("utf-8"))
    return {"flows": flows, "wording": wording}


@lru_cache(maxsize=1)
def new_words() -> Mapping[str, Any]:
    """Wordings that a new flow begins with: ``ask`` by kind of slot, ``again``, ``confirm``, ``done``."""
    told: Mapping[str, Any] = json.loads((_FOLDER / "new.json").read_text("utf-8"))
    return told


@lru_cache(maxsize=1)
def usual() -> Script:
    """`body_of_usual`, read."""
    return read(body_of_usual())


def _flow(told: Mapping[str, Any]) -> Flow:
    slots = tuple(Slot(str(each["name"]), str(each["kind"])) for each in told["slots"])
    if any(each.kind not in KINDS for each in slots):
        raise ValueError("Unknown kind of slot.")
    return Flow(
        str(told["key"]), bool(told.get("on", True)), tuple(told.get("intents", ())), told.get("examples", {}),
        told.get("keywords", {}), slots, bool(told.get("personal")), bool(told.get("confirm")),
        str(told.get("tool", "")), str(told.get("hand_over", "")), told["wording"], bool(told.get("answer")),
    )  # fmt: skip


def _has(words: Sequence[str], line: str) -> bool:
    stems = line.lower().split()
    return bool(stems) and all(any(word.startswith(stem) for word in words) for stem in stems)


def _alike(words: Sequence[str], example: str) -> bool:
    one, other = {word[:_STEM] for word in words}, {word[:_STEM] for word in words_of(example)}
    return len(one & other) >= _ALIKE * max(len(one | other), 1)
