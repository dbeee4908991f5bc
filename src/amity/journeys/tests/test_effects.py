"""Effects of actions: found where they are, nothing where there are none, and blind to the future."""

from __future__ import annotations

from random import Random

import pytest

from amity.journeys import effects
from amity.journeys.decide import PATIENCE, Inputs, choose, weight
from amity.journeys.effects import DAY, Effect, Episode, Table, learn, situation

KINDS = {"call": "call", "mail sent": "mail"}
TABLE = Table(0.4, 100, {"call": {"": Effect(0.08, 0.03, 0.13, 60, 90), "silent": Effect(0.12, 0.05, 0.2, 30, 40)},
                         "mail": {"": Effect(0.05, -0.01, 0.11, 50, 100)}})  # fmt: skip


def world(seed: int, effect: float, records: int = 400) -> list[Episode]:
    """Records of about six weeks with calls, mails and answers; every call moves the chance by ``effect``."""
    rng, made = Random(seed), []
    for _ in range(records):
        life, at, touches = rng.lognormvariate(3.7, 0.5) * DAY, 0.0, []
        while (at := at + rng.expovariate(1 / (9 * DAY))) < life:
            touches.append((at, rng.choice(("call", "mail sent", "mail received"))))
        calls = sum(kind == "call" for _at, kind in touches)
        made.append(Episode(0.0, life, rng.random() < 0.4 + effect * (min(calls, 3) - 1), touches))
    return made


def inputs(**more: object) -> Inputs:
    known = {"chance": 0.4, "value_minor": 100_000, "situation": "silent", "kinds": ("call", "mail", "wait"),
             "blocked": {}, "weights": {}, "ours_days": 30, "theirs_days": None}  # fmt: skip
    return Inputs(**{**known, **more})  # type: ignore[arg-type]


def test_a_planted_effect_is_found_and_a_kind_without_one_is_not() -> None:
    found = learn(world(1, 0.2), KINDS)
    call, mail = found.effects["call"][""], found.effects["mail"][""]
    assert call.low > 0.03
    assert mail.low < 0.02 < call.mean


@pytest.mark.slow
def test_without_any_effect_nothing_is_worth_proposing() -> None:
    quiet = 0
    for seed in range(5):
        table = learn(world(seed, 0.0), KINDS)
        quiet += choose(inputs(), table)[1] == ""
    assert quiet >= 4


def test_too_few_records_teach_nothing() -> None:
    assert learn(world(1, 0.2, 12), KINDS).effects == {}
    assert learn([], KINDS) == Table(0.0, 0, {})


def test_what_comes_after_the_window_changes_nothing() -> None:
    """A touch after the last landmark's window is the future: the table stays the same."""
    episodes = world(2, 0.2)
    later = [
        Episode(e.opened, e.closed, e.won, [*e.touches, (e.opened + 400 * DAY, "call")]) for e in episodes
    ]  # fmt: skip
    assert effects.digest(learn(later, KINDS)) == effects.digest(learn(episodes, KINDS))


def test_the_best_unblocked_kind_that_surely_helps_is_chosen() -> None:
    candidates, chosen = choose(inputs(), TABLE)
    assert chosen == "call"
    call = candidates[0]
    assert call.gain_minor == round(call.gain * 100_000)
    assert 0.11 < call.gain < 0.13  # 12 points at the average chance, which is this one's
    assert choose(inputs(blocked={"call": "no_address"}), TABLE)[1] == ""  # what a mail does is not sure
    assert choose(inputs(chance=None), TABLE)[1] == ""
    assert choose(inputs(), None)[1] == ""


def test_right_after_our_own_word_we_wait_for_an_answer() -> None:
    assert choose(inputs(ours_days=PATIENCE - 1), TABLE)[1] == "wait"
    assert choose(inputs(ours_days=PATIENCE - 1, theirs_days=0), TABLE)[1] == "call"
    assert choose(inputs(ours_days=PATIENCE), TABLE)[1] == "call"


def test_refusals_teach() -> None:
    assert weight(0, 0) == weight(5, 0) == 1.0
    weights = [weight(0, n) for n in range(40)]
    assert weights == sorted(weights, reverse=True)
    assert weights[1] < 0.84
    gains = [choose(inputs(weights={"call": w}), TABLE)[0][0].gain for w in (1.0, 0.5)]
    assert gains[1] < 0.55 * gains[0]


def test_situations_go_by_silence() -> None:
    assert [situation(d) for d in (0, 7, 8, 21, 22, None)] == ["in_touch"] * 2 + ["quiet"] * 2 + ["silent"] * 2
