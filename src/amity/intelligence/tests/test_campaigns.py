"""Key factors and campaigns: credit adds up, removal finds what matters, lift has an interval, few rows are silent."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import numpy as np
import polars as pl
import pytest

from amity.intelligence import key_factors_reading
from amity.intelligence.campaigns import attribute, lift
from amity.intelligence.key_factors import factors
from amity.intelligence.ladder import train
from amity.people.models import Person


def test_credit_adds_up_to_the_wins_under_every_rule() -> None:
    rng = Random(3)
    paths = [[rng.choice("abc") for _ in range(rng.randrange(1, 4))] for _ in range(400)]
    won = [rng.random() < (0.7 if "a" in path else 0.1) for path in paths]
    credits = attribute(paths, won)
    for rule in ("first", "last", "linear", "markov"):
        assert sum(getattr(each, rule) for each in credits) == pytest.approx(sum(won))
    assert credits[0].label == "a"


def test_removal_effect_of_a_chain_solved_by_hand() -> None:
    """Start → a; a → won 1/2, b 1/2; b → won 1/2, lost 1/2: 3/4 won. Without b 1/2, without a nothing."""
    paths = [["a"], ["a"], ["a", "b"], ["a", "b"]] * 10
    won = [True, True, True, False] * 10
    found = {each.label: each.markov for each in attribute(paths, won)}
    assert found["a"] == pytest.approx(30 * 1 / (1 + 1 / 3))
    assert found["b"] == pytest.approx(30 * (1 / 3) / (1 + 1 / 3))


def test_short_data_is_silent() -> None:
    assert attribute([["a"]] * 29, [True] * 29) == []
    assert attribute([["a"]] * 300, [True] * 9 + [False] * 291) == []
    assert lift([True] * 100 + [False] * 29, [True] * 129) is None


def test_lift_is_newcombes_interval_of_the_difference() -> None:
    """His example (a): 56/70 less 48/80, though at 95 %: .0524 to .3339; at 90 % it lies inside that."""
    found = lift([True] * 70 + [False] * 80, [True] * 56 + [False] * 14 + [True] * 48 + [False] * 32)
    assert found is not None
    assert found.lift == pytest.approx(0.2)
    assert 0.0524 < found.low < 0.2 < found.high < 0.3339


@pytest.mark.parametrize(
    ("column", "of_contacted", "of_others"),
    [("Contacted", "yes", "no"), ("Hold-out", "1", "0"), ("Kontrollgruppe", "Ja", "Nein")],
)
def test_who_was_held_out_is_not_taken_for_who_was_contacted(column: str, of_contacted: str, of_others: str) -> None:
    if column != "Contacted":
        of_contacted, of_others = of_others, of_contacted
    table = pl.DataFrame({column: [of_contacted] * 40 + [of_others] * 40})
    [(name, found)] = key_factors_reading._lifts(table, [True] * 30 + [False] * 10 + [True] * 10 + [False] * 30)
    assert (name, found.lift, found.won_held_out) == (column, pytest.approx(0.5), 0.25)


@pytest.mark.django_db
def test_what_touched_a_profile_counts_for_whom_it_became_part_of() -> None:
    home = Person.objects.create(display_name="Ann")
    part = Person.objects.create(display_name="Ann", merged_into=home)
    at = datetime(2026, 1, 1)  # noqa: DTZ001 (as the frame tells times)
    found = key_factors_reading._as_one({home.pk: [(at, "fair")], part.pk: [(at, "mailing")]})
    assert {pk: sorted(label for _at, label in told) for pk, told in found.items()} == {home.pk: ["fair", "mailing"]}


@pytest.mark.slow
def test_the_column_that_decides_comes_first_with_the_share_won_of_its_levels() -> None:
    rng = np.random.default_rng(4)
    trade = rng.choice(["Hotel", "Bakery"], 600)
    noise = rng.normal(size=600)
    won = (rng.random(600) < np.where(trade == "Hotel", 0.8, 0.2)).astype(float)
    table = pl.DataFrame({"trade": trade, "noise": noise})
    model = train(table, won, None, as_of=datetime(2026, 1, 1, tzinfo=UTC), progress=lambda stage, share: None).model
    found = factors(model, table, won, None, datetime(2026, 1, 1, tzinfo=UTC), model)
    assert found[0].column == "trade"
    assert found[0].trend == 0
    hotel, bakery = found[0].levels
    assert (hotel.value, bakery.value) == ("Hotel", "Bakery")
    assert hotel.pull > 0 > bakery.pull
    assert hotel.won == pytest.approx(won[trade == "Hotel"].mean())
    assert hotel.low < hotel.won < hotel.high
    assert factors(model, table[:19], won[:19], None, datetime(2026, 1, 1, tzinfo=UTC)) == []
