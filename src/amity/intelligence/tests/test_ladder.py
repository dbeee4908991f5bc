"""The ladder climbs where there is something to climb for, and only there."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from amity.intelligence import fitted, metrics
from amity.intelligence.calibration import fit_calibration
from amity.intelligence.judged import Trained
from amity.intelligence.ladder import train
from amity.intelligence.terms import column_terms
from amity.intelligence.tests.worlds import World, world

RUNGS = ("base", "rules", "linear", "trees")


@pytest.fixture(scope="module")
def seen() -> World:
    return world(2400)


@pytest.fixture(scope="module")
def trained(seen: World) -> Trained:
    return train(seen.table, seen.outcome)


@pytest.fixture(scope="module")
def models(seen: World) -> dict[str, fitted.Model]:
    """One model of every rung, fitted on the same rows."""
    from amity.intelligence import ladder

    data = ladder._prepare(seen.table, seen.outcome, None, None, 17)
    return {rung: ladder._fit(rung, data, ladder._Memory()) for rung in RUNGS}


@pytest.mark.slow
def test_a_real_signal_is_found_and_the_chances_are_right(trained: Trained) -> None:
    later = world(3000, seed=77)
    p = trained.model.score(later.table).probability
    assert trained.verdict == "signal"
    assert np.corrcoef(p, later.chance)[0, 1] > 0.95
    assert metrics.ece(later.outcome, p) < 0.05
    assert trained.chosen is not None
    assert trained.chosen.gain_low > 0


@pytest.mark.slow
def test_pure_luck_stays_at_the_base_rate_and_says_so() -> None:
    for seed in range(5):
        luck = world(800, seed=seed, strength=0.0)
        result = train(luck.table, luck.outcome)
        assert (result.model.rung, result.verdict) == ("base", "no_signal")
        p = result.model.score(luck.table).probability
        assert np.unique(p).tolist() == [pytest.approx((luck.outcome.sum() + 0.5) / 801)]
        assert result.next_rung.code in ("other_columns", "more_decided")


@pytest.mark.parametrize(("rows", "rung"), [(1, "base"), (8, "base"), (16, "rules")])
def test_a_handful_of_records_stays_near_the_average_with_a_wide_interval(rows: int, rung: str) -> None:
    few = world(rows, seed=3)
    result = train(few.table, few.outcome)
    scores = result.model.score(few.table)
    assert (result.model.rung, result.verdict, result.next_rung.code) == (rung, "too_few", "more_decided")
    assert (scores.high - scores.low).min() > 0.2
    assert (scores.low < scores.probability).all()


@pytest.mark.slow
@pytest.mark.parametrize(("strength", "least"), [(0.0, -0.005), (1.0, 0.02)])
def test_with_few_labels_much_is_won_and_next_to_nothing_lost(strength: float, least: float) -> None:
    """Log loss saved per record against the base rate; where all is luck, a first impression costs 0.005 at most."""
    rest = world(1500, seed=99, strength=strength)
    for rows in (20, 50, 100):
        gains = []
        for seed in range(8):
            few = world(rows, seed=200 + seed, strength=strength)
            own = metrics.log_loss(rest.outcome, train(few.table, few.outcome).model.score(rest.table).probability)
            base = fitted.beta_interval(int(few.outcome.sum()), int(rows - few.outcome.sum()))[1]
            gains.append(metrics.log_loss(rest.outcome, np.full(1500, base)) - own)
        assert np.mean(gains) >= least


def test_an_unproven_first_impression_orders_records_and_hardly_moves_their_chances() -> None:
    luck = world(60, seed=5, strength=0.0)
    result = train(luck.table, luck.outcome)
    scores = result.model.score(luck.table)
    assert (result.model.rung, result.verdict) == ("rules", "too_few")
    assert np.ptp(scores.probability) < 0.1
    assert np.median(scores.high - scores.low) > 0.3


@pytest.mark.parametrize(("late", "moved"), [(0.3, False), (0.5, True)])
def test_a_base_rate_that_moved_is_seen(late: float, moved: bool) -> None:
    from amity.intelligence import ladder

    table = pl.DataFrame({"a": np.arange(800)})
    y = np.where(np.arange(800) < 600, np.arange(800) % 10 < 3, np.arange(800) % 10 < 10 * late).astype(float)
    data = ladder._prepare(table, y, None, None, 17, pl.Series(np.arange(800)))
    assert ladder._moved(data) is moved


@pytest.mark.slow
def test_where_times_are_known_the_latest_quarter_judges(seen: World) -> None:
    result = train(seen.table, seen.outcome, seen.opened)
    assert result.how == "out_of_time"
    assert result.tests[0].quality.rows == pytest.approx(600, abs=5)


@pytest.mark.slow
def test_a_pattern_that_has_died_is_not_believed() -> None:
    """Random folds would praise it; the latest quarter does not."""
    old = world(1600, seed=8, strength=2.0)
    rng = np.random.default_rng(0)
    outcome = np.where(np.arange(1600) >= 1100, (rng.random(1600) < 0.45).astype(float), old.outcome)
    assert train(old.table, outcome).verdict == "signal"
    assert train(old.table, outcome, old.opened).model.rung == "base"


@pytest.mark.slow
@pytest.mark.parametrize("rung", RUNGS)
def test_reasons_add_up_to_the_score_on_every_rung(rung: str, models: dict[str, fitted.Model], seen: World) -> None:
    model = models[rung]
    matrix = model.spec.transform(seen.table)
    parts, scores = model.contributions(matrix), model.score(seen.table)
    total = parts.base + parts.by_column.sum(axis=1) + parts.rest
    assert np.abs(total - scores.log_odds).max() < 1e-9
    assert np.abs(metrics.sigmoid(total) - scores.probability).max() < 1e-9
    at_once = model.explain(matrix)
    assert np.abs(at_once.log_odds - scores.log_odds).max() < 1e-9
    assert np.abs(at_once.by_column - parts.by_column).max() < 1e-9


@pytest.mark.slow
def test_terms_of_a_regression_are_its_design_times_its_weights(models: dict[str, fitted.Model], seen: World) -> None:
    model = models["linear"]
    assert model.logistic is not None
    matrix = model.spec.transform(seen.table)
    design, meaning = matrix.linear()
    terms = (design - model.means) * model.logistic.weights
    found = column_terms(matrix, model.logistic.weights, model.means)
    for column in range(len(model.spec.columns)):
        own = [j for j, (source, _) in enumerate(meaning) if source == column]
        assert np.abs(found[column] - terms[:, own].sum(axis=1)).max() < 1e-9


@pytest.mark.slow
@pytest.mark.parametrize("rung", RUNGS)
def test_an_artefact_replays_its_scores_exactly(rung: str, models: dict[str, fitted.Model], seen: World) -> None:
    text, digest = fitted.dump(models[rung])
    again = fitted.load(json.loads(text), digest)
    before, after = models[rung].score(seen.table), again.score(seen.table)
    assert np.abs(before.log_odds - after.log_odds).max() < 1e-9
    assert np.abs(before.high - after.high).max() < 1e-9


@pytest.mark.slow
def test_a_changed_artefact_is_refused(models: dict[str, fitted.Model]) -> None:
    text, digest = fitted.dump(models["linear"])
    stored = json.loads(text)
    stored["logistic"]["intercept"] += 0.001
    with pytest.raises(ValueError, match="hash"):
        fitted.load(stored, digest)


@pytest.mark.slow
@pytest.mark.parametrize("rung", ["linear", "trees"])
def test_intervals_hold_the_true_chance_about_nine_times_in_ten(rung: str, models: dict[str, fitted.Model]) -> None:
    later = world(2000, seed=55)
    known = later.table["employees"].is_not_null().to_numpy()  # elsewhere the true chance is not in the data
    scores = models[rung].score(later.table)
    inside = (scores.low <= later.chance) & (later.chance <= scores.high)
    assert 0.82 < inside[known].mean() < 0.99


@pytest.mark.slow
def test_the_same_data_give_the_same_model(trained: Trained, seen: World) -> None:
    assert fitted.dump(train(seen.table, seen.outcome).model)[1] == fitted.dump(trained.model)[1]


@pytest.mark.slow
def test_strong_contributions_point_the_right_way(trained: Trained) -> None:
    pair = pl.DataFrame({"source": ["referral", "list"], "visits": [3.0, 3.0], "employees": [55.0, 55.0]})
    parts = trained.model.contributions(trained.model.spec.transform(pair))
    column = [c.name for c in trained.model.spec.columns].index("source")
    assert parts.by_column[0, column] > 0.5
    assert parts.by_column[1, column] < -0.5


@pytest.mark.parametrize("rows", [300, 3000])
def test_calibration_mends_an_overconfident_model_and_never_reorders(rows: int) -> None:
    rng = np.random.default_rng(rows)
    z = rng.normal(0, 1, rows)
    y = (rng.random(rows) < metrics.sigmoid(z)).astype(float)
    mended = fit_calibration(3 * z, y).apply(3 * z)
    assert metrics.log_loss(y, metrics.sigmoid(mended)) < metrics.log_loss(y, metrics.sigmoid(3 * z))
    assert (np.argsort(mended) == np.argsort(z)).all()


def test_wins_alone_teach_nothing_and_the_next_rung_asks_for_losses() -> None:
    seen = world(300)
    result = train(seen.table, np.ones(300))
    assert (result.model.rung, result.verdict, result.next_rung.code) == ("base", "too_few", "more_of_each")
