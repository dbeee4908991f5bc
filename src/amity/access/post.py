"""Letters to staff. This room cannot send any: a room above registers how; without it links are passed on by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody is to come in by this link."""

    staff_id: UUID
    name: str
    email: str
    language: str
    link: str


Deliver = Callable[[Invitation], bool]
_ways: list[Deliver] = []


def register_post(deliver: Deliver) -> None:
    """Say how invitations are delivered; ``deliver`` answers whether one is on its way. Called in ``apps.py``."""
    _ways[:] = [deliver]


def deliver(letter: Invitation) -> bool:
    """Whether the invitation is on its way to its address."""
    return bool(letter.email) and any(way(letter) for way in _ways)
