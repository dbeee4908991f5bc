"""Restriction, art. 18: data are kept and used for nothing else (no segments, no scores, no sending). Reversible."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, live
from amity.base.errors import NotFound, Refused
from amity.people import segments_live
from amity.people.members import members_of, survivors
from amity.people.models import Restriction
from amity.people.privacy_tables import RESTRICTED_SQL

PERMISSION = "privacy.manage"


def restrict(principal: access.Principal, person_id: UUID, reason: str, note: str = "") -> None:
    """From now on this person's data are only kept. Audited. Raises ``Refused("restricted_already")``."""
    access.require(principal, PERMISSION)
    root = survivors([person_id])[person_id]
    if restricted([root]):
        raise Refused("restricted_already", _("The use of these data is restricted already."), 409)
    with transaction.atomic():
        Restriction.objects.create(person_id=root, reason=reason, note=note.strip(), by=principal.staff_id)
        access.record(principal, "restrict", "person", root, {"why": note.strip(), "code": reason})
        _follow(root)


def lift(principal: access.Principal, person_id: UUID) -> None:
    """The data may be used again. Audited. Raises ``NotFound`` when nothing is restricted."""
    access.require(principal, PERMISSION)
    root = survivors([person_id])[person_id]
    members = members_of([root])[root]
    with transaction.atomic():
        rows = Restriction.objects.filter(person_id__in=members, lifted_at=None)
        if not rows.update(lifted_at=clock.now(), lifted_by=principal.staff_id):
            raise NotFound(_("The use of these data is not restricted."))
        access.record(principal, "unrestrict", "person", root)
        _follow(root)


def restricted(ids: Iterable[UUID]) -> set[UUID]:
    """Those of ``ids`` whose data may only be kept, members of a restricted profile included. 1 query."""
    wanted = list(ids)
    if not wanted:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT p.id FROM people_person p WHERE p.id = ANY(%s) "
            f"AND coalesce(p.merged_into_id, p.id) IN ({RESTRICTED_SQL})",
            [wanted],
        )
        return {row[0] for row in cursor.fetchall()}


def current(person_id: UUID) -> Restriction | None:
    """What restricts this person's data now. 2 queries."""
    root = survivors([person_id])[person_id]
    return Restriction.objects.filter(person_id__in=members_of([root])[root], lifted_at=None).first()


def _follow(root: UUID) -> None:
    """They leave their segments, or come back."""
    segments_live.follow({root: {"field:archived_at"}})
    live.tell("person", [str(root)])
