"""Whom events are about: from identifiers to person rows, for thousands of events at once.

Classes of identifiers, the strong first: the user id of a site, app or server (a row of its own, for ever), an e-mail
address or phone number that was proved, one that was merely said, a device. Network addresses identify nobody.
An event with a user id lands on that user's row; an anonymous one on the row of its device's visitor, which is part of
whoever signs in on the device next (`identity_devices`). Which rows are one person is worked out from merges
(`merge_groups`), so rows never change whom their events belong to, and any join can be taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Generic, TypeVar
from uuid import UUID

from amity.base.ids import new_id
from amity.events.api import Fact
from amity.people import identity_devices as devices
from amity.people import identity_rows as rows
from amity.people import literals
from amity.people.identity_devices import Bound, Moved, Shift
from amity.people.identity_junk import plain_id
from amity.people.identity_rows import Claim, Join, NewPerson, Point
from amity.people.traits_store import text

CACHED = 300_000  # identifiers that a process remembers, about 60 MB
K = TypeVar("K")
V = TypeVar("V")
Slot = tuple[UUID, UUID | None]  # device, user id or nobody


class Bounded(dict[K, V], Generic[K, V]):
    """A dict that forgets its oldest tenth when it is full."""

    def trim(self, most: int = CACHED) -> None:
        if len(self) > most:
            for key in list(islice(self, len(self) - most + most // 10)):
                del self[key]


@dataclass(slots=True)
class Device:
    """What is remembered of a device."""

    id: UUID
    login: UUID | None = None
    shared: bool = False


@dataclass(slots=True)
class Memory:
    """What a process remembers of identifiers; everything can be read again."""

    logins: Bounded[str, UUID] = field(default_factory=Bounded)
    devices: Bounded[str, Device] = field(default_factory=Bounded)
    slots: Bounded[Slot, UUID] = field(default_factory=Bounded)
    merged: Bounded[UUID, UUID] = field(default_factory=Bounded)  # row → the profile it is part of (maybe itself)
    claims: Bounded[tuple[UUID, str, str], bool] = field(default_factory=Bounded)
    mark: tuple[Any, ...] = ()

    def forget(self) -> None:
        for each in (self.logins, self.devices, self.slots, self.merged, self.claims):
            each.clear()
        self.mark = ()

    def trim(self) -> None:
        for each in (self.logins, self.devices, self.slots, self.merged, self.claims):
            each.trim()


@dataclass(slots=True)
class Resolved:
    """Per event the row it lands on (None: about nobody); what identity changed on the way."""

    homes: list[UUID | None]
    moved: Moved
    owned: set[UUID]  # visitors whose device got its first user id


def prepare(facts: Iterable[Fact]) -> None:
    """Read the ids of events as they are compared, so that `resolve` finds them read."""
    for fact in facts:
        for said in (fact.user_id, fact.anonymous_id):
            if said:
                plain_id(said)


def resolve(cursor: Any, memory: Memory, facts: Sequence[Fact]) -> Resolved:
    """Find or make the person rows of events. About 4 queries where everything is known."""
    users = [plain_id(fact.user_id) if fact.user_id else "" for fact in facts]
    things = [plain_id(fact.anonymous_id) if fact.anonymous_id else "" for fact in facts]
    before = [
        plain_id(f.previous_id) if f.kind == "alias" and f.previous_id and u else ""
        for f, u in zip(facts, users, strict=True)
    ]
    _know_logins(cursor, memory, facts, users)
    _know_devices(cursor, memory, [*things, *before])
    _propose(cursor, memory, facts, users, before)
    moved, owned = _sign_ins(cursor, memory, _points(memory, facts, users, things, before))
    homes: list[UUID | None] = [memory.logins[user] if user else None for user in users]
    waiting = [at for at, (user, thing) in enumerate(zip(users, things, strict=True)) if thing and not user]
    for at, home in zip(waiting, _visitors(cursor, memory, facts, things, waiting), strict=True):
        homes[at] = home
    return Resolved(homes, moved, owned)


def survivors(cursor: Any, memory: Memory, homes: Iterable[UUID]) -> dict[UUID, UUID]:
    """Rows with the profiles that they are part of now. At most 1 query."""
    found: dict[UUID, UUID] = {}
    unknown = []
    for pk in set(homes):
        survivor = memory.merged.get(pk)
        if survivor is None:
            unknown.append(pk)
        else:
            found[pk] = survivor
    if unknown:
        merged = rows.merged(cursor, unknown)
        fresh = {pk: merged.get(pk, pk) for pk in unknown}
        memory.merged.update(fresh)
        found |= fresh
    return found


def claim(cursor: Any, memory: Memory, claims: Iterable[Claim]) -> set[tuple[str, str]]:
    """Note contacts that profiles gave as theirs; those that are new somewhere. At most 1 query."""
    fresh = [each for each in claims if memory.claims.get(each[:3]) not in (True, each.verified)]
    changed = rows.add_identifiers(cursor, fresh)
    memory.claims.update((each[:3], each.verified) for each in fresh)
    return {(kind, value) for _person, kind, value in changed}


def disclaim(memory: Memory, gone: Iterable[tuple[UUID, str, str]]) -> set[tuple[str, str]]:
    """Contacts that were taken from rows (row, kind, value) are new there when they are claimed again; the contacts."""
    contacts = set()
    for key in gone:
        memory.claims.pop(key, None)
        contacts.add(key[1:])
    return contacts


def _know_logins(cursor: Any, memory: Memory, facts: Sequence[Fact], users: Sequence[str]) -> None:
    unknown = {user for user in users if user and user not in memory.logins}
    if not unknown:
        return
    memory.logins.update(rows.logins(cursor, unknown))
    people: list[NewPerson] = []
    claims: list[Claim] = []
    for fact, user in zip(facts, users, strict=True):
        if user in unknown and user not in memory.logins:
            pk = memory.logins[user] = new_id()
            memory.merged[pk] = pk
            people.append(NewPerson(pk, "login", fact.source_id, fact.occurred_at))
            claims.append(Claim(pk, "user_id", user, fact.source_id, fact.occurred_at))
    rows.add_persons(cursor, people)
    rows.add_identifiers(cursor, claims)


def _know_devices(cursor: Any, memory: Memory, values: Iterable[str]) -> None:
    unknown = {value for value in values if value and value not in memory.devices}
    if not unknown:
        return
    cursor.execute(
        "SELECT id, value, login_id, shared FROM people_device WHERE value = ANY(%s::text[])", [literals.texts(unknown)]
    )
    memory.devices.update((value, Device(pk, login, shared)) for pk, value, login, shared in cursor.fetchall())
    new = [(new_id(), value) for value in sorted(unknown) if value not in memory.devices]
    rows.add_devices(cursor, new)
    memory.devices.update((value, Device(pk)) for pk, value in new)


def _points(
    memory: Memory, facts: Sequence[Fact], users: Sequence[str], things: Sequence[str], before: Sequence[str]
) -> list[tuple[str, Point]]:
    """User ids seen on devices, unless the device has been that user's alone all along."""
    open_now: set[str] = set()
    for user, thing, previous in zip(users, things, before, strict=True):
        if user and thing and thing not in open_now:
            device, login = memory.devices[thing], memory.logins[user]
            if device.shared or (device.login is not login and device.login != login):
                open_now.add(thing)
        if previous:
            open_now.add(previous)
    found: list[tuple[str, Point]] = []
    if not open_now:
        return found
    for fact, user, thing, previous in zip(facts, users, things, before, strict=True):
        for value, evidence in ((thing, "same_event"), (previous, "alias")):
            if user and value in open_now:
                device = memory.devices[value]
                point = Point(device.id, memory.logins[user], fact.occurred_at, fact.message_id, evidence)
                found.append((value, point))
    return found


def _sign_ins(cursor: Any, memory: Memory, points: list[tuple[str, Point]]) -> tuple[Moved, set[UUID]]:
    """Take in who signed in where: first owners of devices, and the intervals of shared ones."""
    if not points:
        return Moved(set(), set(), {}, set(), set()), set()
    logins: dict[str, set[UUID]] = {}
    for value, point in points:
        logins.setdefault(value, set()).add(point.login)
    owned: list[str] = []
    shifts: list[Shift] = []
    turned: list[str] = []
    for value, who in logins.items():
        device = memory.devices[value]
        if device.shared or who == {device.login}:
            continue
        if device.login is None and len(who) == 1:
            device.login = next(iter(who))
            owned.append(value)
            continue
        if device.login is not None:
            shifts.append(devices.share(cursor, device.id, value, device.login))
        device.shared = True
        turned.append(value)
    known = [memory.devices[value] for value in (*owned, *turned)]
    rows.own_devices(cursor, [(device.id, device.login, device.shared) for device in known])
    first, shared = _by_use(memory, points, set(owned))
    rows.add_points(cursor, first)
    shifts += devices.sign_in(cursor, shared)
    bound = _own(cursor, memory, owned)
    moved = devices.carry_out(cursor, _worth(cursor, memory, shifts))
    moved.joined.update(bound.joined)
    moved.regrouped.update(bound.regrouped)
    _forget(memory, moved.profiles | moved.joined.keys() | bound.changed)
    if moved.regrouped:
        memory.merged.clear()  # merges took others along, and whatever follows those
    return moved, bound.changed


def _by_use(memory: Memory, points: list[tuple[str, Point]], owned: set[str]) -> tuple[list[Point], list[Point]]:
    """First evidence for devices of a single user, and all sign-ins on shared ones."""
    first: list[Point] = []
    shared: list[Point] = []
    seen: set[str] = set()
    for value, point in points:
        if memory.devices[value].shared:
            shared.append(point)
        elif point.evidence == "alias" or (value in owned and value not in seen):
            seen.add(value)
            first.append(point)
    return first, shared


def _own(cursor: Any, memory: Memory, owned: Sequence[str]) -> Bound:
    """Devices got their first user id: what they did while nobody was signed in is that user's."""
    known = [memory.devices[value] for value in owned]
    _know_slots(cursor, memory, [(device.id, None) for device in known])
    visitors = [(memory.slots.pop((d.id, None)), d.id, d.login) for d in known if (d.id, None) in memory.slots]
    bound = devices.bind(cursor, visitors)
    memory.slots.update(((device, login), visitor) for visitor, device, login in visitors)
    return bound


def _worth(cursor: Any, memory: Memory, shifts: list[Shift]) -> list[Shift]:
    """Only shifts from slots that exist: most devices have nothing that could change hands."""
    _know_slots(cursor, memory, [(shift.device_id, shift.was) for shift in shifts])
    worth: list[Shift] = []
    filled: set[Slot] = set()  # by shifts before
    for shift in shifts:
        if (shift.device_id, shift.was) in memory.slots or (shift.device_id, shift.was) in filled:
            worth.append(shift)
            filled.add((shift.device_id, shift.now))
    for shift in worth:
        memory.slots.pop((shift.device_id, shift.was), None)
        memory.slots.pop((shift.device_id, shift.now), None)
    return worth


def _forget(memory: Memory, profiles: Iterable[UUID]) -> None:
    for pk in profiles:
        memory.merged.pop(pk, None)


def _know_slots(cursor: Any, memory: Memory, wanted: Iterable[Slot]) -> None:
    unknown = [slot for slot in dict.fromkeys(wanted) if slot not in memory.slots]
    for login_known, condition in ((True, "s.login_id = u.login"), (False, "s.login_id IS NULL")):
        some = [slot for slot in unknown if (slot[1] is not None) is login_known]
        if some:
            cursor.execute(
                "SELECT s.device_id, s.login_id, s.person_id FROM unnest(%s::uuid[], %s::uuid[]) AS u (device, login) "
                f"JOIN people_slot s ON s.device_id = u.device AND {condition} ORDER BY s.person_id",
                [[slot[0] for slot in some], [slot[1] for slot in some]],
            )
            memory.slots.update(((device, login), person) for device, login, person in cursor.fetchall())


def _visitors(
    cursor: Any, memory: Memory, facts: Sequence[Fact], things: Sequence[str], waiting: Sequence[int]
) -> list[UUID]:
    """The visitor rows that anonymous events land on."""
    found = [memory.devices[things[at]] for at in waiting]
    shared = [(device.id, facts[at].occurred_at) for device, at in zip(found, waiting, strict=True) if device.shared]
    owners = iter(devices.whose(cursor, shared))
    slots = [(device.id, next(owners) if device.shared else device.login) for device in found]
    _know_slots(cursor, memory, slots)
    missing: dict[Slot, Fact] = {}
    for slot, at in zip(slots, waiting, strict=True):
        if slot not in memory.slots:
            missing.setdefault(slot, facts[at])
    if missing:
        _add_visitors(
            cursor, memory, missing, dict(zip((d.id for d in found), (things[at] for at in waiting), strict=True))
        )
    return [memory.slots[slot] for slot in slots]


def _add_visitors(cursor: Any, memory: Memory, missing: dict[Slot, Fact], values: dict[UUID, str]) -> None:
    """Rows for what devices do while nobody is signed in; part of their user from the start where that is known."""
    into = survivors(cursor, memory, {login for _device, login in missing if login is not None})
    parted = _parted(cursor, [slot for slot in missing if slot[1] is not None])
    people: list[NewPerson] = []
    joins: list[Join] = []
    slots: list[tuple[UUID, UUID, UUID | None]] = []
    for (device, login), fact in missing.items():
        pk = memory.slots[device, login] = new_id()
        one = login is not None and (device, login) not in parted
        people.append(
            NewPerson(pk, "visitor", fact.source_id, fact.occurred_at, into[login] if login and one else None)
        )
        memory.merged[pk] = into[login] if login and one else pk
        slots.append((device, pk, login))
        if login and one:
            joins.append(Join(pk, login, True, text({"device": values[device]})))
    rows.add_persons(cursor, people)
    rows.add_slots(cursor, slots)
    rows.add_joins(cursor, joins)


def _parted(cursor: Any, slots: Sequence[Slot]) -> set[Slot]:
    """Devices and user ids that a human took apart."""
    if not slots:
        return set()
    cursor.execute(
        "SELECT u.device, u.login FROM unnest(%s::uuid[], %s::uuid[]) AS u (device, login) "
        f"WHERE EXISTS ({devices.PARTED})",
        [[slot[0] for slot in slots], [slot[1] for slot in slots]],
    )
    return set(cursor.fetchall())


def _propose(cursor: Any, memory: Memory, facts: Sequence[Fact], users: Sequence[str], before: Sequence[str]) -> None:
    """One user id said to be another: evidence for a human, never a merge by itself."""
    said = [(fact, user, previous) for fact, user, previous in zip(facts, users, before, strict=True) if previous]
    if not said:
        return
    known = rows.logins(cursor, {previous for _fact, _user, previous in said})
    pairs: dict[tuple[UUID, UUID], datetime] = {}
    for fact, user, previous in said:
        if previous in known and known[previous] != memory.logins[user]:
            pairs.setdefault((memory.logins[user], known[previous]), fact.occurred_at)
    cursor.execute(
        "INSERT INTO people_link (id, login_id, other_id, evidence, message_id, at) SELECT u.id, u.login, u.other, "
        "'alias', '', u.at FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::timestamptz[]) "
        "AS u (id, login, other, at) ON CONFLICT (login_id, other_id) WHERE other_id IS NOT NULL DO NOTHING",
        [[new_id() for _ in pairs], [a for a, _b in pairs], [b for _a, b in pairs], list(pairs.values())],
    )
