"""Must show 3, second half: recommendations on MovieLens 100 k and Groceries, full rank, tested on later choices."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from amity.base.tables import read_table
from amity.intelligence import recommend
from amity.intelligence.benches.table import Line, Say, mean_line
from amity.intelligence.recommend import Choices, Recipe, Recommender

Array = NDArray[np.float64]

LIKED = 4
SHARE = 0.2
GROUPS = 5
FACTORS, ROUNDS, ALPHA, RIDGE = 64, 10, 20.0, 10.0


def lines(data: Path, quick: bool, say: Say) -> Iterator[Line]:
    """Each person's latest fifth is to be guessed from what came before; in Groceries random items of a basket,
    whose items stand in the order of the shelves, not of time."""
    films = pl.read_parquet(data / "D_movielens100k" / "MovieLens100k_data.parquet").filter(pl.col("rating") >= LIKED)
    yield from _set("D_movielens100k", _choices(films["user_id"], films["movie_id"], films["timestamp"]), quick, say)
    rows = read_table(data / "D_groceries_baskets" / "groceries.csv.gz")
    shuffled = pl.Series(np.random.default_rng(4).permutation(rows.height))
    yield from _set("D_groceries_baskets", _choices(rows["tid"], rows["item"], shuffled), quick, say)


def _choices(person: pl.Series, item: pl.Series, when: pl.Series) -> Choices:
    numbers = [s.rank("dense").cast(pl.Int64).to_numpy() - 1 for s in (person, item)]
    return Choices(numbers[0], numbers[1], when.cast(pl.Float64).to_numpy())


def _set(name: str, choices: Choices, quick: bool, say: Say) -> Iterator[Line]:
    if quick:
        choices = choices.take(choices.person < 300)
    items = int(choices.item.max()) + 1
    early, late = recommend.split_late(choices, SHARE)
    started = time.perf_counter()
    own = recommend.choose(early, items)
    seconds = time.perf_counter() - started
    say(f"   {name}: picked {recommend.name_of(own.recipe)}; {dict(own.tested)}")
    models: dict[str, recommend.Recommends] = {
        "amity": own,
        "popularity": recommend.fit(early, items, Recipe("popular")),
        "item_knn": recommend.fit(early, items, Recipe("together", 10.0)),
        "als": _als(early, items),
        "ease": recommend.fit(early, items, Recipe("ease", 400.0)),
    }
    found: dict[str, Array] = {k: np.array(recommend.judged(m, early, late)) for k, m in models.items()}
    group = np.arange(len(found["amity"])) % GROUPS
    for column, figure in enumerate(("NDCG@10", "Recall@20")):
        values = {k: [float(q[group == g, column].mean()) for g in range(GROUPS)] for k, q in found.items()}
        yield mean_line("recommend", name, figure, values.pop("amity"), values, _best_or_near)
    yield Line("recommend", name, "training seconds", seconds, note=recommend.name_of(own.recipe))
    yield _speed(name, own, early)


def _speed(name: str, own: Recommender, early: Choices) -> Line:
    times = []
    for basket in list(recommend.baskets(early).values())[:500]:
        started = time.perf_counter()
        own.recommend(basket, 10)
        times.append((time.perf_counter() - started) * 1000)
    p95 = float(np.quantile(times, 0.95))
    return Line("recommend", name, "ms per request, p95", p95, beside={"promised": 20.0}, met=p95 <= 20)


def _best_or_near(own: float, others: Mapping[str, float]) -> bool:
    return own >= 0.99 * max(others.values())


@dataclass(frozen=True, slots=True)
class _Als:
    """Matrix factorisation of implicit choices (Hu, Koren, Volinsky 2008): a stranger's factors are solved anew."""

    items: Array

    def recommend(self, basket: Sequence[int], limit: int = 10) -> list[int]:
        """The best items by the product of factors."""
        scores = self.items @ _factors(self.items, self.items.T @ self.items, basket)
        scores[list(basket)] = -np.inf
        return [int(i) for i in np.argsort(-scores, kind="stable")[:limit]]


def _als(choices: Choices, items: int) -> _Als:
    rng = np.random.default_rng(1)
    people = recommend.baskets(choices)
    turned: dict[int, list[int]] = {}
    for row, basket in enumerate(people.values()):
        for item in basket:
            turned.setdefault(item, []).append(row)
    of_items = rng.normal(0, 0.1, (items, FACTORS))
    for _ in range(ROUNDS):
        square = of_items.T @ of_items
        of_people = np.stack([_factors(of_items, square, basket) for basket in people.values()])
        square = of_people.T @ of_people
        of_items = np.zeros((items, FACTORS))
        for item, rows in turned.items():
            of_items[item] = _factors(of_people, square, rows)
    return _Als(of_items)


def _factors(other: Array, square: Array, chosen: Sequence[int]) -> Array:
    near = other[list(chosen)]
    left = square + ALPHA * near.T @ near + RIDGE * np.eye(other.shape[1])
    return np.asarray(np.linalg.solve(left, (1 + ALPHA) * near.sum(axis=0)), dtype=np.float64)
