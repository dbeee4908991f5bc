"""Who a request is about: a person with all profiles that are part of them, and what they are known by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Q

from amity.access import api as access
from amity.people.members import survivors
from amity.people.models import Device, Identifier, Own, Person, Slot, TraitChange
from amity.people.privacy_needles import Needle, normal
from amity.people.profiles import NAME_FIELDS, told_name

_MOST_NEEDLES = 2_000  # a login on a million devices: the rows go by their ids all the same


@dataclass(frozen=True, slots=True)
class Subject:
    """``ids``: the profile and all that are part of it. ``shared``: what others are known by too."""

    root: UUID
    ids: tuple[UUID, ...]
    name: str
    needles: tuple[Needle, ...]
    shared: tuple[Needle, ...]


def subject_of(person_id: UUID) -> Subject | None:
    """The person behind an id, whichever profile of theirs it is; None when there is nobody. 9 queries."""
    root = survivors([person_id])[person_id]
    rows = list(Person.objects.filter(Q(pk=root) | Q(merged_into_id=root)).order_by("pk"))
    if not rows:
        return None
    ids = tuple(row.pk for row in rows)
    names = [row.display_name or f"{row.given_name} {row.family_name}".strip() for row in rows]
    names += _names_before(ids)
    known = _known_by(rows, ids)
    others = _others(known, ids)
    needles = [Needle("person", str(pk)) for pk in ids[:_MOST_NEEDLES]]
    needles += [each for each in known if each not in others]
    needles += [Needle("name", name) for name in _rare(names, ids)]
    top = next(row for row in rows if row.pk == root)
    name = told_name({field: getattr(top, field) for field in NAME_FIELDS})
    return Subject(root, ids, name, tuple(dict.fromkeys(needles)), tuple(each for each in known if each in others))


def _known_by(rows: list[Person], ids: tuple[UUID, ...]) -> list[Needle]:
    """Addresses, numbers and ids, of today and before."""
    found = [Needle(*pair) for pair in Identifier.objects.filter(person_id__in=ids).values_list("kind", "value")]
    for row in rows:
        found += [Needle("email", row.email)] if "@" in row.email else []
        found += [Needle("phone", row.phone)] if row.phone else []
        found += [Needle("key", row.key.partition(":")[2])] if row.key else []
    owned = Q(login_id__in=ids) | Q(pk__in=Slot.objects.filter(person_id__in=ids).values("device"))
    devices = Device.objects.filter(owned, shared=False).order_by("-created_at")
    found += [Needle("device", value) for value in devices.values_list("value", flat=True)[:_MOST_NEEDLES]]
    changes = TraitChange.objects.filter(profile_id__in=ids, name__in=("email", "phone"))
    for name, before, after in changes.values_list("name", "before", "after")[:_MOST_NEEDLES]:
        found += [Needle(name, each) for each in (before, after) if isinstance(each, str) and each.strip()]
    return [each for each in dict.fromkeys(found) if each.value.strip()]


def _names_before(ids: tuple[UUID, ...]) -> list[str]:
    """Names that the profiles had before they were merged or changed."""
    found = []
    for told in Own.objects.filter(person_id__in=ids).values_list("values", flat=True):
        own = told.get("values", told) if isinstance(told, dict) else {}
        found.append(own.get("display_name") or f"{own.get('given_name', '')} {own.get('family_name', '')}".strip())
    changes = TraitChange.objects.filter(profile_id__in=ids, name="display_name").values_list("before", "after")
    return found + [each for pair in changes[:_MOST_NEEDLES] for each in pair if isinstance(each, str)]


def _others(known: Iterable[Needle], ids: tuple[UUID, ...]) -> set[Needle]:
    """Those that somebody else is known by as well: a shared mailbox, a colleague's number, one of the staff."""
    known = list(known)
    values = [each.value for each in known]
    elsewhere = Identifier.objects.filter(value__in=values).exclude(person_id__in=ids)
    taken = set(elsewhere.values_list("value", flat=True))
    people = Person.objects.exclude(pk__in=ids)
    taken |= set(people.filter(email__in=[v for v in values if "@" in v]).values_list("email", flat=True))
    taken |= set(people.filter(phone__in=values).exclude(phone="").values_list("phone", flat=True))
    for mail in {value for value in values if "@" in value}:
        taken |= {each.email for each in access.members(mail) if each.email and each.email.lower() == mail.lower()}
    bare = {normal("", value) for value in taken}
    return {each for each in known if normal("", each.value) in bare}


def _rare(names: Iterable[str], ids: tuple[UUID, ...]) -> list[str]:
    """Full names that nobody else here bears."""
    wanted = [name for name in dict.fromkeys(names) if Needle("name", name).strong]
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n FROM unnest(%s::text[]) AS n WHERE NOT EXISTS (SELECT 1 FROM people_person p "
            "WHERE p.display_name = n AND p.id <> ALL(%s))",
            [wanted, list(ids)],
        )
        return [row[0] for row in cursor.fetchall()]
