"""At most three cards beside a conversation, from the customer's own numbers: what may be behind their question.

Rules read the log of facts and the traits of a profile. A card that staff put aside is silent for that person for
half a year, and its kind ranks lower for everybody; one that was used ranks higher.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, undo
from amity.base.errors import NotFound, Refused
from amity.desk.conversations import SEE, WORK
from amity.desk.proactive_models import CardWord
from amity.events import api as events
from amity.people import api as people

MOST, SILENT = 3, timedelta(days=180)
CHANGE = "desk.card"
_LOOK_BACK, _FACTS = timedelta(days=400), 200
DISMISSED, USED = "dismissed", "used"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened to the customer."""

    id: UUID
    kind: str
    name: str
    data: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """What rules look at: facts newest first, traits, and now."""

    facts: Sequence[Fact]
    traits: Mapping[str, Any]
    traits_at: datetime | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Card:
    """Something worth saying. ``weight`` 0–1 is how much it matters; ``lines`` are its drivers; ``at``: its age."""

    kind: str
    title: str
    text: str
    weight: float
    at: datetime
    lines: tuple[str, ...] = ()
    fact_id: UUID | None = None


Rule = Callable[[Known], Card | None]
_rules: dict[str, Rule] = {}


def register_rule(kind: str, rule: Rule) -> None:
    """Have ``rule(known)`` asked for a card of this kind; rooms above may add their own."""
    _rules[kind] = rule


def cards_of(principal: access.Principal, person_id: UUID) -> list[Card]:
    """Up to three cards for a person whom ``principal`` sees, what matters most first. 5 queries, none repeated."""
    access.require(principal, SEE)
    try:
        view = people.get_person(principal, person_id)
    except NotFound:
        return []
    since = clock.now() - SILENT
    aside = CardWord.objects.filter(person_id=view.id, word=DISMISSED, at__gte=since)
    silent = set(aside.values_list("kind", flat=True))
    known = _known(view)
    found = [card for kind, rule in _rules.items() if kind not in silent and (card := rule(known))]
    worth = _worth()
    ranked = [replace(card, weight=card.weight * worth.get(card.kind, 0.5)) for card in found]
    return sorted(ranked, key=lambda card: (-card.weight, card.kind))[:MOST]


def dismiss(principal: access.Principal, person_id: UUID, kind: str) -> UUID:
    """Put a kind of card aside for this person. Returns the undo group."""
    return _say(principal, person_id, kind, DISMISSED)


def use(principal: access.Principal, person_id: UUID, kind: str) -> UUID:
    """The card was of use. Returns the undo group."""
    return _say(principal, person_id, kind, USED)


def _say(principal: access.Principal, person_id: UUID, kind: str, word: str) -> UUID:
    access.require(principal, WORK)
    view = people.get_person(principal, person_id)
    if kind not in _rules:
        raise Refused("no_card", _("There is no such card."))
    with transaction.atomic():
        rows = CardWord.objects.select_for_update().filter(person_id=view.id, kind=kind)
        before = [{"id": str(row.pk), "word": row.word, "at": row.at.isoformat()} for row in rows]
        told: dict[str, Any] = {"word": word, "staff_id": principal.staff_id, "at": clock.now()}
        if not rows.update(**told):
            CardWord.objects.create(person_id=view.id, kind=kind, **told)
        access.record(principal, f"card.{word}", "person", view.id, {"kind": kind})
        args = {"person_id": str(view.id), "kind": kind, "word": word, "at": told["at"].isoformat()}
        return undo.note(principal, CHANGE, args, before)


def _put_back(principal: access.Principal, args: dict[str, Any], before: Any) -> None:
    rows = CardWord.objects.filter(
        person_id=args["person_id"], kind=args["kind"], word=args["word"], at=args["at"], staff_id=principal.staff_id
    )  # what somebody said since stays
    for each in before:
        rows.filter(pk=each["id"]).update(word=each["word"], at=each["at"])
    if not before:
        rows.delete()
    access.record(principal, "card.undone", "person", args["person_id"], {"kind": args["kind"]})


def _worth() -> dict[str, float]:
    """Kind → share of its cards that were of use, drawn towards one half while few were judged. 1 query."""
    said: dict[str, dict[str, int]] = {}
    for row in CardWord.objects.values("kind", "word").annotate(n=Count("id")):
        said.setdefault(row["kind"], {})[row["word"]] = row["n"]
    return {
        kind: (counts.get(USED, 0) + 2) / (counts.get(USED, 0) + counts.get(DISMISSED, 0) + 4)
        for kind, counts in said.items()
    }


def _known(view: people.PersonView) -> Known:
    now = clock.now()
    ids = people.members_of([view.id])[view.id]
    rows = events.timeline("person", ids, limit=_FACTS).events
    facts = [Fact(each.id, each.kind, each.name, each.data or {}, each.occurred_at) for each in rows]
    return Known([each for each in facts if each.at >= now - _LOOK_BACK], view.traits, view.observed_at, now)


def register() -> None:
    undo.register(CHANGE, undo.Handler(None, _put_back))
