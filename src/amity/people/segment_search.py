"""Finding somebody among the members of a segment."""

from __future__ import annotations

from amity.access import api as access
from amity.base.searching import prefix_query
from amity.people.lists import people_rows
from amity.people.profiles import NAME_FIELDS, told_name
from amity.people.segment_tables import Segment, SegmentMember
from amity.people.segments_views import MemberView, SegmentView


def members(principal: access.Principal, view: SegmentView, typed: str, limit: int) -> list[MemberView]:
    """Members of a live segment that ``principal`` sees and whom the typed words find, by name. 3 queries."""
    words = prefix_query(typed)
    if words is None:
        return []
    number = Segment.objects.values_list("number", flat=True).get(pk=view.id)
    among = SegmentMember.objects.filter(segment_no=number)
    found = people_rows(principal).filter(search_vector=words, pk__in=among.values("person_id"))
    rows = list(found.order_by("display_name", "pk").values("pk", *NAME_FIELDS)[:limit])
    since = dict(among.filter(person_id__in=[row["pk"] for row in rows]).values_list("person_id", "entered_at"))
    return [MemberView(row["pk"], told_name(row), row["email"], since.get(row["pk"])) for row in rows]
