"""Many merges that a policy decides at once: checked one by one in order, worked out together.

What a single merge refuses is refused here too, by its code; and nothing verified of one group contradicts another:
no two user ids, no two checked addresses or numbers, also where two become one through a third.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from amity.access import api as access
from amity.base import clock
from amity.base.ids import new_id
from amity.events import api as events
from amity.people import merge, merge_companies
from amity.people.members import survivors
from amity.people.merge_company_groups import regroup as regroup_companies
from amity.people.merge_groups import lock
from amity.people.models import Company, CompanyMerge, Identifier, Merge, Person

SAME, PARTED, LOGINS, VERIFIED, GONE = "merge_same", "merge_parted", "merge_logins", "merge_verified", "not_found"
_PROVED = ("email", "phone", "user_id")
Marks = dict[str, set[str]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """``loser`` is to become part of ``winner``, because of ``evidence``."""

    winner: UUID
    loser: UUID
    evidence: Mapping[str, Any]


@dataclass(slots=True)
class Groups:
    """Who is one with whom, with what was asked for so far; what each group is known by."""

    now: dict[UUID, UUID]
    there: set[UUID]
    vetoes: set[frozenset[UUID]]
    logins: set[UUID] = field(default_factory=set)
    marks: dict[UUID, Marks] = field(default_factory=dict)
    parts: dict[UUID, set[UUID]] = field(default_factory=dict)

    def of(self, pk: UUID) -> UUID:
        """The survivor of a profile."""
        found = self.now[pk]
        while self.now.get(found, found) != found:
            found = self.now[found]
        return found

    def refusal(self, wanted: Wanted) -> str:
        """Why these two cannot become one; empty where they can."""
        if not {wanted.winner, wanted.loser} <= self.there:
            return GONE
        winner, loser = self.of(wanted.winner), self.of(wanted.loser)
        if winner == loser:
            return SAME
        mine, theirs = (self.parts.get(each, {each}) for each in (winner, loser))
        if any(frozenset((a, b)) in self.vetoes for a in mine for b in theirs):
            return PARTED
        if {winner, loser} <= self.logins:
            return LOGINS
        one, other = (self.marks.get(each, {}) for each in (winner, loser))
        against = any(one.get(kind) and other.get(kind) and not one[kind] & other[kind] for kind in _PROVED)
        return VERIFIED if against else ""

    def join(self, winner: UUID, loser: UUID) -> None:
        """From now on the two groups are one."""
        self.parts[winner] = self.parts.get(winner, {winner}) | self.parts.pop(loser, {loser})
        marks, more = self.marks.setdefault(winner, {}), self.marks.pop(loser, {})
        for kind, values in more.items():
            marks[kind] = marks.get(kind, set()) | values
        if loser in self.logins:
            self.logins.add(winner)
        self.now[loser] = winner


def merge_many(kind: str, wanted: Sequence[Wanted], policy: str) -> list[UUID | str]:
    """Make these one as Amity, where nothing is against it; per pair the merge, or the code why not. Audited.

    One transaction; about 40 queries and 3 for each merge. Raises ``Refused("merge_too_big")``: then nothing was done.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if kind == "company":
            return _companies(cursor, wanted, policy)
        lock(cursor)
        ends = {end for each in wanted for end in (each.winner, each.loser)}
        groups = _people(cursor, ends)
        found, made = _joined(groups, wanted, Merge, policy)
        if made:
            merge.settle(cursor, {end for each in made for end in (each.winner_id, each.loser_id)})
        _tell("person", made, policy)
    return found


def _companies(cursor: Any, wanted: Sequence[Wanted], policy: str) -> list[UUID | str]:
    cursor.execute(merge_companies.LOCK)
    ends = {end for each in wanted for end in (each.winner, each.loser)}
    now = merge_companies.survivors(ends)
    there = set(Company.objects.filter(pk__in=ends).values_list("pk", flat=True))
    groups = Groups(now, there, _vetoes(CompanyMerge, {*ends, *now.values()}))
    found, made = _joined(groups, wanted, CompanyMerge, policy)
    if made:
        regroup_companies(cursor, {end for each in made for end in (each.winner_id, each.loser_id)})
    _tell("company", made, policy)
    return found


def _people(cursor: Any, ends: set[UUID]) -> Groups:
    """What is known of these people and whom they are part of. 5 queries."""
    now = survivors(ends, cursor)
    whole = set(now.values())
    there = set(Person.objects.filter(pk__in=ends).values_list("pk", flat=True))
    logins = set(Person.objects.filter(pk__in=whole, grade="login").values_list("pk", flat=True))
    home = {pk: pk for pk in whole}
    home |= dict(Person.objects.filter(merged_into_id__in=whole).values_list("pk", "merged_into_id"))
    marks: dict[UUID, Marks] = {}
    proved = Identifier.objects.filter(Q(verified=True) | Q(kind="user_id"), person_id__in=home, kind__in=_PROVED)
    for person_id, kind, value in proved.values_list("person_id", "kind", "value"):
        marks.setdefault(home[person_id], {}).setdefault(kind, set()).add(value)
    return Groups(now, there, _vetoes(Merge, {*ends, *whole}), logins, marks)


def _vetoes(ledger: Any, ends: Iterable[UUID]) -> set[frozenset[UUID]]:
    """Pairs that a human took apart. 1 query."""
    ids = list(ends)
    rows = ledger.objects.filter(loser_id__in=ids, winner_id__in=ids, veto=True)
    return {frozenset(pair) for pair in rows.values_list("loser_id", "winner_id")}


def _joined(
    groups: Groups, wanted: Sequence[Wanted], ledger: Any, policy: str
) -> tuple[list[UUID | str], list[Merge | CompanyMerge]]:
    """The entries of the ledger for what can be joined, written; per pair its entry or why there is none."""
    found: list[UUID | str] = []
    made = []
    for each in wanted:
        refused = groups.refusal(each)
        if refused:
            found.append(refused)
            continue
        winner, loser = groups.of(each.winner), groups.of(each.loser)
        groups.join(winner, loser)
        entry = ledger(
            id=new_id(), loser_id=loser, winner_id=winner, policy=policy, evidence=dict(each.evidence),
            created_at=clock.now(),
        )  # fmt: skip
        made.append(entry)
        found.append(entry.pk)
    ledger.objects.bulk_create(made)
    return found, made


def _tell(kind: str, made: Sequence[Merge | CompanyMerge], policy: str) -> None:
    for each in made:
        detail = {"merged": str(each.loser_id), "policy": policy, "merge": str(each.pk)}
        access.record(access.SYSTEM, "merge", kind, each.winner_id, detail)
    facts = ((each.winner_id, {"id": str(each.winner_id), "merged": str(each.loser_id)}) for each in made)
    events.publish_many(f"{kind}.updated", facts)
