"""Whose a device's anonymous events are: those of whoever signs in on it next.

On a device with a single user id everything is that user's. On a shared one (a family's computer, a till) events
belong to the interval before a sign-in; those after the last one wait for the next, on the device's own visitor row.
That is a function of who signed in when, so a sign-in that arrives late only moves events of this device.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from amity.base.ids import new_id
from amity.people.identity_rows import Join, NewPerson, Point, add_joins, add_persons, add_points, add_slots
from amity.people.merge_groups import regroup
from amity.people.traits_store import text

EVER, NEVER = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
HEAVY = 100  # visitors with values of their own that count in a user's profile
_NEXT = """
SELECT p.n, after.login_id, before.at
FROM unnest(%s::int[], %s::uuid[], %s::timestamptz[], %s::text[]) AS p (n, device, at, message)
LEFT JOIN LATERAL (SELECT login_id FROM people_link l WHERE l.device_id = p.device AND (l.at, l.message_id) >
    (p.at, p.message) ORDER BY l.at, l.message_id LIMIT 1) after ON true
LEFT JOIN LATERAL (SELECT at FROM people_link l WHERE l.device_id = p.device AND (l.at, l.message_id) <
    (p.at, p.message) ORDER BY l.at DESC, l.message_id DESC LIMIT 1) before ON true
"""
_WHOSE = """
SELECT p.n, l.login_id FROM unnest(%s::int[], %s::uuid[], %s::timestamptz[]) AS p (n, device, at)
CROSS JOIN LATERAL (SELECT login_id FROM people_link l WHERE l.device_id = p.device AND l.at >= p.at
    ORDER BY l.at, l.message_id LIMIT 1) l
"""
_PAST = """
INSERT INTO people_link (id, device_id, login_id, evidence, message_id, at)
SELECT gen_random_uuid(), %s, %s, 'same_event', message_id, occurred_at FROM events_event
WHERE person_id = %s AND anonymous_id = %s ON CONFLICT (device_id, at, message_id) DO NOTHING
"""
_SPAN = (
    "SELECT (SELECT min(occurred_at) FROM events_event WHERE person_id = %(p)s), "
    "(SELECT max(occurred_at) FROM events_event WHERE person_id = %(p)s)"
)
_SLOTS = (
    "SELECT person_id FROM people_slot WHERE device_id = %s AND login_id IS NOT DISTINCT FROM %s "
    "ORDER BY person_id DESC LIMIT 100"
)
# Of a device and a user id ``u``: what a human took apart, whichever of the two had become part of the other.
PARTED = " UNION ALL ".join(
    f"SELECT FROM people_slot s JOIN people_merge m ON m.{one}_id = s.person_id AND m.{other}_id = u.login AND m.veto "
    "WHERE s.device_id = u.device"
    for one, other in (("loser", "winner"), ("winner", "loser"))
)


class Shift(NamedTuple):
    """Events of a device after ``since`` until ``until`` are no longer ``was``'s but ``now``'s (None: nobody's yet)."""

    device_id: UUID
    was: UUID | None
    now: UUID | None
    since: datetime
    until: datetime


class Moved(NamedTuple):
    """What re-attribution touched: profiles whose events changed, and visitors whose values must be read anew."""

    profiles: set[UUID]
    visitors: set[UUID]
    joined: dict[UUID, UUID]  # visitor → user id that it now belongs to as a whole, having waited so far
    given: set[UUID]  # visitors that as a whole belong to somebody else, or to nobody, now
    regrouped: set[UUID]  # profiles that became one or parted on the way


class Bound(NamedTuple):
    """Visitors that got an owner: rows whose profile changed, and those that joined without values of their own.

    ``regrouped``: profiles that became one or parted: merges may tie a visitor to others than the user id that it
    joins or leaves, and those go along.
    """

    changed: set[UUID]
    joined: dict[UUID, UUID]
    regrouped: set[UUID]


def whose(cursor: Any, asked: Sequence[tuple[UUID, datetime]]) -> list[UUID | None]:
    """Per shared device and moment: the user id that the anonymous event then belongs to. At most 1 query."""
    found: list[UUID | None] = [None] * len(asked)
    if asked:
        cursor.execute(_WHOSE, [list(range(len(asked))), [a[0] for a in asked], [a[1] for a in asked]])
        for number, login in cursor.fetchall():
            found[number] = login
    return found


def share(cursor: Any, device_id: UUID, value: str, login: UUID) -> Shift:
    """A second user id came up on a device: from now on every sign-in counts. 2 queries."""
    cursor.execute(_PAST, [device_id, login, login, value])
    cursor.execute("SELECT max(at) FROM people_link WHERE device_id = %s", [device_id])
    last = cursor.fetchone()[0]
    return Shift(device_id, login, None, last or EVER, NEVER)


def sign_in(cursor: Any, points: Sequence[Point]) -> list[Shift]:
    """Keep sign-ins on shared devices; what of the devices' past changes hands. 2 queries."""
    if not points:
        return []
    rows = sorted(set(points), key=lambda point: (point.at, point.message_id))
    cursor.execute(
        _NEXT,
        [list(range(len(rows))), [p.device_id for p in rows], [p.at for p in rows], [p.message_id for p in rows]],
    )
    around = {number: (after, before) for number, after, before in cursor.fetchall()}
    add_points(cursor, rows)
    shifts: list[Shift] = []
    last: dict[UUID, datetime] = {}
    for number, point in enumerate(rows):
        after, before = around[number]
        since = max(before or EVER, last.get(point.device_id, EVER))
        last[point.device_id] = point.at
        if after != point.login and since < point.at:
            shifts.append(Shift(point.device_id, after, point.login, since, point.at))
    return shifts


def carry_out(cursor: Any, shifts: Iterable[Shift]) -> Moved:
    """Move what a device's visitors did to where it belongs; whole visitors where that is enough."""
    moved = Moved(set(), set(), {}, set(), set())
    for shift in shifts:
        cursor.execute(_SLOTS, [shift.device_id, shift.was])
        for (visitor,) in cursor.fetchall():
            _shift_one(cursor, shift, visitor, moved)
    return moved


def _shift_one(cursor: Any, shift: Shift, visitor: UUID, moved: Moved) -> None:
    cursor.execute(_SPAN, {"p": visitor})
    first, last = cursor.fetchone()
    if first is None or first > shift.until or last <= shift.since:
        return
    if first > shift.since and last <= shift.until and not _waits_elsewhere(cursor, shift):
        bound = bind(cursor, [(visitor, shift.device_id, shift.now)])
        moved.given.add(visitor)
        moved.regrouped.update(bound.regrouped)
        if shift.was is None:
            moved.joined.update(bound.joined)
        else:
            moved.profiles.update(bound.changed)
        return
    target = _slot_for(cursor, shift)
    cursor.execute(
        "UPDATE events_event SET person_id = %s WHERE person_id = %s AND occurred_at > %s AND occurred_at <= %s",
        [target, visitor, shift.since, shift.until],
    )
    moved.profiles.update((visitor, target))
    moved.visitors.update((visitor, target))


def _waits_elsewhere(cursor: Any, shift: Shift) -> bool:
    """Whether the device has its waiting visitor already (there is only one)."""
    if shift.now is not None:
        return False
    cursor.execute("SELECT 1 FROM people_slot WHERE device_id = %s AND login_id IS NULL", [shift.device_id])
    return cursor.fetchone() is not None


def _slot_for(cursor: Any, shift: Shift) -> UUID:
    cursor.execute(_SLOTS, [shift.device_id, shift.now])
    row = cursor.fetchone()
    if row:
        return UUID(str(row[0]))
    cursor.execute("SELECT origin_id, observed_at FROM people_person p JOIN people_slot s ON s.person_id = p.id "
                   "WHERE s.device_id = %s LIMIT 1", [shift.device_id])  # fmt: skip
    origin, at = cursor.fetchone()
    visitor = new_id()
    add_persons(cursor, [NewPerson(visitor, "visitor", origin, at)])
    add_slots(cursor, [(shift.device_id, visitor, None if shift.now is None else shift.now)])
    if shift.now is not None:
        bind(cursor, [(visitor, shift.device_id, shift.now)])
    return visitor


def bind(cursor: Any, visitors: Sequence[tuple[UUID, UUID, UUID | None]]) -> Bound:
    """Say whose visitors (visitor, device, user id or None) are. About 7 queries.

    What contacts joined them with goes at once, so that nothing stands between two user ids even for a moment; the
    caller looks at those contacts again. A visitor that a human took away from this user id on this device stays by
    itself.
    """
    if not visitors:
        return Bound(set(), {}, set())
    ids = [visitor for visitor, _device, _login in visitors]
    cursor.execute(
        "UPDATE people_slot s SET login_id = u.login FROM unnest(%s::uuid[], %s::uuid[]) AS u (visitor, login) "
        "WHERE s.person_id = u.visitor",
        [ids, [login for _v, _d, login in visitors]],
    )
    cursor.execute(
        "UPDATE people_merge SET revoked_at = now() WHERE revoked_at IS NULL AND (policy IN ('device', 'contact') "
        "AND loser_id = ANY(%s) OR policy = 'contact' AND winner_id = ANY(%s)) RETURNING loser_id, winner_id, plain",
        [ids, ids],
    )
    revoked = cursor.fetchall()
    joins = _joins(cursor, visitors)
    add_joins(cursor, joins)
    seeds = {pk for loser, winner, plain in revoked if not plain for pk in (loser, winner)}
    seeds |= {pk for join in joins if not join.plain for pk in (join.visitor, join.login)}
    moves = regroup(cursor, seeds) if seeds else {}
    _place_plain(cursor, ids, joins)
    changed = {pk for loser, winner, _plain in revoked for pk in (loser, winner)}
    changed |= {pk for join in joins for pk in (join.visitor, join.login)}
    regrouped = {pk for was, now in moves.values() if was != now for pk in (was, now)}
    return Bound(changed, {join.visitor: join.login for join in joins if join.plain}, regrouped)


def _joins(cursor: Any, visitors: Sequence[tuple[UUID, UUID, UUID | None]]) -> list[Join]:
    wanted = [(visitor, device, login) for visitor, device, login in visitors if login is not None]
    if not wanted:
        return []
    arrays = [[row[0] for row in wanted], [row[1] for row in wanted], [row[2] for row in wanted]]
    cursor.execute(
        "SELECT u.visitor, u.login, p.anonymous AND p.traits = '{}' AND p.origins = '{}', d.value, "
        "EXISTS (SELECT FROM people_merge m WHERE (m.loser_id = u.visitor OR m.winner_id = u.visitor) AND NOT m.plain "
        "AND m.revoked_at IS NULL), "
        f"EXISTS ({PARTED}), "
        "(SELECT count(*) FROM (SELECT FROM people_merge m WHERE m.winner_id = u.login AND NOT m.plain "
        "AND m.revoked_at IS NULL LIMIT %s) few) FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[]) "
        "AS u (visitor, device, login) "
        "JOIN people_person p ON p.id = u.visitor JOIN people_device d ON d.id = u.device",
        [HEAVY, *arrays],
    )
    return [
        Join(visitor, login, (plain or heavy >= HEAVY) and not tied, text({"device": value}))
        for visitor, login, plain, value, tied, veto, heavy in cursor.fetchall()
        if not veto
    ]


def _place_plain(cursor: Any, ids: list[UUID], joins: Sequence[Join]) -> None:
    """Visitors without values point straight to the profile that their user id is part of."""
    logins = {join.visitor: join.login for join in joins if join.plain}
    heavy = {join.visitor for join in joins if not join.plain}
    plain = [pk for pk in ids if pk not in heavy]
    cursor.execute(
        "UPDATE people_person p SET merged_into_id = coalesce(l.merged_into_id, l.id) "
        "FROM unnest(%s::uuid[], %s::uuid[]) AS u (visitor, login) LEFT JOIN people_person l ON l.id = u.login "
        "WHERE p.id = u.visitor AND NOT EXISTS (SELECT FROM people_merge m WHERE (m.loser_id = p.id OR "
        "m.winner_id = p.id) AND m.revoked_at IS NULL AND NOT m.plain)",
        [plain, [logins.get(pk) for pk in plain]],
    )
