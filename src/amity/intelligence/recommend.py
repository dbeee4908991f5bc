"""What a person or a basket is likely to want next.

Candidates, from simple to learned: what sells (popularity), what is bought together (item-kNN), and EASE, a linear
model of items on items with a closed form (Steck 2019, "Embarrassingly shallow autoencoders for sparse data"). Each may
count recent choices more than old ones. ``choose`` picks by a test on later choices, so a shop in which nothing beats
what sells gets what sells. All of them score a basket or a stranger at once: what is known is a list of items, not a
person seen in training; nobody's list is needed to be stored.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Kind = Literal["popular", "together", "ease"]

MOST_ITEMS = 6_000  # what EASE's matrix of items by items may hold; rarer ones are recommended by popularity only
LATE_SHARE = 0.2
NEIGHBOURS = 100
AT = 10


class Recommends(Protocol):
    """Anything that lists the best items for a basket."""

    def recommend(self, basket: Sequence[int], limit: int = ...) -> list[int]: ...


@dataclass(frozen=True, slots=True)
class Choices:
    """Who chose what when: person and item numbers from 0, times in any one unit, (n,) each."""

    person: Ints
    item: Ints
    when: Array

    def take(self, rows: NDArray[np.bool_]) -> Choices:
        """Some of them."""
        return Choices(self.person[rows], self.item[rows], self.when[rows])


@dataclass(frozen=True, slots=True)
class Recipe:
    """``strength``: ridge of EASE or damping of item-kNN; ``recent``: how many later choices halve a choice's weight
    (0: all count alike); ``around``: EASE explains how a basket differs from what sells, instead of all of it."""

    kind: Kind
    strength: float = 0.0
    recent: float = 0.0
    around: bool = False


RECIPES = (
    Recipe("popular"),
    Recipe("together", 10.0),
    Recipe("together", 10.0, recent=20.0),
    Recipe("ease", 100.0),
    Recipe("ease", 400.0),
    Recipe("ease", 400.0, recent=20.0),
    Recipe("ease", 400.0, recent=5.0),
    Recipe("ease", 100.0, around=True),
    Recipe("ease", 400.0, around=True),
    Recipe("ease", 400.0, recent=5.0, around=True),
    Recipe("ease", 1_600.0, around=True),
    Recipe("ease", 6_400.0, around=True),
)


@dataclass(frozen=True, slots=True)
class Recommender:
    """A fitted recipe. ``likely`` (n_items,): share of people with an item; ``links``: items by items; ``start``
    (n_items,): what every basket starts from."""

    recipe: Recipe
    likely: Array
    links: Any  # Array, sparse rows when pruned, or None
    start: Array
    tested: Mapping[str, float] = field(default_factory=dict)

    def scores(self, basket: Sequence[int]) -> Array:
        """Of every item for a list of items, oldest first; an empty list gets what sells. Cost: under 1 ms."""
        if self.links is None or not len(basket):
            return self.likely.copy()
        weights = np.ones(len(basket))
        if self.recipe.recent:
            weights = 0.5 ** (np.arange(len(basket))[::-1] / self.recipe.recent)
        return np.asarray(weights @ self.links[np.asarray(basket)] + self.start, dtype=np.float64)

    def recommend(self, basket: Sequence[int], limit: int = 10, without: Collection[int] = ()) -> list[int]:
        """The best items that are neither in the basket nor ruled out (``without``: out of stock, a complaint open)."""
        found = self.scores(basket)
        found[list({*basket, *without})] = -np.inf
        limit = min(limit, len(found))
        best = np.argpartition(-found, limit - 1)[:limit] if limit else np.zeros(0, dtype=np.int64)
        return [int(i) for i in best[np.argsort(-found[best], kind="stable")] if np.isfinite(found[i])]

    def similar(self, item: int, limit: int = 10) -> list[int]:
        """What goes with one item."""
        return self.recommend([item], limit)


def choose(choices: Choices, items: int, recipes: Sequence[Recipe] = RECIPES) -> Recommender:
    """Test every recipe on each person's latest fifth of choices and fit the best one on all.

    Cost: some seconds for 100,000 choices of 2,000 items.
    """
    early, late = split_late(choices, LATE_SHARE)
    tested = {}
    for recipe, model in zip(recipes, _fitted(early, items, recipes), strict=True):
        tested[name_of(recipe)] = float(np.mean([q[0] for q in judged(model, early, late)] or [0.0]))
    best = max(recipes, key=lambda r: tested[name_of(r)])
    final = _fitted(choices, items, [best])[0]
    return replace(final, tested=tested)


def pruned(model: Recommender, keep: int) -> Recommender:
    """The same with each item's ``keep`` strongest links to others (sparse rows): small enough to be kept as text."""
    if model.links is None:
        return model
    links = np.array(model.links)
    if links.shape[1] > keep:
        size = np.abs(links)
        links[size < np.partition(size, -keep, axis=1)[:, [-keep]]] = 0.0
    return replace(model, links=sparse.csr_matrix(links))


def name_of(recipe: Recipe) -> str:
    """A short name for the card."""
    tail = (" around what sells" if recipe.around else "") + (f" recent {recipe.recent:g}" if recipe.recent else "")
    return f"{recipe.kind} {recipe.strength:g}{tail}" if recipe.kind != "popular" else "popular"


def fit(choices: Choices, items: int, recipe: Recipe) -> Recommender:
    """One recipe on all choices."""
    return _fitted(choices, items, [recipe])[0]


def split_late(choices: Choices, share: float) -> tuple[Choices, Choices]:
    """Each person's choices up to a moment, and the latest ``share`` of them (none of people with fewer than two)."""
    order = np.lexsort((choices.when, choices.person))
    counts = np.bincount(choices.person)
    starts = np.append(0, np.cumsum(counts))[:-1]
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order)) - starts[choices.person[order]]
    hidden = np.where(counts > 1, np.maximum(1, np.round(counts * share)), 0)
    late = place >= (counts - hidden)[choices.person]
    return choices.take(~late), choices.take(late)


def judged(model: Recommends, early: Choices, late: Choices, deep: int = 20) -> list[tuple[float, float]]:
    """NDCG@10 and recall@``deep`` over all items for everybody who has later choices."""
    known, later = baskets(early), baskets(late)
    found = []
    for person, wanted in later.items():
        basket = known.get(person, [])
        fresh = set(wanted) - set(basket)
        if fresh:
            listed = model.recommend(basket, deep)
            found.append((_ndcg(listed[:AT], fresh), len(fresh & set(listed)) / min(len(fresh), deep)))
    return found


def baskets(choices: Choices) -> dict[int, list[int]]:
    """Each person's items, oldest first, each once."""
    order = np.lexsort((choices.when, choices.person))
    found: dict[int, dict[int, None]] = {}
    for person, item in zip(choices.person[order].tolist(), choices.item[order].tolist(), strict=True):
        found.setdefault(person, {})[item] = None
    return {person: list(items) for person, items in found.items()}


def _ndcg(listed: Sequence[int], wanted: Collection[int]) -> float:
    gains = 1 / np.log2(np.arange(2, AT + 2))
    return float(sum(g for g, i in zip(gains, listed, strict=False) if i in wanted) / gains[: len(wanted)].sum())


def _fitted(choices: Choices, items: int, recipes: Sequence[Recipe]) -> list[Recommender]:
    people = int(choices.person.max()) + 1 if len(choices.person) else 0
    ones = np.ones(len(choices.person))
    table = sparse.csr_matrix((ones, (choices.person, choices.item)), shape=(people, items))
    table.data[:] = 1.0
    sold = np.asarray(table.sum(axis=0), dtype=np.float64).ravel()
    likely = sold / max(people, 1)
    common = np.sort(np.argsort(-sold, kind="stable")[:MOST_ITEMS])
    both: Array | None = None
    links: dict[tuple[Kind, float, bool], Array] = {}
    found = []
    for recipe in recipes:
        key = (recipe.kind, recipe.strength, recipe.around)
        if recipe.kind != "popular" and key not in links:
            both = np.asarray((table[:, common].T @ table[:, common]).todense()) if both is None else both
            expected = people * np.outer(likely[common], likely[common]) if recipe.around else 0.0
            inner = (
                _ease(both - expected, recipe.strength) if recipe.kind == "ease" else _together(both, recipe.strength)
            )
            links[key] = inner if len(common) == items else _widened(inner, common, items)
        start = likely - likely @ links[key] if recipe.around else 1e-6 * likely
        found.append(Recommender(recipe, likely, links.get(key), start))
    return found


def _ease(both: Array, ridge: float) -> Array:
    inverse = np.linalg.inv(both + ridge * np.eye(len(both)))
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return np.asarray(weights, dtype=np.float64)


def _together(both: Array, damping: float) -> Array:
    """Cosine, drawn to zero where few chose both; the 100 nearest of each item."""
    size = np.sqrt(np.maximum(np.diag(both), 1e-12))
    near = both / np.outer(size, size) * both / (both + damping)
    np.fill_diagonal(near, 0.0)
    if len(near) > NEIGHBOURS:
        least = np.partition(near, -NEIGHBOURS, axis=0)[-NEIGHBOURS]
        near = np.where(near >= least, near, 0.0)
    return np.asarray(near, dtype=np.float64)


def _widened(inner: Array, common: Ints, items: int) -> Array:
    wide = np.zeros((items, items), dtype=np.float64)
    wide[np.ix_(common, common)] = inner
    return wide


__all__ = [
    "RECIPES",
    "Choices",
    "Recipe",
    "Recommender",
    "Recommends",
    "baskets",
    "choose",
    "fit",
    "judged",
    "name_of",
    "pruned",
    "split_late",
]
