"""What a dialogue hears, knows, remembers and does. Plain data: the state is JSON, acts are typed.

There is no act that says free text: wordings come from the script by key, answers from passages that are quoted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Words:
    """The customer said something."""

    text: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a `CallTool`. ``state``: done, none, refused, unproven, sent, limit, ok, wrong, over."""

    tool: str
    state: str
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """A quote that answers. It cannot be made without the passage that it quotes."""

    text: str
    passage: str  # its id
    title: str
    quote: str
    article: str = ""

    def __post_init__(self) -> None:
        if not (self.passage and self.title and self.quote and self.quote in self.text):
            raise ValueError("An answer quotes a passage.")

    def citation(self) -> dict[str, str]:
        return {"passage": self.passage, "article": self.article, "title": self.title, "quote": self.quote}


@dataclass(frozen=True, slots=True)
class World:
    """What is so at this moment. ``language`` of the message ("" not known); ``angry`` by the desk's reading of tone.

    ``proven``: this conversation and visitor have proved who they are, and that still holds. ``answers`` asks the
    knowledge of a language.
    """

    language: str
    today: date
    proven: bool = False
    intent: str = ""
    angry: bool = False
    answers: Callable[[str, str], Answer | None] = lambda text, language: None


@dataclass(frozen=True, slots=True)
class Say:
    """Say a wording."""

    key: str
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask for a slot, or for ``email``, ``code``, ``confirm``, ``return``."""

    slot: str
    key: str
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Quote:
    """Answer from knowledge."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class CallTool:
    """Have something done; its `Result` comes back before anything else is heard."""

    name: str
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HandOver:
    """Let a person go on. ``reason``: asked, angry, complaint, unknown, failed, identity, not_found, refused."""

    reason: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class End:
    """A flow came to its end; ``outcome``: done, cancelled, handed_over."""

    flow: str
    outcome: str


class Known(dict[str, str]):
    """Arguments of a wording; what a wording of the company asks beyond them stays empty."""

    def __missing__(self, key: str) -> str:
        return ""


Heard = Words | Result
Act = Say | Ask | Quote | CallTool | HandOver | End


@dataclass(slots=True)
class Topic:
    """A flow under way. ``phase``: slots, email, code, confirm; ``misses`` in a row."""

    flow: str
    slots: dict[str, str] = field(default_factory=dict)
    phase: str = "slots"
    asked: str = ""
    misses: int = 0
    nones: int = 0  # times that nothing was found


@dataclass(slots=True)
class State:
    """A dialogue. The last topic is the present one; ``memory``: slots of what was done, for "the same one"."""

    language: str = ""
    greeted: bool = False
    topics: list[Topic] = field(default_factory=list)
    offered: bool = False  # to go back to the topic before
    misses: int = 0  # messages in a row that nothing is known about
    codes: int = 0  # asked for
    memory: dict[str, str] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    over: bool = False

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def state_of(told: Mapping[str, Any]) -> State:
    """Reverse of `State.plain`."""
    kept = dict(told)
    return State(topics=[Topic(**each) for each in kept.pop("topics", [])], **kept)


def key_of(act: Act) -> str:
    """An act in a word, as scripted dialogues name it."""
    if isinstance(act, Say | Ask):
        return act.key
    if isinstance(act, HandOver):
        return f"hand_over.{act.reason}"
    if isinstance(act, CallTool):
        return f"tool.{act.name}"
    return "answer" if isinstance(act, Quote) else f"end.{act.outcome}"
