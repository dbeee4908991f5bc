"""Segments: groups of people described by a definition, counted on demand or followed live.

This is the door of the engine inside the room; definitions are JSON as docs/segments.md describes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from amity.access import api as access
from amity.base.errors import Refused

MAX_DEPTH, MAX_NODES = 5, 100
Definition = dict[str, Any]


class BadDefinition(Refused):
    """A definition that cannot be understood; ``pointer`` is the JSON pointer of the place, e.g. ``/all/0/op``."""

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__("bad_segment", message, 422)
        self.pointer = pointer


@dataclass(frozen=True, slots=True)
class Count:
    """How many people; ``exact`` False: projected from a sample. ``took_ms`` in the database."""

    n: int
    exact: bool
    took_ms: int


@dataclass(frozen=True, slots=True)
class Explained:
    """One node of a definition for one person: whether it holds, as a sentence, and the fact behind it.

    ``kind`` is all, any, none, trait, event, segment or a registered kind; groups have ``children`` and no ``fact``.
    """

    kind: str
    node: Mapping[str, Any]
    sentence: str
    holds: bool
    fact: str
    children: tuple[Explained, ...] = ()


@dataclass(frozen=True, slots=True)
class SegmentView:
    """A segment as pages and the API see it. ``state``: ready, filling, failed. ``members`` of a live one."""

    id: UUID
    name: str
    description: str
    definition: Definition
    live: bool
    state: str
    members: int
    checked_at: datetime | None
    differences: int
    took_ms: int | None
    created_by: UUID | None
    created_at: datetime
    changed_at: datetime
    archived_at: datetime | None


@dataclass(frozen=True, slots=True)
class MemberView:
    """Somebody in a segment. ``entered_at`` is None for a segment that is not live."""

    person_id: UUID
    name: str
    email: str
    entered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Members:
    """A page of members; ``next`` marks the following one, empty at the end."""

    rows: list[MemberView]
    next: str


@dataclass(frozen=True, slots=True)
class MoveView:
    """Somebody entered (or left) a segment; ``reason`` in words."""

    segment_id: UUID
    segment_name: str
    person_id: UUID
    person_name: str
    entered: bool
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Moves:
    """A page of moves, newest first."""

    rows: list[MoveView]
    next: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A segment that somebody is in."""

    segment_id: UUID
    name: str
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class Attribute:
    """Something that a ``trait`` condition may name. ``source``: field, trait, computed; ``type``: text, number, time."""

    name: str
    label: str
    source: str
    type: str
    values: tuple[tuple[str, str], ...] = ()  # (value, label) where there are few


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a builder can offer. ``events``: name → names of properties; ``kinds``: registered kinds of conditions."""

    attributes: list[Attribute]
    events: dict[str, list[str]]
    segments: list[tuple[UUID, str]]
    kinds: list[str]


def validate(definition: Any, *, of: UUID | None = None) -> Definition:
    """The definition in its normal form; raises `BadDefinition` with the place. ``of``: the segment it belongs to."""
    raise NotImplementedError


def vocabulary(principal: access.Principal) -> Vocabulary:
    """What conditions can be about. 5 queries."""
    raise NotImplementedError


def count(definition: Any, principal: access.Principal | None = None) -> Count:
    """How many people (that ``principal`` sees) a definition describes."""
    raise NotImplementedError


def sample(definition: Any, n: int = 10, principal: access.Principal | None = None) -> list[MemberView]:
    """Some of the people that a definition describes, at most 100."""
    raise NotImplementedError


def why(definition: Any, person_id: UUID) -> Explained:
    """Why somebody is described by a definition, or not: the tree of its conditions with what is known."""
    raise NotImplementedError


def segments(principal: access.Principal, *, archived: bool = False) -> list[SegmentView]:
    """All segments by name. 1 query."""
    raise NotImplementedError


def get(principal: access.Principal, segment_id: UUID) -> SegmentView:
    """One segment; raises `NotFound`. 1 query."""
    raise NotImplementedError


def create(
    principal: access.Principal, name: str, definition: Any, *, live: bool = True, description: str = ""
) -> SegmentView:
    """A new segment; a live one is filled by a job."""
    raise NotImplementedError


def change(
    principal: access.Principal,
    segment_id: UUID,
    *,
    name: str | None = None,
    definition: Any = None,
    live: bool | None = None,
    description: str | None = None,
) -> SegmentView:
    """Change what is given; a changed definition is recomputed by a job."""
    raise NotImplementedError


def archive(principal: access.Principal, segment_id: UUID) -> None:
    """Take a segment out of use; raises ``Refused("segment_in_use")`` when others build on it."""
    raise NotImplementedError


def members(principal: access.Principal, segment_id: UUID, *, cursor: str = "", limit: int = 50) -> Members:
    """People in a segment that ``principal`` sees: the newest of a live one first."""
    raise NotImplementedError


def entries_of(person_id: UUID) -> list[Standing]:
    """The live segments somebody is in. 1 query."""
    raise NotImplementedError


def history(principal: access.Principal, segment_id: UUID, *, cursor: str = "", limit: int = 50) -> Moves:
    """Who entered and left a segment (of those that ``principal`` sees), newest first."""
    raise NotImplementedError


def moves_of(person_id: UUID, limit: int = 50) -> list[MoveView]:
    """When somebody entered and left segments, newest first."""
    raise NotImplementedError


def export(principal: access.Principal, segment_id: UUID) -> Iterator[bytes]:
    """The members as CSV lines; raises ``Refused("too_many_rows")``."""
    raise NotImplementedError


def recompute(segment_id: UUID) -> int:
    """Evaluate a live segment for everybody and put its members right; returns how many moved."""
    raise NotImplementedError


def check_all() -> dict[UUID, int]:
    """Compare every live segment with a full evaluation, put it right; differences by segment."""
    raise NotImplementedError


def touched(cursor: Any, changed: Mapping[UUID, set[str]]) -> int:
    """Re-evaluate the live segments that depend on what changed, for these people; returns the number of moves.

    ``changed``: person → names such as ``event:Order Completed``, ``trait:plan``, ``field:city``.
    """
    raise NotImplementedError
