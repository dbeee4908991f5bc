"""What other rooms can ask for without a database: value, recommendations, forecasts."""

from __future__ import annotations

import numpy as np
import pytest

from amity.intelligence import api as intelligence
from amity.intelligence.tests.test_forecast import MONTHS, sales
from amity.intelligence.tests.test_recommend import ITEMS
from amity.intelligence.tests.test_recommend import shop as choices
from amity.intelligence.tests.test_value import shop as purchases


@pytest.mark.slow
def test_the_door_gives_each_customer_an_expected_number_and_sum() -> None:
    who, when, paid = purchases(200, 40)
    model, seen, people = intelligence.learn_value(who, when, paid, until=40, horizon=20)
    assert len(people) == len(seen.repeats) == 200
    assert (model.revenue(seen, 20) >= 0).all()


@pytest.mark.slow
def test_the_door_gives_recommendations_for_a_basket_and_for_nobody() -> None:
    made = choices(120)
    model = intelligence.learn_recommendations(made.person, made.item, made.when, ITEMS)
    assert len(model.recommend([3, 4], 5, without=[5])) == 5
    assert len(model.recommend([], 5)) == 5


def test_the_door_gives_a_forecast_with_an_interval() -> None:
    model = intelligence.learn_forecast([sales(48, seed) for seed in range(3)], 6, MONTHS)
    made = model.forecast(sales(48, 9))
    assert made.value.shape == (6,)
    assert np.all(made.low < made.high)
