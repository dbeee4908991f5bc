"""What pages and programs see of segments: frozen views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

Definition = dict[str, Any]


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
    """What a ``trait`` condition may name. ``source``: field, trait, computed; ``type``: text, number, time."""

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
