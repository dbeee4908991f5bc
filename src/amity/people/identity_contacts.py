"""Profiles that share an e-mail address or phone number: when that joins them, and bringing the joins in line.

A contact joins only where it is plain whose it is: at most one user id and one recorded person claim it (user ids that
proved it count before those that merely said so). No join ever brings two user ids or two recorded persons together.
Everything is a function of the set of claims, so the order in which they came does not matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from amity.base import clock
from amity.base.ids import new_id
from amity.people.identity_junk import links
from amity.people.merge_groups import Moves, find, regroup
from amity.people.traits_store import text

Contact = tuple[str, str]  # kind (email, phone) and plain value
HOT = 20  # profiles that may claim one contact: what more share says nothing
NEIGHBOURS = 300  # profiles looked at together; beyond that nothing is joined
_CLAIMANTS = """
SELECT c.kind, c.value, i.person_id, i.verified FROM unnest(%s::text[], %s::text[]) AS c (kind, value)
CROSS JOIN LATERAL (SELECT person_id, verified FROM people_identifier
    WHERE kind = c.kind AND value = c.value LIMIT %s) i
"""
_CONTACTS = (
    "SELECT person_id, kind, value FROM people_identifier WHERE person_id = ANY(%s) AND kind IN ('email', 'phone')"
)
_PEOPLE = """
SELECT p.id, p.grade, EXISTS (SELECT FROM people_slot s WHERE s.person_id = p.id AND s.login_id IS NOT NULL)
FROM people_person p WHERE p.id = ANY(%s)
"""
_JOINED = """
SELECT loser_id, winner_id FROM people_merge
WHERE policy = 'contact' AND revoked_at IS NULL AND (loser_id = ANY(%s) OR winner_id = ANY(%s))
"""
_MERGES = """
SELECT id, loser_id, winner_id, policy, veto, revoked_at IS NULL FROM people_merge
WHERE NOT plain AND (revoked_at IS NULL OR veto) AND (loser_id = ANY(%s) OR winner_id = ANY(%s))
"""


@dataclass(slots=True)
class Neighbours:
    """Profiles that contacts connect, with all that decides which of them are one."""

    grades: dict[UUID, str] = field(default_factory=dict)
    bound: set[UUID] = field(default_factory=set)  # visitors whose device says whose they are
    claims: dict[Contact, dict[UUID, bool]] = field(default_factory=dict)  # profile → whether it proved the address
    fixed: list[tuple[UUID, UUID]] = field(default_factory=list)  # merges by a human or a named policy
    vetoes: list[tuple[UUID, UUID]] = field(default_factory=list)
    have: dict[tuple[UUID, UUID], UUID] = field(default_factory=dict)  # joins that contacts made so far


def relink(cursor: Any, contacts: Iterable[Contact], people: Iterable[UUID] = ()) -> Moves:
    """Join and part profiles as the claims of these contacts, and of ``people``, say. 2 queries where nobody shares."""
    wanted = sorted({contact for contact in contacts if links(*contact)})
    shared: list[Contact] = []
    crowd, alone = set(people), set[UUID]()
    for contact, who in _claimants(cursor, wanted).items():
        if len(who) > HOT:
            crowd.update(who)  # too many: joins that were made while they were few go
        elif len(who) > 1:
            shared.append(contact)
        else:
            alone.update(who)
    crowd |= _joined_already(cursor, alone)
    if not shared and not crowd:
        return {}
    near = _neighbours(cursor, shared, crowd)
    if near is None:
        return {}
    return _bring_in_line(cursor, near, joined(near))


def joined(near: Neighbours) -> dict[tuple[UUID, UUID], Contact]:
    """Which profile (first) is part of which (second), and the contact that says so. Pure."""
    parent = {pk: pk for pk in near.grades}
    strong: dict[UUID, set[str]] = defaultdict(set)
    for pk, grade in near.grades.items():
        if grade != "visitor":
            strong[pk] = {grade}
    for one, other in near.fixed:
        _unite(parent, strong, one, other)
    found: dict[tuple[UUID, UUID], Contact] = {}
    for contact in sorted(near.claims, key=lambda each: (not any(near.claims[each].values()), each)):
        root, others = _whose(near, contact, parent)
        for other in others:
            a, b = find(parent, root), find(parent, other)
            if a != b and not strong[a] & strong[b] and not _parted(near, parent, a, b):
                _unite(parent, strong, a, b)
                found[other, root] = contact
    return found


def _unite(parent: dict[UUID, UUID], strong: dict[UUID, set[str]], one: UUID, other: UUID) -> None:
    a, b = find(parent, one), find(parent, other)
    parent[b] = a
    strong[a] = strong[a] | strong[b]


def _parted(near: Neighbours, parent: dict[UUID, UUID], a: UUID, b: UUID) -> bool:
    """Whether a human said that these two are not one."""
    return any({find(parent, x), find(parent, y)} == {a, b} for x, y in near.vetoes)


def _whose(near: Neighbours, contact: Contact, parent: dict[UUID, UUID]) -> tuple[UUID, list[UUID]]:
    """The profile that a contact belongs to and those that join it; nobody joins where that is not plain."""
    claims = near.claims[contact]
    by_grade: dict[str, list[UUID]] = defaultdict(list)
    for pk in sorted(claims):
        if pk in near.grades and pk not in near.bound:
            by_grade[near.grades[pk]].append(pk)
    logins = [pk for pk in by_grade["login"] if claims[pk]] or by_grade["login"]
    records = by_grade["record"]
    visitors = [pk for pk in by_grade["visitor"] if _says_one(near, pk, contact[0])]
    nobody = UUID(int=0)
    if len({find(parent, pk) for pk in logins}) > 1 or len({find(parent, pk) for pk in records}) > 1:
        return nobody, []
    all_of_them = [*records, *logins, *visitors]
    return (all_of_them[0], all_of_them[1:]) if all_of_them else (nobody, [])


def _says_one(near: Neighbours, visitor: UUID, kind: str) -> bool:
    """Whether a visitor gave a single address: a till on which many type theirs is nobody."""
    return sum(visitor in who for (other, _value), who in near.claims.items() if other == kind) == 1


def _claimants(cursor: Any, contacts: list[Contact]) -> dict[Contact, dict[UUID, bool]]:
    """Who claims these contacts, at most 21 each. 1 query."""
    found: dict[Contact, dict[UUID, bool]] = defaultdict(dict)
    if contacts:
        cursor.execute(_CLAIMANTS, [[kind for kind, _v in contacts], [value for _k, value in contacts], HOT + 1])
        for kind, value, person, verified in cursor.fetchall():
            found[kind, value][person] = verified
    return found


def _joined_already(cursor: Any, people: set[UUID]) -> set[UUID]:
    """Those that another contact joined with somebody: a visitor that now gives a second address is nobody. 1 query."""
    if not people:
        return set()
    cursor.execute(_JOINED, [list(people)] * 2)
    return {pk for pair in cursor.fetchall() for pk in pair} & people


def _neighbours(cursor: Any, contacts: list[Contact], people: set[UUID]) -> Neighbours | None:
    """Everybody connected with these by contacts or merges; None where that is a crowd. 4 queries a step."""
    near = Neighbours()
    fresh = set(people)
    while contacts or fresh:
        found = _claimants(cursor, contacts)
        near.claims |= {contact: who if len(who) <= HOT else {} for contact, who in found.items()}
        fresh |= {pk for contact in contacts for pk in near.claims.get(contact, ())}
        fresh -= near.grades.keys()
        if len(near.grades) + len(fresh) > NEIGHBOURS:
            return None
        _look_at(cursor, near, fresh)
        cursor.execute(_CONTACTS, [list(fresh)])
        rows = cursor.fetchall()
        contacts = sorted({(kind, value) for _pk, kind, value in rows if links(kind, value)} - near.claims.keys())
        contacts = contacts[: NEIGHBOURS * 2]
        ends = {pk for pair in (*near.fixed, *near.vetoes, *near.have) for pk in pair}
        fresh = ends - near.grades.keys()
    return near


def _look_at(cursor: Any, near: Neighbours, people: set[UUID]) -> None:
    if not people:
        return
    wanted = list(people)
    near.grades |= dict.fromkeys(wanted, "visitor")
    cursor.execute(_PEOPLE, [wanted])
    for pk, grade, bound in cursor.fetchall():
        near.grades[pk] = grade
        if bound:
            near.bound.add(pk)
    cursor.execute(_MERGES, [wanted, wanted])
    for pk, loser, winner, policy, _veto, holds in cursor.fetchall():
        if not holds:
            near.vetoes.append((loser, winner))
        elif policy == "contact":
            near.have[loser, winner] = pk
        else:
            near.fixed.append((winner, loser))


def _bring_in_line(cursor: Any, near: Neighbours, wanted: Mapping[tuple[UUID, UUID], Contact]) -> Moves:
    """Revoke joins that no longer follow from the claims, make those that do. 2 queries and a regrouping."""
    have = near.have
    gone = [pk for pair, pk in have.items() if pair not in wanted]
    made = [(pair, contact) for pair, contact in wanted.items() if pair not in have]
    if not gone and not made:
        return {}
    now = clock.now()
    cursor.execute("UPDATE people_merge SET revoked_at = %s WHERE id = ANY(%s)", [now, gone])
    cursor.execute(
        "INSERT INTO people_merge (id, loser_id, winner_id, policy, plain, evidence, created_at, veto) "
        "SELECT u.id, u.loser, u.winner, 'contact', false, u.evidence::jsonb, %s, false "
        "FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[]) AS u (id, loser, winner, evidence)",
        [
            now,
            [new_id() for _ in made],
            [pair[0] for pair, _c in made],
            [pair[1] for pair, _c in made],
            [text({"kind": kind, "value": value}) for _pair, (kind, value) in made],
        ],
    )
    ends = {pk for pair in (*(p for p in have if p not in wanted), *(p for p, _c in made)) for pk in pair}
    return regroup(cursor, ends)
