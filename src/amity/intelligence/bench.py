"""``amity bench scoring``: Amity's ladder beside the base rate, logistic regression and tuned LightGBM.

Same splits, same rows, same held-out columns for all four. Nothing in here is used by the product.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from amity.intelligence import columns
from amity.intelligence.features import FeatureSpec
from amity.intelligence.fitted import beta_interval
from amity.intelligence.ladder import Trained, train
from amity.intelligence.leakage import Suspicion, held_out, suspicions
from amity.intelligence.metrics import Quality, log_loss, quality
from amity.intelligence.outcomes import read_outcomes
from amity.intelligence.read_table import read_table

Array = NDArray[np.float64]
Say = Callable[[str], None]

SPLITS = 5
TEST_SHARE = 0.2
SMALL = (20, 50, 100, 200, 400)
SMALL_SEEDS = 20
TRIALS = 20
LEADS = "A_xeducation_leads/leads.csv.gz"
DEALS = "A_maven_crm_opportunities"


@dataclass(frozen=True, slots=True)
class Problem:
    """A table ready to learn from: decided rows, without held-out columns."""

    name: str
    table: pl.DataFrame
    y: Array
    opened: pl.Series | None
    found: tuple[Suspicion, ...]
    held: tuple[str, ...]


def bench_table(
    path: Path, label: str, time_column: str | None = None, splits: int = SPLITS, small: bool = True,
    say: Say | None = None, trials: int = TRIALS,
) -> dict[str, Any]:  # fmt: skip
    """Bench any table with an outcome column; returns plain JSON values.

    Rows whose outcome is neither won nor lost count as open. Raises ``Refused`` for unreadable files or outcomes.
    """
    return bench_frame(path.name, read_table(path), label, time_column, splits, small, say, trials)


def bench_frame(
    name: str, table: pl.DataFrame, label: str, time_column: str | None = None, splits: int = SPLITS,
    small: bool = True, say: Say | None = None, trials: int = TRIALS,
) -> dict[str, Any]:  # fmt: skip
    """Bench a table in memory."""
    tell = say or (lambda _line: None)
    problem = pose(name, table, label, time_column)
    tell(f"== {name}: {len(problem.y)} decided, {problem.y.mean():.1%} won")
    for s in problem.found:
        words = ", ".join(f"{e.code} {e.weight}" for e in s.evidence)
        tell(f"   {'held out' if s.held else 'noted   '} {s.column} ({s.score}): {words}")
    rows = [_one_split(problem, seed, trials, tell) for seed in range(splits)]
    result = _summary(problem, rows)
    _print_summary(result, tell)
    if small:
        result["few_labels"] = few_labels(problem, tell)
    return result


def pose(name: str, table: pl.DataFrame, label: str, time_column: str | None = None) -> Problem:
    """Read outcomes, find and leave out after-the-fact columns (looked for among decided and open rows)."""
    if label not in table.columns:
        from amity.base.errors import Refused

        raise Refused("no_column", f"There is no column {label!r}. Columns: {', '.join(table.columns)}.")
    outcome = read_outcomes(table[label])
    features = table.drop(label)
    found = suspicions(features, outcome, skip=[time_column] if time_column else [])
    held = held_out(found)
    decided = ~np.isnan(outcome)
    opened = _times(table[time_column]).filter(pl.Series(decided)) if time_column else None
    kept = features.drop(held).filter(pl.Series(decided))
    return Problem(name, kept, outcome[decided], opened, tuple(found), tuple(held))


def few_labels(problem: Problem, say: Say | None = None, seeds: int = SMALL_SEEDS) -> list[dict[str, Any]]:
    """Learn from 20 to 400 decided rows, test on the rest: mean log loss of Amity and of the base rate."""
    tell = say or (lambda _line: None)
    results = []
    for size in [s for s in SMALL if s * 2 <= len(problem.y)]:
        pairs = [_few(problem, size, seed) for seed in range(seeds)]
        own, base = (float(np.mean([p[i] for p in pairs])) for i in (0, 1))
        climbed = sum(p[2] != "base" for p in pairs)
        worst = max(p[0] - p[1] for p in pairs)
        results.append(
            {
                "rows": size,
                "amity": own,
                "base": base,
                "climbed": climbed,
                "seeds": seeds,
                "worst": worst,
                "ok": own <= base + 1e-12,
            }
        )
        tell(
            f"   {size:4d} decided: log loss {own:.4f}, base rate {base:.4f}, climbed {climbed}/{seeds}, "
            f"worst seed {worst:+.4f} {'ok' if own <= base + 1e-12 else 'MISS'}"
        )
    return results


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; exit code 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="amity bench scoring", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with A_xeducation_leads and A_maven_crm_opportunities")
    parser.add_argument("--file", type=Path, help="any table instead")
    parser.add_argument("--label", help="its outcome column")
    parser.add_argument("--time", help="its column of opening times")
    parser.add_argument("--splits", type=int, default=SPLITS)
    parser.add_argument("--trials", type=int, default=TRIALS, help="random-search trials of the tuned LightGBM")
    parser.add_argument("--no-few", action="store_true", help="skip the runs on 20 to 400 decided rows")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    say: Say = (lambda _line: None) if options.json else (lambda line: print(line, flush=True))
    if options.file:
        results = [
            bench_table(
                options.file, options.label or "", options.time, options.splits, not options.no_few, say, options.trials
            )
        ]
        missed: list[str] = []
    elif options.data:
        results, missed = _targets(options.data, options.splits, not options.no_few, options.trials, say)
    else:
        parser.error("give --data FOLDER or --file FILE --label COLUMN")
    for line in missed:
        say(f"MISSED: {line}")
    if options.json:
        print(json.dumps({"results": results, "missed": missed}, indent=1))
    return 1 if missed else 0


def deals_table(folder: Path) -> pl.DataFrame:
    """The opportunities of the CRM sample joined with what was known of account, product and agent."""
    read = {p.name.split(".")[0]: read_table(p) for p in sorted(folder.glob("*.csv.gz"))}
    deals = read["sales_pipeline"].with_columns(pl.col("product").str.replace("GTXPro", "GTX Pro"))
    for table, key in (("accounts", "account"), ("products", "product"), ("sales_teams", "sales_agent")):
        deals = deals.join(read[table], on=key, how="left")
    return deals


def _targets(folder: Path, splits: int, small: bool, trials: int, say: Say) -> tuple[list[dict[str, Any]], list[str]]:
    leads = bench_table(folder / LEADS, "Converted", None, splits, small, say, trials)
    deals = bench_frame(
        "maven deals", deals_table(folder / DEALS), "deal_stage", "engage_date", splits, small, say, trials
    )
    missed = []
    needed = {"Tags", "Lead Quality", "Lead Profile", "Last Activity"}
    if absent := needed - set(leads["held_out"]):
        missed.append(f"leads: not held out: {', '.join(sorted(absent))}")
    own, tuned = leads["mean"]["amity"], leads["mean"]["tuned_lightgbm"]
    checks = {
        f"leads: AUC {own['auc']:.4f} below 0.875": own["auc"] < 0.875,
        f"leads: AUC {own['auc']:.4f} more than 0.005 below tuned LightGBM {tuned['auc']:.4f}": own["auc"]
        < tuned["auc"] - 0.005,
        f"leads: ECE {own['ece']:.4f} above 0.05": own["ece"] > 0.05,
        f"deals: verdicts {deals['verdicts']}": set(deals["verdicts"]) != {"no_signal"},
        "deals: log loss above the base rate": deals["mean"]["amity"]["log_loss"]
        > deals["mean"]["base_rate"]["log_loss"] + 1e-12,
        "reasons do not add up": max(leads["reasons_error"], deals["reasons_error"]) > 1e-6,
    }
    missed += [line for line, miss in checks.items() if miss]
    few = [(r["name"], f) for r in (leads, deals) for f in r.get("few_labels", [])]
    missed += [f"{name}: {f['rows']} decided rows worse than the base rate" for name, f in few if not f["ok"]]
    return [leads, deals], missed


def _one_split(problem: Problem, seed: int, trials: int, say: Say) -> dict[str, Any]:
    train_rows, test_rows = _split(problem.y, seed, TEST_SHARE)
    table, test = problem.table[train_rows], problem.table[test_rows]
    y, truth = problem.y[train_rows], problem.y[test_rows]
    opened = None if problem.opened is None else problem.opened[train_rows]
    later = None if problem.opened is None else problem.opened[test_rows]
    started = time.perf_counter()
    trained = train(table, y, opened)
    seconds = time.perf_counter() - started
    p = trained.model.score(test, later).probability
    found = {
        "base_rate": quality(truth, np.full(len(truth), _base(y))),
        "logistic": quality(truth, _logistic(table, y, opened, test, later)),
        "tuned_lightgbm": quality(truth, _tuned(table, y, opened, test, later, trials, seed)),
        "amity": quality(truth, p),
    }
    own, best = found["amity"], found["tuned_lightgbm"]
    say(
        f"   split {seed}: amity {trained.model.rung} ({trained.verdict}, {trained.how}, {seconds:.1f} s) "
        f"AUC {own.auc:.4f} log loss {own.log_loss:.4f} ECE {own.ece:.4f} | "
        f"tuned LightGBM {best.auc:.4f} {best.log_loss:.4f} {best.ece:.4f}"
    )
    error = _reasons_error(trained, test, later)
    return {
        "quality": found,
        "verdict": trained.verdict,
        "rung": trained.model.rung,
        "seconds": seconds,
        "error": error,
    }


def _reasons_error(trained: Trained, table: pl.DataFrame, opened: pl.Series | None) -> float:
    """Largest gap between a score's log-odds and the sum of its reasons."""
    scores = trained.model.score(table, opened)
    parts = trained.model.contributions(trained.model.spec.transform(table, opened))
    return float(np.max(np.abs(parts.base + parts.by_column.sum(axis=1) + parts.rest - scores.log_odds)))


def _few(problem: Problem, size: int, seed: int) -> tuple[float, float, str]:
    order = np.random.default_rng(1000 + seed).permutation(len(problem.y))
    rows, rest = order[:size], order[size:]
    opened = None if problem.opened is None else problem.opened[rows]
    later = None if problem.opened is None else problem.opened[rest]
    trained = train(problem.table[rows], problem.y[rows], opened)
    truth = problem.y[rest]
    own = log_loss(truth, trained.model.score(problem.table[rest], later).probability)
    return own, log_loss(truth, np.full(len(truth), _base(problem.y[rows]))), trained.model.rung


def _base(y: Array) -> float:
    return beta_interval(int(y.sum()), int(len(y) - y.sum()))[1]


def _split(y: Array, seed: int, share: float) -> tuple[NDArray[Any], NDArray[Any]]:
    from sklearn.model_selection import StratifiedShuffleSplit

    splitter = StratifiedShuffleSplit(1, test_size=share, random_state=seed)
    rows: tuple[NDArray[Any], NDArray[Any]] = next(splitter.split(np.zeros(len(y)), y))
    return rows


def _logistic(
    table: pl.DataFrame, y: Array, opened: pl.Series | None, test: pl.DataFrame, later: pl.Series | None
) -> Array:
    """scikit-learn's logistic regression, default settings, on standardised numbers and one-hot categories."""
    from sklearn.linear_model import LogisticRegression

    spec = FeatureSpec.fit(table, opened=opened)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = LogisticRegression(max_iter=500).fit(spec.transform(table, opened).linear()[0], y)
    return np.asarray(fitted.predict_proba(spec.transform(test, later).linear()[0])[:, 1], dtype=np.float64)


def _tuned(
    table: pl.DataFrame, y: Array, opened: pl.Series | None, test: pl.DataFrame, later: pl.Series | None, trials: int,
    seed: int,
) -> Array:  # fmt: skip
    """LightGBM by random search: ``trials`` settings, 4-fold inner cross-validation with early stopping, log loss."""
    import lightgbm as lgb

    spec = FeatureSpec.fit(table, opened=opened)
    values, categorical, _ = spec.transform(table, opened).tree()
    random = np.random.default_rng(seed)
    best: tuple[float, dict[str, Any], int] = (np.inf, {}, 1)
    for _ in range(trials):
        settings = _random_settings(random)
        data = lgb.Dataset(values, y, categorical_feature=categorical, params=settings)
        stop = lgb.early_stopping(30, verbose=False)
        curve = lgb.cv(settings, data, 600, nfold=4, stratified=True, seed=seed, callbacks=[stop])
        losses = cast("dict[str, list[float]]", curve)["valid binary_logloss-mean"]
        best = min(best, (float(losses[-1]), settings, len(losses)), key=lambda b: b[0])
    data = lgb.Dataset(values, y, categorical_feature=categorical, params=best[1])
    booster = lgb.train(best[1], data, round(best[2] * 1.1))
    return np.asarray(booster.predict(spec.transform(test, later).tree()[0]), dtype=np.float64)


def _random_settings(random: np.random.Generator) -> dict[str, Any]:
    return {
        "objective": "binary",
        "metric": "binary_logloss",
        "verbosity": -1,
        "num_threads": 1,
        "learning_rate": float(10 ** random.uniform(-1.7, -0.9)),
        "num_leaves": int(random.integers(4, 64)),
        "min_child_samples": int(random.integers(5, 80)),
        "feature_fraction": float(random.uniform(0.4, 1.0)),
        "bagging_fraction": float(random.uniform(0.6, 1.0)),
        "bagging_freq": 1,
        "lambda_l2": float(10 ** random.uniform(-2, 1.5)),
        "cat_smooth": float(10 ** random.uniform(0, 2)),
        "max_cat_to_onehot": int(random.choice([4, 16, 64])),
        "seed": int(random.integers(1 << 30)),
    }


def _summary(problem: Problem, rows: list[dict[str, Any]]) -> dict[str, Any]:
    names = list(rows[0]["quality"])
    mean = {
        n: {k: float(np.mean([asdict(r["quality"][n])[k] for r in rows])) for k in Quality.__slots__} for n in names
    }
    spread = {n: float(np.std([r["quality"][n].auc for r in rows])) for n in names}
    return {
        "name": problem.name,
        "rows": len(problem.y),
        "won_share": float(problem.y.mean()),
        "held_out": list(problem.held),
        "suspicions": [asdict(s) for s in problem.found],
        "mean": mean,
        "auc_sd": spread,
        "verdicts": sorted({r["verdict"] for r in rows}),
        "rungs": [r["rung"] for r in rows],
        "seconds": float(np.mean([r["seconds"] for r in rows])),
        "reasons_error": max(r["error"] for r in rows),
    }


def _print_summary(result: dict[str, Any], say: Say) -> None:
    for name, m in result["mean"].items():
        say(
            f"   {name:15s} AUC {m['auc']:.4f} ± {result['auc_sd'][name]:.4f}  log loss {m['log_loss']:.4f}  "
            f"ECE {m['ece']:.4f}  Brier {m['brier']:.4f}"
        )
    say(
        f"   verdict {', '.join(result['verdicts'])}; training {result['seconds']:.1f} s; "
        f"reasons off by {result['reasons_error']:.1e}"
    )


def _times(raw: pl.Series) -> pl.Series:
    found = columns.typed(raw.name, raw)
    if found.kind != "date":
        from amity.base.errors import Refused

        raise Refused("no_time", f"The column {raw.name!r} holds no dates.")
    return found.values


if __name__ == "__main__":
    sys.exit(main())
