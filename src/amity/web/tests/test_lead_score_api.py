"""The lead score and the best time over the public API: what is known is told, what is not is 404."""

from __future__ import annotations

import pytest

from amity.access import api as access
from amity.access.models import Staff
from amity.intelligence import api as intelligence
from amity.intelligence.tests import test_behaviour as story
from amity.people.models import Person
from amity.web.tests.test_api import Program, ada, is_problem, program

company, _measures_of_this_test = story.company, story._measures_of_this_test
pytestmark = [pytest.mark.django_db, pytest.mark.slow]
__all__ = ["Staff", "ada", "program"]


def test_a_score_is_told_with_parts_that_add_up_and_silence_is_404(company, program: Program) -> None:
    ann, nobody = company[-2], Person.objects.create(display_name="Bob")
    is_problem(program.get("/lead-score/weights"), 404, "not_found")
    intelligence.lead_scores.relearn(access.SYSTEM)
    story.follow(story.land(*[(ann.pk, "Webinar attended", week * 7 + 0.01) for week in range(6)]))
    told = program.get(f"/people/{ann.pk}/lead-score").json()
    total = sum(each["effect"] for each in told["behaviour_parts"])
    assert told["behaviour"] == pytest.approx(min(total, 100), abs=1e-6)
    assert (told["quadrant"], told["converted"]) == ("hot", 60)
    weights = program.get("/lead-score/weights").json()
    assert {each["key"] for each in weights["behaviour"]} == {"Webinar attended", "Page Viewed", "Welcome seen"}
    is_problem(program.get(f"/people/{nobody.pk}/lead-score"), 404, "not_found")
    is_problem(program.get(f"/people/{ann.pk}/best-time"), 404, "not_found")
    from amity.intelligence import reach

    reach.remake()
    best = program.get(f"/people/{ann.pk}/best-time").json()
    assert (best["n"], best["low"] < best["share"] < best["high"], best["channel"]) == (6, True, "")
