"""Deals whose daily chances are known: the forecast finds them again, and knows nothing of the future."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from amity.intelligence import pipeline_forecast as coming
from amity.intelligence import survival

NOW = 20_000.0
PACE, SHARE = 0.02, 0.4  # endings a day, won among them


def _house(deals: int, seed: int = 1) -> coming.Money:
    rng = np.random.default_rng(seed)
    opened = NOW - rng.random(deals) * 400
    closed = opened + rng.exponential(1 / PACE, deals)
    won = (rng.random(deals) < SHARE).astype(float)
    unknown, never = np.full(deals, np.nan), np.full(deals, survival.NO_DAY)
    known = survival.Deals(opened, closed, won, unknown, never, np.zeros(deals))
    stake = np.full(deals, 1000.0)
    return coming.Money(known, stake, np.where(won == 1, stake, np.nan))


def test_known_daily_chances_are_found_again() -> None:
    money = coming.as_of(_house(1500), NOW)
    model = survival.learn(money.deals, NOW)
    assert model is not None
    found = survival.chances(model, coming.open_of(money).deals, NOW, np.array([NOW + 30]))
    ended = 1 - (1 - PACE) ** 30
    assert abs(found.won.mean() - ended * SHARE) < 0.03
    assert abs(found.lost.mean() - ended * (1 - SHARE)) < 0.03
    one = survival.outlook(model, coming.open_of(money).deals.take(np.array([0])), NOW, NOW + 30)
    assert one.low < one.won < one.high
    assert one.sure


def test_what_happens_later_changes_nothing_and_more_at_stake_brings_more() -> None:
    whole = _house(300)
    later = replace(whole, got=np.where(whole.deals.closed >= NOW, 9e9, whole.got))
    made = []
    for money in (whole, later):
        learned = coming.learn(money, NOW, plain=True)
        assert learned is not None
        made.append(coming.revenue(learned, coming.open_of(coming.as_of(money, NOW)), NOW, NOW, NOW + 30, 0.75))
    assert made[0] == made[1]
    assert made[0].low < made[0].middle < made[0].high
    assert coming.Learned.from_dict(learned.as_dict()).as_dict() == learned.as_dict()


def test_few_decided_deals_say_nothing() -> None:
    money = _house(300)
    assert coming.learn(money.take(np.arange(12)), NOW) is None
