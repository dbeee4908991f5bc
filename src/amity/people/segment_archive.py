"""Taking a segment out of use, and putting it back within a day (`base.undo`)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base.errors import Refused
from amity.people import segments, segments_world
from amity.people.segment_tables import Segment

ARCHIVE_KIND = "people.segment.archive"


def archive(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """Archive one segment; remembers whether it was live."""
    segment_id = UUID(args["id"])
    live = segments.get(principal, segment_id).live
    segments.archive(principal, segment_id)
    return {"live": live}


def restore(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """Put it back; a live one is filled again. Raises ``Refused("segment_name_taken")``. Audited."""
    access.require(principal, "segments.manage")
    row = Segment.objects.select_for_update().filter(pk=args["id"], archived_at__isnull=False).first()
    if row is None:
        return
    if Segment.objects.filter(name=row.name, archived_at=None).exists():
        raise Refused("segment_name_taken", _("There is a segment of this name already."), 409)
    Segment.objects.filter(pk=row.pk).update(archived_at=None)
    access.record(principal, "restore", "segment", row.pk, {"name": row.name})
    segments_world.bump()
    if before["live"]:
        segments.change(principal, row.pk, live=True)
