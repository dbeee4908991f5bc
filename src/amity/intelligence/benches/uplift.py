"""Must show 5: uplift on Hillstrom's e-mail experiment beside random contact and a two-model baseline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from amity.base.tables import read_table
from amity.intelligence import uplift
from amity.intelligence.benches.table import Line, Say, mean_line
from amity.intelligence.features import FeatureSpec

Array = NDArray[np.float64]

ARMS = ("Womens E-Mail", "Mens E-Mail")
SPLITS = 5


def lines(data: Path, quick: bool, say: Say) -> Iterator[Line]:
    """Both e-mails against none, learned from one half of the people and judged on the other, five times."""
    table = read_table(data / "C_hillstrom" / "hillstrom.csv.gz")
    for arm in ARMS:
        rows = table.filter(pl.col("segment").is_in([arm, "No E-Mail"]))
        rows = rows.sample(8_000, seed=1) if quick else rows
        contacted = (rows["segment"] == arm).to_numpy().astype(np.float64)
        acted = rows["visit"].cast(pl.Float64).to_numpy()
        facts = rows.drop("segment", "visit", "conversion", "spend")
        yield from _arm(arm, facts, contacted, acted, 2 if quick else SPLITS, say)


def _arm(arm: str, facts: pl.DataFrame, contacted: Array, acted: Array, splits: int, say: Say) -> Iterator[Line]:
    found: dict[str, list[float]] = {}
    for seed in range(splits):
        rng = np.random.default_rng(seed)
        learn = rng.random(len(acted)) < 0.5
        model = uplift.fit(facts.filter(pl.Series(learn)), contacted[learn], acted[learn])
        test = facts.filter(pl.Series(~learn))
        guesses = {
            "amity": model.effect(test),
            "random": rng.random(test.height),
            "two_models": _two_models(facts, contacted, acted, learn),
        }
        for name, guess in guesses.items():
            found.setdefault(name, []).append(uplift.qini(guess, contacted[~learn], acted[~learn]))
            if name != "random":
                found.setdefault(f"{name} top 30 %", []).append(_top(guess, contacted[~learn], acted[~learn]))
        say(f"   {arm} split {seed}: moved alike with {model.alike:.0%}")
    own, top = found.pop("amity"), found.pop("amity top 30 %")
    beside = {name: values for name, values in found.items() if "top" not in name}
    yield mean_line("uplift", arm, "qini", own, beside, _ahead)
    yield mean_line("uplift", arm, "uplift in the top 30 %", top, {"two_models": found["two_models top 30 %"]})


def _two_models(facts: pl.DataFrame, contacted: Array, acted: Array, learn: NDArray[np.bool_]) -> Array:
    """The usual first try: LightGBM for the contacted, another for the rest, the difference of their chances."""
    import lightgbm as lgb

    spec = FeatureSpec.fit(facts.filter(pl.Series(learn)))
    values, categorical, _ = spec.transform(facts).tree()
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1, "learning_rate": 0.05, "num_leaves": 8}
    chances = []
    for arm in (1.0, 0.0):
        rows = learn & (contacted == arm)
        data = lgb.Dataset(values[rows], acted[rows], categorical_feature=categorical, params=settings)
        chances.append(np.asarray(lgb.train(settings, data, 100).predict(values[~learn]), dtype=np.float64))
    return np.asarray(chances[0] - chances[1], dtype=np.float64)


def _top(guess: Array, contacted: Array, acted: Array) -> float:
    best = np.argsort(-guess, kind="stable")[: round(0.3 * len(guess))]
    treated = contacted[best] == 1
    return float(acted[best][treated].mean() - acted[best][~treated].mean())


def _ahead(own: float, others: Mapping[str, float]) -> bool:
    return own >= max(others.values())
