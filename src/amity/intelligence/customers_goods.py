"""What goes with what: learned from what people chose, kept as text, answered within a millisecond for any basket.

Of every product only its strongest links are kept, with how many people have both: that is the reason shown.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from amity.access import api as access
from amity.intelligence import customers_store as store
from amity.intelligence import recommend
from amity.intelligence.customers_source import source

Report = Any
FORMAT = 1
LINKS, FEW_LINKS, MANY = 200, 80, 2_000  # of each product, and where there are more products than that
MOST_CHOICES = 500_000
LEAST_CHOICES = 20
AGAIN = 0.1  # share of a product's buyers who came back for it, from which on it is offered again


@dataclass(frozen=True, slots=True)
class Suggested:
    """A product, how strongly it is suggested (comparable within one answer), and why.

    ``because``: the product of the basket that speaks most for it, None where it is what sells; ``people``: how many
    have both, or have it.
    """

    product: UUID
    score: float
    because: UUID | None
    people: int


class Goods:
    """What was learned, ready to answer."""

    def __init__(self, stored: dict[str, Any]) -> None:
        self.products = [UUID(each) for each in stored["products"]]
        self.place = {product: n for n, product in enumerate(self.products)}
        size = len(self.products)
        kept = np.array(stored["start"], dtype=np.int64)
        shape = (np.array(stored["to"], dtype=np.int64), kept)
        self.links = sparse.csr_matrix((np.array(stored["weight"]), *shape), shape=(size, size))
        self.both = sparse.csr_matrix((np.array(stored["both"], dtype=np.int64), *shape), shape=(size, size))
        self.sold = np.array(stored["sold"], dtype=np.int64)
        self.again = np.array(stored["again"], dtype=np.float64)
        self.recent = float(stored["recent"])
        self.likely = self.sold / max(int(stored["people"]), 1)
        self.plain = np.array(stored["plain"], dtype=np.float64)

    def suggest(self, basket: Sequence[UUID], limit: int, without: Collection[UUID] = ()) -> list[Suggested]:
        """The best products for what is in ``basket`` (oldest first) that are not in ``without``. Under 1 ms."""
        known = [self.place[each] for each in basket if each in self.place]
        scores = self._scores(known)
        scores[[self.place[each] for each in without if each in self.place]] = -np.inf
        limit = min(limit, len(scores))
        best = np.argpartition(-scores, limit - 1)[:limit] if limit else np.zeros(0, dtype=np.int64)
        ordered = best[np.argsort(-scores[best], kind="stable")]
        rows = self.links[known] if known else None
        return [self._told(int(i), float(scores[i]), known, rows) for i in ordered if np.isfinite(scores[i])]

    def bought_again(self, product: UUID) -> bool:
        """Whether people come back for it; unknown products are offered again."""
        n = self.place.get(product)
        return n is None or bool(self.again[n] >= AGAIN)

    def _scores(self, known: Sequence[int]) -> NDArray[np.float64]:
        if not known or not self.links.nnz:
            return np.asarray(self.likely.copy(), dtype=np.float64)
        weights = 0.5 ** (np.arange(len(known))[::-1] / self.recent) if self.recent else np.ones(len(known))
        return np.asarray(weights @ self.links[list(known)] + self.plain, dtype=np.float64)

    def _told(self, item: int, score: float, known: Sequence[int], rows: Any) -> Suggested:
        if rows is not None:
            column = rows[:, item].toarray().ravel()
            strongest = int(column.argmax())
            people = int(self.both[known[strongest], item])
            if column[strongest] > 0 and people:
                return Suggested(self.products[item], score, self.products[known[strongest]], people)
        return Suggested(self.products[item], score, None, int(self.sold[item]))


def train_products(principal: access.Principal, report: Report) -> store.CustomerVersion | None:
    """Learn from who chose which product; None where there is too little. Not inside a transaction.

    About 10 s for 100,000 choices of 2,000 products; the latest 500,000 choices count.
    """
    access.require(principal, "models.train")
    table = source().choices().sort("at", "who", "product").tail(MOST_CHOICES)  # of one moment: always the same
    if table.height < LEAST_CHOICES or table["product"].n_unique() < 2 or table["who"].n_unique() < 2:
        return None
    report(0, 100, "reading")
    once = table.group_by("who", "product", maintain_order=True).agg(pl.col("at").max())
    numbers = [once[c].rank("dense").cast(pl.Int64).to_numpy() - 1 for c in ("who", "product")]
    choices = recommend.Choices(numbers[0], numbers[1], once["at"].to_numpy())
    products = sorted(once["product"].unique())
    report(10, 100, "learning")
    model = recommend.choose(choices, len(products))
    picked = recommend.name_of(model.recipe)
    report(80, 100, "keeping")
    version = store.keep(
        principal, store.PRODUCTS, signal=picked != "popular", rows=table.height, subjects=len(products),
        window=store.now_window(*(float(each) for each in table["at"].sort()[[0, -1]])),
        card={"picked": picked, "tested": dict(model.tested), "people": int(numbers[0].max()) + 1,
              "kept": _kept_test(choices, len(products), model.recipe)},
        artefact=_stored(model, choices, products, _again(table)),
    )  # fmt: skip
    store.clear(store.PRODUCTS, 3)
    return version


def live_goods() -> tuple[store.CustomerVersion, Goods] | None:
    """What was learned last, or None. 1 query, 2 in a process that meets it for the first time."""
    version = store.live(store.PRODUCTS)
    return None if version is None else (version, _loaded(version.id))


@lru_cache(maxsize=2)
def _loaded(version_id: UUID) -> Goods:
    return Goods(store.artefact_of(version_id))


def _links(products: int) -> int:
    return LINKS if products <= MANY else FEW_LINKS


def _again(table: pl.DataFrame) -> dict[str, float]:
    """Share of each product's people who chose it on more than one day."""
    days = (
        table.with_columns(pl.col("at").floor()).group_by("product", "who").agg(pl.col("at").n_unique().alias("days"))
    )
    shares = days.group_by("product").agg((pl.col("days") > 1).mean().alias("share"))
    return dict(zip(shares["product"], shares["share"], strict=True))


def _kept_test(choices: recommend.Choices, items: int, recipe: recommend.Recipe) -> float:
    """NDCG@10 on later choices when only the strongest links are kept, as they are in use."""
    early, late = recommend.split_late(choices, recommend.LATE_SHARE)
    model = recommend.fit(early, items, recipe)
    judged = recommend.judged(recommend.pruned(model, _links(items)), early, late)
    return float(np.mean([each[0] for each in judged] or [0.0]))


def _stored(
    model: recommend.Recommender, choices: recommend.Choices, products: list[str], again: dict[str, float]
) -> dict[str, Any]:
    """The model as plain JSON: compressed sparse rows, weights to six digits."""
    size, people = len(products), int(choices.person.max()) + 1
    chosen = sparse.csr_matrix((np.ones(len(choices.item)), (choices.person, choices.item)), shape=(people, size))
    kept = sparse.csr_matrix(recommend.pruned(model, _links(size)).links if model.links is not None else (size, size))
    kept.sort_indices()
    to = kept.indices
    rows = np.repeat(np.arange(size), np.diff(kept.indptr))
    together = chosen.T.tocsr() @ chosen
    both = np.asarray(together[rows, to]).ravel() if len(rows) else np.zeros(0)
    return {
        "format": FORMAT,
        "products": products,
        "people": people,
        "start": kept.indptr.tolist(),
        "to": to.tolist(),
        "weight": [float(f"{each:.6g}") for each in kept.data],
        "both": both.astype(int).tolist(),
        "sold": np.asarray(chosen.sum(axis=0)).ravel().astype(int).tolist(),
        "again": [round(again.get(each, 0.0), 4) for each in products],
        "recent": model.recipe.recent,
        "plain": [float(f"{each:.6g}") for each in model.start],
    }


__all__ = ["Goods", "Suggested", "live_goods", "train_products"]
