"""Events to try identity with, and profiles as a picture in which ids and order play no part."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from amity.events.api import Fact
from amity.people import activity, pipeline
from amity.people.models import Device, Identifier, Person, Slot

SOURCE = UUID("00000000-0000-7000-8000-00000000000a")
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
COLUMNS = ("display_name", "given_name", "family_name", "email", "phone", "job_title", "city", "country", "language")


def fact(kind: str, minute: float, user: str = "", device: str = "", **more: Any) -> Fact:
    """An event ``minute`` minutes after the beginning; its message id says what it is."""
    at = BEGIN + timedelta(minutes=minute)
    known = {"name": "Seen" if kind == "track" else "", "previous_id": "", "group_id": ""}
    bags: dict[str, Any] = {"traits": {}, "properties": {}, "context": {}}
    message = more.pop("message", f"{kind}-{minute}-{user}-{device}")
    return Fact(
        source_id=SOURCE, kind=kind, message_id=message, user_id=user, anonymous_id=device, occurred_at=at,
        received_at=at, position=(0, 0), **(known | bags | more),
    )  # fmt: skip


def identify(minute: float, user: str = "", device: str = "", **traits: Any) -> Fact:
    return fact("identify", minute, user, device, traits=traits)


def track(minute: float, user: str = "", device: str = "") -> Fact:
    return fact("track", minute, user, device)


def forget() -> None:
    """Let this process remember nothing: neither identifiers nor the names that are counted."""
    pipeline.memory_of_thread().forget()
    activity._names = activity.Names()


def feed(facts: Sequence[Fact], size: int = 5_000, *, fresh: bool = False) -> None:
    """Run the pipeline over ``facts`` in micro-batches; ``fresh``: each by a process that remembers nothing."""
    for start in range(0, len(facts), size):
        if fresh:
            pipeline.memory_of_thread().forget()
        with transaction.atomic(), connection.cursor() as cursor:
            pipeline.handle(list(facts[start : start + size]), cursor)


def picture() -> set[tuple[Any, ...]]:
    """Every surviving profile that anything is known of: its events, its identifiers, its values."""
    survivor = {pk: into or pk for pk, into in Person.objects.values_list("pk", "merged_into_id")}
    found: dict[UUID, tuple[set[str], set[tuple[str, str]]]] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT person_id, message_id FROM events_event WHERE person_id IS NOT NULL")
        for person, message in cursor.fetchall():
            found.setdefault(survivor[person], (set(), set()))[0].add(message)
    for person, kind, value in Identifier.objects.values_list("person_id", "kind", "value"):
        found.setdefault(survivor[person], (set(), set()))[1].add((kind, value))
    people = Person.objects.in_bulk(list(found))
    return {(frozenset(events), frozenset(keys), _values(people[pk])) for pk, (events, keys) in found.items()}


def _values(person: Person) -> frozenset[tuple[str, str]]:
    values = {name: getattr(person, name) for name in COLUMNS if getattr(person, name)}
    values |= {f":{name}": repr(value) for name, value in person.traits.items()}
    return frozenset(values.items())


def counted() -> dict[UUID, int]:
    """Events per surviving profile, as the sums have it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT person_id, sum(n) FROM people_activity GROUP BY 1")
        return {person: int(n) for person, n in cursor.fetchall()}


def of_log() -> dict[UUID, int]:
    """Events per surviving profile, counted in the log."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(p.merged_into_id, p.id), count(*) FROM events_event e JOIN people_person p "
            "ON p.id = e.person_id GROUP BY 1"
        )
        return dict(cursor.fetchall())


def misremembered() -> dict[str, Any]:
    """What this process remembers of identifiers though it is not so; nothing once it is to forget everything."""
    memory = pipeline.memory_of_thread()
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM people_identity_version")
        if not memory.mark or memory.mark[0] != cursor.fetchone()[0]:
            return {}
    survivor = {pk: into or pk for pk, into in Person.objects.values_list("pk", "merged_into_id")}
    devices = {row.value: (row.pk, row.login_id, row.shared) for row in Device.objects.all()}
    slots = set(Slot.objects.values_list("device_id", "login_id", "person_id"))
    claims = set(Identifier.objects.values_list("person_id", "kind", "value"))
    wrong = {
        "merged": {pk: now for pk, now in memory.merged.items() if survivor.get(pk) != now},
        "devices": {v: one for v, one in memory.devices.items() if devices.get(v) != (one.id, one.login, one.shared)},
        "slots": {slot: pk for slot, pk in memory.slots.items() if (*slot, pk) not in slots},
        "logins": {value: pk for value, pk in memory.logins.items() if (pk, "user_id", value) not in claims},
        "claims": {claim: True for claim in memory.claims if claim not in claims},
    }
    return {name: found for name, found in wrong.items() if found}
