"""Recommendations in an invented shop whose habits are known."""

from __future__ import annotations

import numpy as np
import pytest

from amity.intelligence import recommend
from amity.intelligence.recommend import Choices, Recipe

ITEMS = 40


def shop(people: int = 400, seed: int = 1, habits: bool = True) -> Choices:
    """Two crowds; each buys from its own half of the shelf and sometimes what everybody buys (item 0)."""
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(people):
        crowd = person % 2 if habits else rng.integers(2)
        shelf = np.arange(1, 20) if crowd else np.arange(20, ITEMS)
        shelf = shelf if habits else np.arange(1, ITEMS)
        for step, item in enumerate(rng.permutation([0, *rng.choice(shelf, 7, replace=False)])):
            rows.append((person, int(item), float(step)))
    person, item, when = zip(*rows, strict=True)
    return Choices(np.array(person), np.array(item), np.array(when))


def test_a_basket_gets_what_goes_with_it_and_never_what_it_holds_or_what_is_ruled_out() -> None:
    model = recommend.choose(shop(), ITEMS, [Recipe("popular"), Recipe("ease", 100.0)])
    assert model.recipe.kind == "ease"
    listed = model.recommend([3, 5, 0], 8, without=[7])
    assert set(listed) <= set(range(1, 20)) - {3, 5, 7}
    assert len(listed) == 8
    assert set(model.similar(25, 5)) <= set(range(20, ITEMS)) | {0}


def test_a_stranger_gets_what_sells() -> None:
    model = recommend.fit(shop(), ITEMS, Recipe("ease", 100.0))
    assert model.recommend([], 1) == [0]
    assert len(model.recommend([], 100)) == ITEMS


def test_where_nothing_goes_with_anything_what_sells_is_as_good_as_it_gets() -> None:
    model = recommend.choose(shop(habits=False), ITEMS, recommend.RECIPES[:4])
    assert model.tested["popular"] >= 0.94 * max(model.tested.values())


def test_each_persons_latest_choices_are_the_ones_to_be_guessed() -> None:
    early, late = recommend.split_late(shop(20), 0.25)
    assert len(late.item) == 40
    for person in range(20):
        assert early.when[early.person == person].max() < late.when[late.person == person].min()


def test_one_purchase_alone_stays_with_what_is_learned_from() -> None:
    early, late = recommend.split_late(Choices(np.array([0, 1, 1]), np.array([0, 0, 1]), np.arange(3.0)), 0.2)
    assert early.person.tolist() == [0, 1]
    assert late.item.tolist() == [1]


def test_a_perfect_list_scores_one() -> None:
    class Knows:
        def recommend(self, basket: list[int], limit: int = 10) -> list[int]:
            return [7, 8, 9][:limit]

    early = Choices(np.array([0]), np.array([1]), np.array([0.0]))
    late = Choices(np.array([0, 0, 0]), np.array([7, 8, 1]), np.array([1.0, 2.0, 3.0]))
    assert recommend.judged(Knows(), early, late) == [(pytest.approx(1.0), 1.0)]


def test_recent_choices_count_more_where_a_recipe_says_so() -> None:
    model = recommend.fit(shop(), ITEMS, Recipe("together", 10.0, recent=1.0))
    changed = model.scores([25, 26, 3, 4])
    assert changed[1:20].mean() > changed[20:].mean()
    assert model.scores([3, 4, 25, 26])[20:].mean() > model.scores([3, 4, 25, 26])[1:20].mean()
