"""Splink beside our matcher: with its documented defaults for any table, and with settings made by hand for known sets.

Splink is an extra (``pip install amity[splink]``); it is measured against, never needed to run.
"""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from amity.people.matching.clusters import pairs_of
from amity.people.matching.columns import column
from amity.people.matching.tables import aligned

Ints = npt.NDArray[np.int64]
_TRAINED_ON = 2  # blocking rules that EM is run with
_BLOCKS = 4
_MOST_PAIRS = 20_000_000  # within clusters
_PAIRS, _PAIRS_PER_RECORD = 2_000_000, 10  # comparisons of one rule at most


@dataclass(frozen=True)
class Tuned:
    """A model by hand: comparisons and rules by column, the deterministic rules, and the threshold."""

    comparisons: Callable[[Any], list[Any]]
    blocks: Sequence[Sequence[str]]
    train: Sequence[Sequence[str]]
    certain: Sequence[Sequence[str]]
    threshold: float = 0.5
    renamed: Mapping[str, str] = field(default_factory=dict)
    expressions: Mapping[str, str] = field(default_factory=dict)  # column: DuckDB expression to clean it with


def available() -> bool:
    """Whether Splink is installed."""
    import importlib.util

    return importlib.util.find_spec("splink") is not None


def default(left: pl.DataFrame, right: pl.DataFrame | None) -> Ints:
    """Pairs ``(n, 2)`` of row numbers (right rows after left ones) that Splink with documented defaults calls the same.

    Every column by the library's ready-made comparison for its content (names, dates of birth, e-mail, else
    Jaro–Winkler), blocking on each of the fuller columns (with others where its guide would find too many comparisons),
    u by random sampling, m by EM over two rules, 0.5.
    """
    left, right = _plain_names(left, right)
    kinds = {name: found.kind for name in left.columns if (found := column(name, left[name]))}
    chosen = _by_use(left, list(kinds))
    blocks = [_narrowed(left, right, name, chosen) for name in chosen[:_BLOCKS]]
    plan = Tuned(
        lambda library: [_comparison(library, name, kind) for name, kind in kinds.items()],
        blocks=blocks,
        train=blocks[:_TRAINED_ON],
        certain=[list(pair) for pair in combinations(chosen[:3], 2)],
    )
    try:
        return run(left, right, plan)
    except ValueError:  # no certain pair at all: keep Splink's own guess of how many are the same
        return run(left, right, replace(plan, certain=[]))


def _narrowed(left: pl.DataFrame, right: pl.DataFrame | None, name: str, others: Sequence[str]) -> list[str]:
    """A blocking rule on this column, with more columns until it gives no more pairs than can be compared."""
    most = max(_PAIRS, _PAIRS_PER_RECORD * (left.height + (right.height if right is not None else 0)))
    rule = [name]
    for other in others:
        if _count(left, right, rule) <= most:
            break
        rule += [] if other in rule else [other]
    return rule


def _count(left: pl.DataFrame, right: pl.DataFrame | None, rule: Sequence[str]) -> float:
    """Number of pairs that are equal in these columns."""
    sizes = left.drop_nulls(rule).group_by(rule).len()
    if right is None:
        return float((sizes["len"].cast(pl.Float64) * (sizes["len"] - 1) / 2).sum())
    both = sizes.join(right.drop_nulls(rule).group_by(rule).len(), on=list(rule))
    return float((both["len"].cast(pl.Float64) * both["len_right"]).sum())


def _plain_names(left: pl.DataFrame, right: pl.DataFrame | None) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """Both tables with the columns they share, under names that SQL understands."""
    if right is None:
        return left.rename({name: f"c{at}" for at, name in enumerate(left.columns)}), None
    pairs = aligned(left, right)
    one = left.select(pl.col(a).alias(f"c{at}") for at, (a, _b) in enumerate(pairs))
    return one, right.select(pl.col(b).alias(f"c{at}") for at, (_a, b) in enumerate(pairs))


def run(left: pl.DataFrame, right: pl.DataFrame | None, plan: Tuned) -> Ints:
    """The pairs that a Splink model made by this plan calls the same."""
    with _quiet():
        return _run(left, right, plan)


def _run(left: pl.DataFrame, right: pl.DataFrame | None, plan: Tuned) -> Ints:
    import splink.comparison_library as library
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    settings = SettingsCreator(
        link_type="dedupe_only" if right is None else "link_only",
        comparisons=plan.comparisons(library),
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in plan.blocks],
        unique_id_column_name="row_number_",
        retain_matching_columns=False,
    )
    database = DuckDBAPI()
    tables = [_registered(database, left, "a_left", 0, plan)]
    if right is not None:
        tables.append(_registered(database, right, "b_right", left.height, plan))
    linker = Linker(tables if len(tables) > 1 else tables[0], settings)
    training = linker.training
    if plan.certain:
        training.estimate_probability_two_random_records_match([block_on(*rule) for rule in plan.certain], recall=0.7)
    training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for rule in plan.train:
        with contextlib.suppress(Exception):  # nothing to learn from under this rule
            training.estimate_parameters_using_expectation_maximisation(block_on(*rule))
    predicted = linker.inference.predict(threshold_match_probability=plan.threshold)
    if right is None:
        return _clustered(linker, predicted, plan.threshold)
    found = predicted.as_pyarrow_table()  # type: ignore[no-untyped-call]
    return _pairs(found["row_number__l"].to_numpy(), found["row_number__r"].to_numpy())


def _clustered(linker: Any, predicted: Any, threshold: float) -> Ints:
    """All pairs within Splink's own clusters (connected components at the threshold).

    Where everything became one cluster, only the pairs that it predicts: all within would not fit into memory.
    """
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, threshold).as_pyarrow_table()
    rows = clusters["row_number_"].to_numpy()
    _names, numbers = np.unique(np.asarray(clusters["cluster_id"].to_pylist(), dtype=str), return_inverse=True)
    order = np.argsort(rows)
    sizes = np.bincount(numbers).astype(np.float64)
    if (sizes * (sizes - 1) / 2).sum() <= _MOST_PAIRS:
        return pairs_of(numbers[order].astype(np.int64))
    found = predicted.as_pyarrow_table()
    return _pairs(found["row_number__l"].to_numpy(), found["row_number__r"].to_numpy())


def _registered(database: Any, table: pl.DataFrame, name: str, offset: int, plan: Tuned) -> Any:
    cleaned = table.rename({old: new for old, new in plan.renamed.items() if old in table.columns})
    cleaned = cleaned.with_columns(pl.col(pl.String).str.strip_chars().str.to_lowercase())
    cleaned = cleaned.with_columns(pl.when(pl.col(pl.String) == "").then(None).otherwise(pl.col(pl.String)).name.keep())
    arrow = cleaned.with_row_index("row_number_", offset=offset).with_columns(pl.col("row_number_").cast(pl.Int64))
    found = arrow.to_arrow()
    if plan.expressions:
        columns = ", ".join(f"{expression} AS {column}" for column, expression in plan.expressions.items())
        database.duckdb_con.register(f"{name}_raw", found)
        found = database.duckdb_con.sql(f"SELECT *, {columns} FROM {name}_raw").to_arrow_table()
    return database.register(found, dataset_display_name=name)


def _pairs(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> Ints:
    pairs = np.column_stack([np.minimum(a, b), np.maximum(a, b)]).astype(np.int64)
    return np.asarray(np.unique(pairs, axis=0) if len(pairs) else pairs.reshape(0, 2))


def _comparison(library: Any, name: str, kind: str) -> Any:
    if kind == "email":
        return library.EmailComparison(name)
    if kind == "word":
        return library.NameComparison(name)
    if kind in ("code", "phone"):
        return library.LevenshteinAtThresholds(name)
    if kind == "date":
        return library.DamerauLevenshteinAtThresholds(name)
    return library.ExactMatch(name) if kind in ("year", "number") else library.JaroWinklerAtThresholds(name)


def _by_use(table: pl.DataFrame, names: Sequence[str]) -> list[str]:
    """Columns with the most different values first, nearly empty ones last."""
    return sorted(names, key=lambda name: -(table[name].n_unique() * (1 - table[name].null_count() / len(table))))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    out, errors = io.StringIO(), io.StringIO()
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
