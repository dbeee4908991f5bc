"""Scripted dialogues: what customers say, in four languages, and what the bot does at each turn.

`play` holds a script against one of them in an instant, with a made-up world: one customer with two orders, whose code
is always the same, and one passage of knowledge. `amity check desk --only bot` plays them in the real one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from amity.assistant import slots
from amity.assistant.acts import Act, Answer, Ask, CallTool, Heard, Quote, Result, Say, State, Words, World, key_of
from amity.assistant.dialogue import step
from amity.assistant.script import LANGUAGES, Script
from amity.assistant.wording import worded

Answers = Callable[[str, str], Answer | None]
SILENT = ("tool.", "end.")
KNOWN = {
    "email": "anna@example.com", "code": "271828", "wrong": "000001", "order": "A-4712", "second": "B-4713",
    "stranger": "nobody@nowhere.example",
}  # fmt: skip
_FOLDER = Path(__file__).parent / "scripts"
_LAMP = ("purple lamp", "лиловой лампы", "fioletowej lampy", "lila lampe")
_MOST_STEPS = 6


@dataclass(slots=True)
class Turn:
    """``said`` by language ("*": the same in all), and the keys of the acts that are expected."""

    said: dict[str, str] = field(default_factory=dict)
    expected: tuple[str, ...] = ()

    def words(self, language: str, known: Mapping[str, str]) -> str:
        text = self.said.get(language) or self.said["*"]
        for name, value in known.items():
            text = text.replace(f"{{{name}}}", value)
        return text


@dataclass(slots=True)
class Rehearsed:
    """One scripted dialogue."""

    name: str
    turns: list[Turn] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Played:
    """One turn as it was played."""

    said: str
    expected: tuple[str, ...]
    found: tuple[str, ...]
    told: tuple[str, ...] = ()  # what the customer reads

    @property
    def good(self) -> bool:
        return self.expected == self.found


def shown(keys: list[str]) -> tuple[str, ...]:
    """Acts that the customer notices."""
    return tuple(each for each in keys if not each.startswith(SILENT))


@lru_cache(maxsize=1)
def dialogues() -> tuple[Rehearsed, ...]:
    """All scripted dialogues."""
    return tuple(each for path in sorted(_FOLDER.glob("dialogues_*.txt")) for each in read(path.read_text("utf-8")))


def read(text: str) -> list[Rehearsed]:
    """Dialogues from their text; raises `ValueError` for a line that is none."""
    found: list[Rehearsed] = []
    turn = Turn()
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        head, _sign, rest = line.partition(" ")
        if head == "==":
            found.append(Rehearsed(rest.strip()))
        elif head == ">":
            turn.expected = tuple(rest.split())
            found[-1].turns.append(turn)
            turn = Turn()
        elif head.rstrip(":") in (*LANGUAGES, "*"):
            turn.said[head.rstrip(":")] = rest
        else:
            raise ValueError(line)
    return found


def own(flow: Mapping[str, Any]) -> list[tuple[Rehearsed, str]]:
    """Dialogues that the company wrote for a flow (its JSON), each with its language."""
    return [
        (Rehearsed(each["name"], [Turn({"*": turn["said"]}, tuple(turn["expected"])) for turn in each["turns"]]),
         each["language"])
        for each in flow.get("tests", ())
    ]  # fmt: skip


def play(
    rehearsed: Rehearsed, language: str, script: Script, today: date, answers: Answers | None = None
) -> list[Played]:
    """Play one dialogue with a script in the made-up world, or with the true knowledge. Some milliseconds."""
    state, proven, played, tries = State(language=language), False, [], 0
    for turn in rehearsed.turns:
        text, keys, told = turn.words(language, KNOWN), [], []
        heard: Heard | None = Words(text)
        for _n in range(_MOST_STEPS):
            if heard is None:
                break
            world = World(language, today, proven, answers=answers or _answer)
            state, acts = step(state, heard, world, script)
            keys += [key_of(each) for each in acts]
            told += [worded(each, script, state.language) for each in acts if isinstance(each, Say | Ask | Quote)]
            tries += any(isinstance(each, CallTool) and each.name == "check_code" for each in acts)
            heard = _done(acts, today, tries)
            proven = proven or (isinstance(heard, Result) and heard.state == "ok")
        played.append(Played(text, turn.expected, shown(keys), tuple(filter(None, told))))
    return played


def _done(acts: list[Act], today: date, tries: int) -> Result | None:
    """What tools answer in the made-up world."""
    act = acts[-1] if acts else None
    if not isinstance(act, CallTool):
        return None
    if act.name == "send_code":
        return Result(act.name, "sent", {"minutes": "10"})
    if act.name == "check_code":
        return _code(act, tries)
    if "order" in act.args:
        mine = {slots.plain_order(KNOWN["order"]), slots.plain_order(KNOWN["second"])}
        return Result(act.name, "done" if slots.plain_order(act.args["order"]) in mine else "none")
    if act.name == "appointment":
        day, hour = date.fromisoformat(act.args["date"]), act.args["time"]
        fits = day.weekday() < 5 and today < day < today + timedelta(days=90) and "08:00" <= hour < "18:00"
        return Result(act.name, "done" if fits else "none")
    return Result(act.name, "done")


def _code(act: CallTool, tries: int) -> Result:
    if act.args["code"] == KNOWN["code"]:
        return Result(act.name, "ok")
    return Result(act.name, "wrong", {"left": str(3 - tries)}) if tries < 3 else Result(act.name, "over")


def _answer(text: str, language: str) -> Answer | None:
    if not any(each in text.lower() for each in _LAMP):
        return None
    return Answer("Fourteen days.", "passage", "Returns", "Fourteen days.")
