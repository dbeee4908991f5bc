"""The lead score as a condition of segments: who stands in one of some quadrants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from amity.intelligence import behaviour_views as views
from amity.intelligence.behaviour import MOVED
from amity.intelligence.behaviour_models import LeadScore
from amity.people import api as people


class LeadScores:
    """``{"lead_score": {"quadrant": ["hot", "nurture"]}}``: those who stand in one of them."""

    name = "lead_score"

    def check(self, body: Any, at: str) -> Any:
        bad = people.segments.BadDefinition
        if not isinstance(body, Mapping):
            raise bad(at, _("A condition is an object."))
        unknown = [key for key in body if key != "quadrant"]
        if unknown:
            raise bad(f"{at}/{unknown[0]}", _("Unknown: {name}.").format(name=str(unknown[0])[:60]))
        picked = body.get("quadrant")
        if not isinstance(picked, list | tuple) or not picked or not set(map(str, picked)) <= views.QUADRANTS.keys():
            raise bad(f"{at}/quadrant", _("Choose one of: {ops}.").format(ops=", ".join(views.QUADRANTS)))
        return {"quadrant": sorted(map(str, picked))}

    def rows(self, body: Any, add: Callable[[Any], str], among: str | None) -> tuple[str, bool]:
        whose = f" AND person_id = ANY({among})" if among else ""
        return (
            f"SELECT person_id FROM intelligence_leadscore WHERE quadrant = ANY({add(list(body['quadrant']))}){whose}",
            False,
        )

    def depends(self, body: Any) -> set[str]:
        return {MOVED}

    def sentence(self, body: Any) -> str:
        told = ", ".join(str(views.QUADRANTS[each]) for each in body["quadrant"])
        return f"{_('Lead score')}: {told}"

    def fact(self, body: Any, person_id: UUID) -> str:
        row = LeadScore.objects.filter(pk=person_id).only("quadrant").first()
        return f"{_('Lead score')}: {views.QUADRANTS[row.quadrant] if row else '–'}"
