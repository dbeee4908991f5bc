"""What changed on my records in a week: counted for everybody on Mondays, told on home until it was looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from amity.access import api as access
from amity.base import clock
from amity.people.models import Person, QualityWeek, TraitChange
from amity.people.profiles import names

_COUNTS = """
SELECT p.owner_id, CASE WHEN h.actor_id IS NOT NULL THEN 'by_hand' WHEN c.id IS NOT NULL THEN 'corrections'
       WHEN EXISTS (SELECT FROM people_import i WHERE i.id = h.origin_id)
         OR EXISTS (SELECT FROM people_importfile f WHERE f.id = h.origin_id) THEN 'imports' ELSE 'events' END AS how,
       count(*), count(DISTINCT p.id)
FROM people_traitchange h JOIN people_person p ON p.id = h.profile_id
LEFT JOIN people_correction c ON c.target_id = h.profile_id AND c.state = 'applied' AND c.undo -> 'history' ? h.id::text
WHERE h.profile_kind = 'person' AND h.changed_at >= %s AND h.changed_at < %s GROUP BY 1, 2
"""


def monday(day: date) -> date:
    """The first day of the week."""
    return day - timedelta(days=day.weekday())


def write(week: date) -> int:
    """Count what changed from that Monday on for seven days; how many members it concerns. 4 queries."""
    begin = timezone.make_aware(datetime.combine(week, time()))
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [begin, begin + timedelta(days=7)])
        rows = cursor.fetchall()
    counts: dict[UUID | None, dict[str, int]] = {}
    for owner, how, changes, people in rows:
        mine = counts.setdefault(owner, {"changes": 0, "people": 0})
        mine[how] = changes
        mine["changes"] += changes
        mine["people"] = max(mine["people"], people)
    with transaction.atomic():
        seen = dict(QualityWeek.objects.filter(week=week).values_list("staff_id", "seen_at"))
        QualityWeek.objects.filter(week=week).delete()
        QualityWeek.objects.bulk_create(
            QualityWeek(week=week, staff_id=owner, counts=c, seen_at=seen.get(owner)) for owner, c in counts.items()
        )
    return len(counts)


def weeks_of(principal: access.Principal, limit: int = 8) -> list[QualityWeek]:
    """Stored summaries of the member, the newest first. 1 query."""
    rows = QualityWeek.objects.filter(staff_id=principal.staff_id) if principal.staff_id else QualityWeek.objects.none()
    return list(rows.order_by("-week")[:limit])


def unseen(principal: access.Principal) -> QualityWeek | None:
    """The summary of the week that ended last, while the member has not looked at it. 1 query."""
    if not principal.staff_id:
        return None
    rows = QualityWeek.objects.filter(staff_id=principal.staff_id, week=last_monday(), seen_at=None)
    return next((row for row in rows if row.counts.get("changes")), None)


def seen(principal: access.Principal) -> None:
    """The member looked at the summaries. 1 query."""
    QualityWeek.objects.filter(staff_id=principal.staff_id, seen_at=None).update(seen_at=clock.now())


def changes_of(principal: access.Principal, since: datetime, limit: int = 50) -> list[TraitChange]:
    """What was replaced on the member's own people since, the newest first. 1 query."""
    mine = Person.objects.filter(owner_id=principal.staff_id).values("pk")
    rows = TraitChange.objects.filter(profile_kind="person", profile_id__in=mine, changed_at__gte=since)
    return list(rows.order_by("-changed_at", "-pk")[:limit])


def last_monday() -> date:
    """The Monday before the running week."""
    return monday(clock.today()) - timedelta(days=7)


def names_of(principal: access.Principal, rows: Sequence[TraitChange]) -> dict[UUID, str]:
    """Whose values were replaced. 1 query."""
    return names([row.profile_id for row in rows], principal)
