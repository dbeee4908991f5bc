"""What forbids an action: an open complaint, consent and suppression, data that may only be kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from amity.channels import api as channels
from amity.events import api as events
from amity.journeys.actions import kinds_for
from amity.journeys.decide import Situation, register_blocker
from amity.people import api as people

OPENED = ("complaint", "complaint opened")
CLOSED = ("complaint closed", "complaint resolved")
SELLING = ("offer",)
Complaining = Callable[[Iterable[UUID]], set[UUID]]
_registers: list[Complaining] = []
PURPOSE = {"deal": people.consent.SERVICE, "person": people.consent.MARKETING}
WORDS: Mapping[str, str | Promise] = {
    "complaint_open": _("A complaint of theirs is still open"),
    "planned": _("It was agreed on already"),
    "asleep": _("It was refused lately"),
    "no_person": _("Nobody is named as the contact"),
}


def register() -> None:
    """The blockers of this room."""
    register_blocker(complaints, WORDS)
    register_blocker(reach, channels.REASONS)


def register_complaints(complaining: Complaining) -> None:
    """A room that keeps complaints says which of some people have one open. 1 query per call."""
    _registers.append(complaining)


def complaints(situations: Sequence[Situation]) -> dict[UUID, dict[str, str]]:
    """No offer while a complaint is open: in the log the last one opened came after the last one
    closed, or a room says so (`register_complaints`). 2 queries and 1 per room."""
    angry = complaining(each.person_id for each in situations if each.person_id)
    return {each.id: dict.fromkeys(SELLING, "complaint_open") for each in situations if each.person_id in angry}


def complaining(person_ids: Iterable[UUID], members: Mapping[UUID, Sequence[UUID]] | None = None) -> set[UUID]:
    """Those of these people who have an open complaint. 2 queries, 1 where their profiles' ``members`` are known; and
    1 per room that keeps complaints."""
    members = members or people.members_of(person_ids)
    everybody = [m for each in members.values() for m in each]
    facts = events.last_touches("person_id", everybody, (*OPENED, *CLOSED))
    kept = {pk for register in _registers for pk in register(everybody)}
    return {pk for pk, each in members.items() if kept.intersection(each) or _open([facts.get(m, {}) for m in each])}


def reach(situations: Sequence[Situation]) -> dict[UUID, dict[str, str]]:
    """No message and no call where consent, suppression or the lack of an address forbid it. 9 queries per kind."""
    found: dict[UUID, dict[str, str]] = {}
    for subject in sorted({each.kind for each in situations}):
        alike = [each for each in situations if each.kind == subject]
        needing = {key: kind.needs for key, kind in kinds_for(subject).items() if kind.needs}
        over = sorted(set(needing.values()))
        barred = channels.barred([e.person_id for e in alike if e.person_id], PURPOSE[subject], over)
        for channel in over:
            keys = [key for key, needs in needing.items() if needs == channel]
            for each in alike:
                code = barred[channel].get(each.person_id, "") if each.person_id else "no_person"
                if code:
                    found.setdefault(each.id, {}).update(dict.fromkeys(keys, code))
    return found


def _open(found: Iterable[Mapping[str, datetime]]) -> bool:
    facts = list(found)
    opened = max((each[kind] for each in facts for kind in OPENED if kind in each), default=None)
    closed = max((each[kind] for each in facts for kind in CLOSED if kind in each), default=None)
    return opened is not None and (closed is None or closed < opened)
