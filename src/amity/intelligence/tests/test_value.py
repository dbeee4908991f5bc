"""Customer value on invented customers whose habits are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from amity.intelligence import value
from amity.intelligence.value import BgNbd, GammaGamma, Purchases

SHOP = BgNbd(r=0.9, alpha=6.0, a=0.8, b=2.5)


def shop(customers: int, weeks: float, seed: int = 1) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[Any]]:
    """Who bought when for how much, by the very story that BG/NBD tells."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[int, float, float]] = []
    for person in range(customers):
        rate, leaves, now = rng.gamma(SHOP.r, 1 / SHOP.alpha), rng.beta(SHOP.a, SHOP.b), float(rng.random() * 10)
        taste = 20 / rng.gamma(4, 1 / 3)
        while now < weeks:
            rows.append((person, now, float(rng.gamma(5, taste / 5))))
            if len(rows) > 1 and rows[-2][0] == person and rng.random() < leaves:
                break
            now += float(rng.exponential(1 / rate))
    who, when, paid = zip(*rows, strict=True)
    return np.array(who), np.array(when), np.array(paid)


def test_purchases_are_summed_up_per_customer_and_one_moment_counts_once() -> None:
    who = np.array([7, 7, 7, 9, 7])
    when = np.array([1.0, 3.0, 3.0, 2.0, 30.0])
    seen, people = value.summary(who, when, np.array([5.0, 10.0, 20.0, 4.0, 99.0]), until=11.0)
    assert people.tolist() == [7, 9]
    assert seen.repeats.tolist() == [1, 0]
    assert seen.last.tolist() == [2, 0]
    assert seen.age.tolist() == [10, 9]
    assert seen.spend.tolist() == [30, 0]
    assert value.counted(who, when, people, 11.0, 40.0).tolist() == [1, 0]


@pytest.mark.slow
def test_what_was_planted_is_found_again_and_the_future_is_foretold() -> None:
    who, when, paid = shop(4000, 80)
    known, people = value.summary(who, when, paid, 40)
    found = value.fit_counts(known)
    assert found.r / found.alpha == pytest.approx(SHOP.r / SHOP.alpha, rel=0.1)
    assert found.a / (found.a + found.b) == pytest.approx(SHOP.a / (SHOP.a + SHOP.b), rel=0.25)
    truth = value.counted(who, when, people, 40, 80)
    assert found.expected(known, 40).sum() == pytest.approx(truth.sum(), rel=0.06)
    came = (truth > 0).mean()
    assert found.within(known, 40).mean() == pytest.approx(came, abs=0.02)


def test_the_longer_the_silence_the_smaller_the_chance_that_one_is_still_a_customer() -> None:
    silent = Purchases(np.full(3, 5.0), np.array([39.0, 20.0, 5.0]), np.full(3, 40.0), np.full(3, 30.0))
    alive = SHOP.alive(silent)
    assert (np.diff(alive) < 0).all()
    assert (np.diff(SHOP.expected(silent, 10)) < 0).all()
    assert SHOP.until(silent)[0] < np.inf
    assert SHOP.until(silent, chance=0.99).tolist() == [np.inf] * 3
    assert SHOP.within(silent, SHOP.until(silent)[0])[0] == pytest.approx(0.5)


def test_spend_is_drawn_to_the_average_the_more_the_fewer_the_repeats() -> None:
    money = GammaGamma(p=6.0, q=4.0, v=15.0)
    seen = Purchases(np.array([0.0, 1.0, 30.0]), np.ones(3), np.full(3, 40.0), np.array([0.0, 90.0, 90.0]))
    nobody, once, often = money.expected(seen)
    assert nobody == pytest.approx(30.0)
    assert 30.0 < once < often < 90.0


@pytest.mark.slow
def test_a_season_that_ends_is_learned_from_the_history_itself() -> None:
    """Where everybody buys less and less, BG/NBD promises too much and the correction takes it back."""
    who, when, paid = shop(3000, 60)
    rng = np.random.default_rng(2)
    first = np.zeros(who.max() + 1) + np.inf
    np.minimum.at(first, who, when)
    kept = (when == first[who]) | (rng.random(len(who)) < np.exp(-when / 12))
    who, when, paid = who[kept], when[kept], paid[kept]
    model = value.fit(who, when, paid, 40, 20)
    seen, people = value.summary(who, when, paid, 40)
    truth = value.counted(who, when, people, 40, 60)
    assert model.correction is not None
    plain = model.counts.expected(seen, 20)
    assert np.mean((model.purchases(seen, 20) - truth) ** 2) < np.mean((plain - truth) ** 2)


def test_a_handful_of_customers_is_fitted_without_a_correction() -> None:
    who, when, paid = shop(30, 40)
    model = value.fit(who, when, paid, 40, 20)
    seen, _ = value.summary(who, when, paid, 40)
    assert model.correction is None
    assert np.isfinite(model.revenue(seen, 20)).all()
