"""The chance of a broken promise: silent without history, calibrated on what was held out."""

import random

import pytest

from amity.desk.sla_risk import LEAST, Wait, learn


def some(n: int, seed: int) -> list[Wait]:
    """Waits that grow with the load."""
    dice = random.Random(seed)
    rows = []
    for _each in range(n):
        load = dice.randrange(20)
        rows.append(
            Wait(dice.expovariate(1 / (600 + 200 * load)), 3600, load, dice.randrange(24), dice.random() > 0.05)
        )
    return rows


def test_little_history_says_nothing_and_a_broken_promise_is_certain() -> None:
    assert learn(some(LEAST - 1, 1)).chance(0, 3600, 3, 10) is None
    known = learn(some(LEAST, 1))
    assert known.chance(0, 999, 3, 10) is None
    assert known.chance(3600, 3600, 3, 10).chance == 1  # type: ignore[union-attr]


@pytest.mark.slow
def test_chances_hold_on_waits_that_were_not_seen_and_beat_the_base_rate() -> None:
    known, told = learn(some(4_000, 1)), []
    for wait in some(4_000, 2):
        if wait.answered and wait.seconds > 900:
            found = known.chance(900, 3600, wait.load, wait.hour)
            assert found is not None
            told.append((found.chance, found.base, wait.seconds > 3600))
    brier = sum((chance - late) ** 2 for chance, _base, late in told) / len(told)
    rate = sum(late for _chance, _base, late in told) / len(told)
    assert brier < sum((base - late) ** 2 for _chance, base, late in told) / len(told)
    assert brier < rate * (1 - rate)
    assert sum(chance for chance, _base, _late in told) / len(told) == pytest.approx(rate, abs=0.05)
