"""What two profiles would show as one: per field the value that wins, whose it is, and why. Nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from amity.access import api as access
from amity.base import clock
from amity.people import golden_policy
from amity.people.called import names_of
from amity.people.golden import USUAL, golden
from amity.people.golden_reading import COMPANY_SHOWN, PERSON_SHOWN, states_of
from amity.people.members import members_of
from amity.people.merge_groups import together
from amity.people.profiles import ChangeView, CompanyView, PersonView
from amity.people.told_changes import label_of, told_changes, wanted_by
from amity.people.traits import State, candidate

_PERSON = (*PERSON_SHOWN, "lead_status", "owner_id")
_COMPANY = (*COMPANY_SHOWN, "owner_id")
Profile = PersonView | CompanyView


@dataclass(frozen=True, slots=True)
class Field:
    """One field of two profiles. ``side``: whose value wins: left, right, both (they are equal).

    ``why``: as in `golden.Won`, or ``own`` and ``fills`` where the survivor comes first and the other fills its gaps.
    """

    key: str
    label: str
    left: Any
    right: Any
    side: str
    why: str

    @property
    def kept(self) -> Any:
        """The value that does not win, and stays with its source."""
        return {"left": self.right, "right": self.left}.get(self.side)


def preview(principal: access.Principal, left: Profile, right: Profile, winner_id: UUID) -> list[Field]:
    """The golden record of two profiles that the principal sees. At most 6 queries for people, 2 for companies."""
    if isinstance(left, PersonView) and isinstance(right, PersonView):
        found = _people(left, right, winner_id)
    else:
        found = _companies(left, right, winner_id)
    changes = [
        ChangeView(key.lstrip(":"), _value(left, key), _value(right, key), None, None, clock.now())
        for key, _side, _why in found
    ]
    told = told_changes(changes, names_of(principal, wanted_by(changes)))
    return [
        Field(key, label_of(key.lstrip(":")), words.before, words.after, side, why)
        for (key, side, why), words in zip(found, told, strict=True)
    ]


def _people(left: PersonView, right: PersonView, winner_id: UUID) -> list[tuple[str, str, str]]:
    with connection.cursor() as cursor:
        policy = golden_policy.current(cursor) or USUAL
    members = members_of([left.id, right.id])
    mine, theirs = (states_of(each, members[each.id]) for each in (left, right))
    states = mine | theirs
    shown = together(states[winner_id], states, policy)
    found = []
    for key in _keys(left, right, _PERSON):
        a, b = _value(left, key), _value(right, key)
        candidates = [each for state in states.values() if (each := candidate(state, key)) is not None]
        won = golden(candidates, policy, key.lstrip(":"))
        side = _side(a, b, _winning(shown.values.get(key), a, b, won.winner.row if won else "", mine))
        found.append((key, side, won.why if won else "kept"))
    return found


def _companies(left: Profile, right: Profile, winner_id: UUID) -> list[tuple[str, str, str]]:
    """The survivor's own values; the other's fill its gaps."""
    found = []
    for key in _keys(left, right, _COMPANY):
        a, b = _value(left, key), _value(right, key)
        own, other = (a, b) if left.id == winner_id else (b, a)
        mine, theirs = ("left", "right") if left.id == winner_id else ("right", "left")
        fills = own in (None, "") and other not in (None, "")
        found.append((key, _side(a, b, theirs if fills else mine), "fills" if fills else "own"))
    return found


def _winning(shown: Any, left: Any, right: Any, row: str, mine: Mapping[UUID, State]) -> str:
    if shown in (left, right):
        return "left" if shown == left else "right"
    return "right" if row and UUID(row) not in mine else "left"


def _side(left: Any, right: Any, winner: str) -> str:
    return "both" if left == right else winner


def _keys(left: Profile, right: Profile, fields: Sequence[str]) -> list[str]:
    """Fields, then custom fields by name, that at least one of the two fills."""
    traits = sorted({*left.traits, *right.traits}, key=str.casefold)
    keys = [*fields, *(f":{name}" for name in traits)]
    if all(getattr(side, "given_name", "") or getattr(side, "family_name", "") for side in (left, right)):
        keys.remove("display_name")  # made of its parts
    return [key for key in keys if any(_value(side, key) not in (None, "", "none") for side in (left, right))]


def _value(view: Profile, key: str) -> Any:
    return view.traits.get(key[1:]) if key[0] == ":" else getattr(view, key)
