"""Of several values of one field the one that holds, and why. Pure: the order in which they came never matters.

Every value keeps what decides about it: a pin, a check by a human, how far its source is trusted, whether the sender
proved it, who said it, and when. A policy per field says in which order trust and time count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

MANUAL = "manual"
TRUSTED, LATEST, FIRST = "trusted", "latest", "first"
RULES = (TRUSTED, LATEST, FIRST)
USUAL_TRUST, MANUAL_TRUST, MOST_TRUST = 50, 100, 100
PIN, CHECKED = "pin", "checked"
_REASONS = {
    TRUSTED: ("pinned", "checked", "trusted", "proved", "known", "latest", "latest", "tie", "tie"),
    LATEST: ("pinned", "checked", "latest", "latest", "trusted", "proved", "known", "tie", "tie"),
    FIRST: ("pinned", "checked", "first", "first", "trusted", "proved", "known", "tie", "tie"),
}


class Candidate(msgspec.Struct, frozen=True):
    """A value that somebody or something said of a field. ``at``: ISO time in UTC, so that texts sort as times do.

    ``source``: ``manual`` or the id of an import, a website, a server; ``proved``: the sender had checked it;
    ``checked``: one of us did; ``known``: said by a signed-in or recorded person; ``row``: the profile that says it.
    """

    value: Any
    source: str
    at: str
    message: str = ""
    proved: bool = False
    checked: bool = False
    pinned: bool = False
    known: bool = True
    row: str = ""


class Policy(msgspec.Struct, frozen=True):
    """What decides per field (``rules``: `TRUSTED` where nothing is said), and trust per source, 0–100.

    Without a word about it a source has 50, what people type in 100. ``version`` 0 is how Amity comes.
    """

    version: int = 0
    rules: Mapping[str, str] = {}
    trust: Mapping[str, int] = {}

    def rule(self, name: str) -> str:
        return self.rules.get(name, TRUSTED)

    def trust_of(self, source: str) -> int:
        return self.trust.get(source, MANUAL_TRUST if source == MANUAL else USUAL_TRUST)


class Won(NamedTuple):
    """The value that holds, the first thing that sets it before every other value, and the others, best first.

    ``why``: only, same (all say so), pinned, checked, trusted, proved, known, latest, first or tie.
    """

    value: Any
    why: str
    winner: Candidate
    others: list[Candidate]


USUAL = Policy()


def golden(candidates: Iterable[Candidate], policy: Policy = USUAL, name: str = "") -> Won | None:
    """The value that holds for field ``name``; None without candidates. Pins, then checks, then the field's rule."""
    rule = policy.rule(name)
    ranked = sorted(((rank(each, rule, policy), _plain(each), each) for each in candidates), reverse=True, key=_first)
    if not ranked:
        return None
    (best, _text, winner), *rest = ranked
    other = next((found for found, _t, each in rest if each.value != winner.value), None)
    why = ("same" if rest else "only") if other is None else _reason(best, other, rule)
    return Won(winner.value, why, winner, [each for _rank, _t, each in rest])


def rank(candidate: Candidate, rule: str, policy: Policy) -> tuple[Any, ...]:
    """What candidates of a field are compared by: the greatest holds."""
    fixed = (candidate.pinned, candidate.checked)
    trust = (policy.trust_of(candidate.source), candidate.proved, candidate.known)
    if rule == LATEST:
        return (*fixed, candidate.at, candidate.message, *trust, candidate.row, candidate.source)
    if rule == FIRST:
        return (
            *fixed,
            _backwards(candidate.at),
            _backwards(candidate.message),
            *trust,
            candidate.row,
            candidate.source,
        )
    return (*fixed, *trust, candidate.at, candidate.message, candidate.row, candidate.source)


def mark_of(origin: Any) -> dict[str, Any]:
    """What an entry of ``origins`` says beyond source, time and message: pin, checked, proved, held, whole."""
    if not origin or len(origin) < 4:
        return {}
    return origin[3] if isinstance(origin[3], dict) else {"proved": True}


def is_fixed(origin: Any) -> bool:
    """Whether a value was pinned or checked by one of us: nothing but a human changes it."""
    if not origin or len(origin) < 4 or not isinstance(origin[3], dict):
        return False
    return PIN in origin[3] or CHECKED in origin[3]


def _reason(best: tuple[Any, ...], other: tuple[Any, ...], rule: str) -> str:
    for mine, theirs, reason in zip(best, other, _REASONS[rule], strict=True):
        if mine != theirs:
            return reason
    return "tie"


def _first(ranked: tuple[tuple[Any, ...], str, Candidate]) -> tuple[Any, ...]:
    return ranked[0], ranked[1]


def _plain(candidate: Candidate) -> str:
    """Two values said in one breath: their texts decide, so that it is always the same one."""
    return repr(candidate.value)


def _backwards(text: str) -> tuple[int, ...]:
    return (*(-ord(char) for char in text), 1)
