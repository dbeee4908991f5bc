"""What can be done about a person or a deal: one kind per entry, registered by the room that does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base.errors import Refused


@dataclass(frozen=True, slots=True)
class Order:
    """An action to be done: about whom, and its draft as the salesperson left it."""

    kind: str
    person_id: UUID | None
    deal_id: UUID | None
    subject: str
    text: str
    due_on: date | None


Perform = Callable[[access.Principal, Order], dict[str, Any]]
TakeBack = Callable[[access.Principal, dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class ActionKind:
    """One kind of action. ``perform`` runs in the transaction of the acceptance and returns what ``undo`` needs.

    ``touches``: kinds of facts that are this action done, from which its effect is learned. ``needs``: the channel
    through which the person must be reachable. ``drafts``: nothing happens but a text that waits for a person to send.
    """

    key: str
    label: str | Promise
    icon: str
    subjects: frozenset[str]  # person, deal
    permission: str
    perform: Perform
    undo: TakeBack
    touches: tuple[str, ...] = ()
    needs: str = ""
    drafts: bool = False


_kinds: dict[str, ActionKind] = {}


def register(kind: ActionKind) -> None:
    """Make a kind of action known. Registering the same key twice is a bug."""
    if kind.key in _kinds:
        raise ValueError(f"Kind of action {kind.key!r} is registered twice.")
    _kinds[kind.key] = kind


def kinds_for(subject_kind: str) -> Mapping[str, ActionKind]:
    """Everything that can be done about a person or a deal, in order of registration."""
    return {key: kind for key, kind in _kinds.items() if subject_kind in kind.subjects}


def kind_of(key: str) -> ActionKind:
    """The kind called ``key``; raises ``Refused("no_action_kind")``."""
    if key not in _kinds:
        raise Refused("no_action_kind", _("There is no such kind of action."))
    return _kinds[key]


def touches_of(subject_kind: str) -> dict[str, str]:
    """Kind of fact → kind of action."""
    return {fact: kind.key for kind in kinds_for(subject_kind).values() for fact in kind.touches}
