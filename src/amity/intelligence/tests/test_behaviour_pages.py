"""The lead score on pages and in the API, as a manager, a steward and a salesperson use it."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.urls import reverse

from amity.access import api as access
from amity.base import clock
from amity.base.models import JobRun
from amity.intelligence import behaviour, behaviour_tasks, behaviour_views, reach
from amity.intelligence.behaviour_models import BehaviourPin, BehaviourWeights, LeadScore, ReachPattern
from amity.intelligence.tests import test_behaviour as story
from amity.intelligence.tests.test_pages import sign_in
from amity.people import api as people

company, _measures_of_this_test = story.company, story._measures_of_this_test
pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_before_anything_is_learned_the_page_says_what_to_do_and_the_button_learns() -> None:
    manager = sign_in("manager")
    assert b"Nothing learned yet" in manager.get(reverse("lead_scoring")).content
    for _ in range(2):
        assert manager.post(reverse("lead_scoring_learning")).status_code == 302
    run = JobRun.objects.get(kind=behaviour_tasks.LEARN)
    behaviour_tasks.learn(job_run_id=str(run.id), staff_id=str(run.started_by))
    assert BehaviourWeights.objects.get().why == "learned"


def test_the_person_sees_parts_that_add_up_and_the_weights_behind_them(company) -> None:
    behaviour.relearn(access.SYSTEM)
    ann = company[-2]
    story.follow(story.land(*[(ann.pk, "Webinar attended", 0)] * 6))
    manager = sign_in("manager")
    told = behaviour_views.of_person(ann.pk)
    assert told.behaviour == pytest.approx(min(sum(each.effect for each in told.behaviour_parts), 100))
    assert told.match == pytest.approx(50 + sum(each.effect for each in told.match_parts))
    page = manager.get(reverse("person", args=[ann.pk])).content.decode()
    assert "Webinar attended" in page
    assert f'data-behaviour="{told.behaviour:.0f}"' in page
    part = manager.get(reverse("person_lead_score", args=[ann.pk])).content.decode()
    assert f"{told.grade}</span>" in part
    weights = manager.get(reverse("lead_scoring")).content.decode()
    assert "Learned from 60 who became customers" in weights
    rows = manager.get(reverse("lead_quadrant", args=["hot"])).content.decode()
    assert "Ann" in rows
    listed = manager.get(reverse("people") + "?quadrant=hot").content.decode()
    assert listed.count(str(ann.pk)) >= 1 > listed.count(str(company[-1].pk))


def test_a_steward_looks_before_holding_a_weight_and_takes_it_back(company) -> None:
    behaviour.relearn(access.SYSTEM)
    story.follow(story.land(*[(company[-2].pk, "Webinar attended", 0)] * 6))
    steward = sign_in("steward")
    asked = {"part": "Webinar attended", "points": "0"}
    assert b"1 of 1 people would stand elsewhere" in steward.get(reverse("lead_scoring"), asked).content
    assert BehaviourPin.objects.count() == 0
    assert steward.post(reverse("lead_scoring_pins"), asked).status_code == 302
    behaviour_tasks.score_everybody(job_run_id=str(JobRun.objects.get(kind=behaviour_tasks.SCORE).id))
    assert LeadScore.objects.get(pk=company[-2].pk).quadrant == "nurture"
    page = steward.get(reverse("lead_scoring")).content.decode()
    undo = page.partition("undo:")[2] or page
    assert "held" in page
    assert undo
    assert steward.post(reverse("lead_scoring_pins"), {**asked, "points": "101"}).status_code == 400


def test_weights_that_fell_are_said_to_have_fallen() -> None:
    from amity.intelligence.behaviour_parts import Part

    fell = Part("Webinar", 0.2, 1.0, 0.1, half=30, learned=0.2, trend=(("2026-05", 1.0), ("2026-06", 0.6)))
    assert behaviour_views.trend_words(fell).startswith("lost weight since May 1")
    rose = Part("Call", 1.0, 1.0, 0.1, half=30, learned=1.0, trend=(("2026-05", 0.2), ("2026-06", 0.6)))
    assert behaviour_views.trend_words(rose).startswith("gained weight since May 1")
    same = Part("Call", 1.0, 1.0, 0.1, half=30, learned=1.0, trend=(("2026-05", 0.95), ("2026-06", 1.05)))
    assert behaviour_views.trend_words(same) == ""


def _weekly(name: str, weekday: int, hour: int, weeks: int) -> list[people.fading.Did]:
    now = clock.now().replace(hour=hour, minute=30)
    start = now - timedelta(days=(now.weekday() - weekday) % 7 + 7)
    from amity.base.ids import new_id

    person = new_id()
    return [people.fading.Did(person, name, start - timedelta(weeks=week)) for week in range(weeks)]


def _usual() -> reach.Pattern:
    even = tuple(np.full(reach.CELLS, 1 / reach.CELLS).tolist())
    return reach.Pattern(even, 10.0, {"phone": (30, 100), "mail": (50, 100)}, 8.0, 50)


def test_the_best_time_is_theirs_and_short_data_are_silent() -> None:
    zone, now = ZoneInfo("UTC"), clock.now()
    best = reach.judge(_usual(), _weekly("Call answered", 1, 9, 20), zone, now)
    assert (best.first_day <= 1 <= best.last_day, best.begins <= 9 < best.ends) == (True, True)
    assert best.low < best.share < best.high
    assert best.share > 2 * best.usual
    assert (best.channel, best.answered, best.attempts, best.n) == ("phone", 20, 20, 20)
    assert reach.judge(_usual(), _weekly("Call answered", 1, 9, 4), zone, now) is None
    assert reach.zone_of({"country": "PL"}).key == "Europe/Warsaw"
    assert reach.zone_of({"timezone": "Asia/Tokyo", "country": "PL"}).key == "Asia/Tokyo"


def test_people_who_differ_are_shrunk_less() -> None:
    usual = np.full(reach.CELLS, 1 / reach.CELLS)
    dice = np.random.default_rng(1)
    alike = dice.multinomial(20, usual, size=60).astype(float)
    apart = np.zeros((60, reach.CELLS))
    apart[np.arange(60), dice.integers(0, reach.CELLS, 60)] = 20
    assert reach.strength(apart, usual) < 10 < 100 < reach.strength(alike, usual)


def test_the_companys_hours_are_learned_and_stand_on_the_persons_page(company) -> None:
    ann = company[-2]
    story.land(*[(ann.pk, "Call answered", 7 * week + 0.01) for week in range(12)])
    assert reach.remake().people > 50
    assert ReachPattern.objects.count() == 1
    best = reach.best([ann.pk], {})
    assert (best.n, best.channel) == (12, "phone")
    page = sign_in("manager").get(reverse("person", args=[ann.pk])).content.decode()
    assert "Answered 12 of 12 attempts" in page
