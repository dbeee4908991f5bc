"""``amity bench scoring``: Amity's ladder beside the base rate, logistic regression and tuned LightGBM.

Tables of one's own are measured beside tuned CatBoost too, where it is installed.
Same splits, same rows, same held-out columns for all. Nothing in here is used by the product.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from amity.base.tables import read_table
from amity.intelligence import baselines, columns
from amity.intelligence.baselines import TRIALS, Parts
from amity.intelligence.judged import Trained
from amity.intelligence.ladder import train
from amity.intelligence.leakage import Suspicion, held_out, suspicions
from amity.intelligence.metrics import log_loss, quality
from amity.intelligence.outcomes import read_outcomes

Array = NDArray[np.float64]
Say = Callable[[str], None]

SPLITS = 5
SCORING_TRIALS = 20
BESIDE = ("base_rate", "logistic", "tuned_lightgbm", "tuned_catboost")
TEST_SHARE = 0.2
SMALL = (20, 50, 100, 200, 400, 1_000)
SMALL_SEEDS = 20
LEADS = "A_xeducation_leads/leads.csv.gz"
DEALS = "A_maven_crm_opportunities"


@dataclass(frozen=True, slots=True)
class Problem:
    """A table ready to learn from: decided rows, without held-out columns."""

    name: str
    table: pl.DataFrame
    y: Array
    opened: pl.Series | None
    order: Array | None  # what to order rows by when tests must lie later than what was learned from
    found: tuple[Suspicion, ...]
    held: tuple[str, ...]


def bench_table(
    path: Path, label: str, time_column: str | None = None, splits: int = SPLITS, small: bool = True,
    say: Say | None = None, trials: int = TRIALS, hold_out: bool = True, beside: Sequence[str] = BESIDE,
) -> dict[str, Any]:  # fmt: skip
    """Bench any table with an outcome column; returns plain JSON values.

    Rows whose outcome is neither won nor lost count as open. Raises ``Refused`` for unreadable files or outcomes.
    """
    return bench_frame(
        path.name, read_table(path), label, time_column, splits, small, say, trials, hold_out=hold_out, beside=beside
    )


def bench_frame(
    name: str, table: pl.DataFrame, label: str, time_column: str | None = None, splits: int = SPLITS,
    small: bool = True, say: Say | None = None, trials: int = TRIALS, by_time: bool = True,
    hold_out: bool = True, beside: Sequence[str] = BESIDE,
) -> dict[str, Any]:  # fmt: skip
    """Bench a table in memory; ``by_time`` False: times give ages only and the splits are seeded."""
    tell = say or (lambda _line: None)
    problem = pose(name, table, label, time_column, hold_out)
    problem = problem if by_time else replace(problem, order=None)
    tell(f"== {name}: {len(problem.y)} decided, {problem.y.mean():.1%} won")
    for s in problem.found:
        words = ", ".join(f"{e.code} {e.weight}" for e in s.evidence)
        tell(f"   {'held out' if s.held else 'noted   '} {s.column} ({s.score}): {words}")
    rows = [_one_split(problem, seed, trials, tell, beside) for seed in range(splits)]
    result = _summary(problem, rows)
    _print_summary(result, tell)
    if small:
        result["few_labels"] = few_labels(problem, tell)
    return result


def pose(name: str, table: pl.DataFrame, label: str, time_column: str | None = None, hold_out: bool = True) -> Problem:
    """Read outcomes, find and leave out after-the-fact columns (looked for among decided and open rows)."""
    if label not in table.columns:
        from amity.base.errors import Refused

        raise Refused("no_column", f"There is no column {label!r}. Columns: {', '.join(table.columns)}.")
    outcome = read_outcomes(table[label])
    features = table.drop(label)
    found = suspicions(features, outcome, skip=[time_column] if time_column else [])
    held = held_out(found) if hold_out else []
    decided = ~np.isnan(outcome)
    opened, order = _times(table[time_column]) if time_column else (None, None)
    return Problem(
        name,
        features.drop(held).filter(pl.Series(decided)),
        outcome[decided],
        None if opened is None else opened.filter(pl.Series(decided)),
        None if order is None else order[decided],
        tuple(found),
        tuple(held),
    )


def few_labels(problem: Problem, say: Say | None = None, seeds: int = SMALL_SEEDS) -> list[dict[str, Any]]:
    """Learn from 20 to 400 decided rows, test on the rest: mean log loss of Amity and of the base rate."""
    tell = say or (lambda _line: None)
    results = []
    for size in [s for s in SMALL if s * 2 <= len(problem.y)]:
        found = [_few(problem, size, seed) for seed in range(seeds)]
        means = {name: float(np.mean([losses[name] for losses, _ in found])) for name in found[0][0]}
        own, base = means["amity"], means["base_rate"]
        worst = max(losses["amity"] - losses["base_rate"] for losses, _ in found)
        climbed = sum(rung != "base" for _, rung in found)
        ok = own <= base + 1e-12
        results.append({"rows": size, **means, "climbed": climbed, "seeds": seeds, "worst": worst, "ok": ok})
        others = ", ".join(f"{name} {value:.4f}" for name, value in means.items() if name != "amity")
        tell(f"   {size:4d} decided: log loss {own:.4f} | {others} | climbed {climbed}/{seeds}, worst {worst:+.4f}"
             f"{'' if ok else ' MISS'}")  # fmt: skip
    return results


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; exit code 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="amity bench scoring", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with A_xeducation_leads and A_maven_crm_opportunities")
    parser.add_argument("--file", type=Path, help="any table instead")
    parser.add_argument("--label", help="its outcome column")
    parser.add_argument("--time", help="its column of opening times")
    parser.add_argument("--splits", type=int, default=SPLITS)
    parser.add_argument("--trials", type=int, default=SCORING_TRIALS, help="random-search trials of the tuned LightGBM")
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
    leads = bench_table(folder / LEADS, "Converted", None, splits, small, say, trials, beside=BESIDE[:3])
    deals = bench_frame(
        "maven deals",
        deals_table(folder / DEALS),
        "deal_stage",
        "engage_date",
        splits,
        small,
        say,
        trials,
        by_time=False,
        beside=BESIDE[:3],
    )
    missed = []
    needed = {"Tags", "Lead Quality", "Lead Profile", "Last Activity"}
    if absent := needed - set(leads["held_out"]):
        missed.append(f"leads: not held out: {', '.join(sorted(absent))}")
    own, tuned = leads, leads["baselines"]["tuned_lightgbm"]
    checks = {
        f"leads: AUC {own['auc']:.4f} below 0.875": own["auc"] < 0.875,
        f"leads: AUC {own['auc']:.4f} more than 0.005 below tuned LightGBM {tuned['auc']:.4f}": own["auc"]
        < tuned["auc"] - 0.005,
        f"leads: ECE {own['ece']:.4f} above 0.05": own["ece"] > 0.05,
        f"deals: verdicts {deals['verdicts']}": set(deals["verdicts"]) != {"no_signal"},
        "deals: log loss above the base rate": deals["log_loss"] > deals["baselines"]["base_rate"]["log_loss"] + 1e-12,
        "reasons do not add up": max(leads["reasons_error"], deals["reasons_error"]) > 1e-6,
    }
    missed += [line for line, miss in checks.items() if miss]
    few = [(r["name"], f) for r in (leads, deals) for f in r.get("few_labels", [])]
    missed += [f"{name}: {f['rows']} decided rows worse than the base rate" for name, f in few if not f["ok"]]
    return [leads, deals], missed


def _one_split(
    problem: Problem, number: int, trials: int, say: Say, beside: Sequence[str], settings: dict[str, Any] | None = None
) -> dict[str, Any]:
    train_rows, test_rows = split(problem, number)
    parts = parts_of(problem, train_rows, test_rows, trials, number, settings)
    truth = problem.y[test_rows]
    started = time.perf_counter()
    trained = train(parts.table, parts.y, parts.opened, decided=_known_order(problem, train_rows))
    seconds = time.perf_counter() - started
    found = {"amity": quality(truth, trained.model.score(parts.test, parts.later).probability)}
    others = {name: baseline for name, baseline in baselines.available().items() if name in beside}
    found |= {name: quality(truth, baseline(parts)) for name, baseline in others.items()}
    own, best = found["amity"], min((found[n] for n in found if n.startswith("tuned")), key=lambda q: q.log_loss)
    say(
        f"   split {number}: amity {trained.model.rung} ({trained.verdict}, {trained.how}, {seconds:.1f} s) "
        f"AUC {own.auc:.4f} log loss {own.log_loss:.4f} ECE {own.ece:.4f} | "
        f"best tuned {best.auc:.4f} {best.log_loss:.4f} {best.ece:.4f}"
    )
    return {
        "quality": found,
        "verdict": trained.verdict,
        "rung": trained.model.rung,
        "seconds": seconds,
        "error": _reasons_error(trained, parts.test, parts.later),
    }


def splits_of(problem: Problem, splits: int, trials: int, say: Say) -> list[dict[str, Any]]:
    """Every split beside all baselines; the tuned ones search their settings on the first split and keep them.

    What those settings saw of later splits' tests is to the baselines' advantage.
    """
    settings: dict[str, Any] = {}
    return [_one_split(problem, seed, trials, say, BESIDE, settings) for seed in range(splits)]


def parts_of(
    problem: Problem, rows: NDArray[Any], rest: NDArray[Any], trials: int, seed: int,
    settings: dict[str, Any] | None = None,
) -> Parts:  # fmt: skip
    """One split as the baselines read it."""
    opened = None if problem.opened is None else problem.opened[rows]
    later = None if problem.opened is None else problem.opened[rest]
    return Parts(problem.table[rows], problem.y[rows], opened, problem.table[rest], later, trials, seed, settings)


def _reasons_error(trained: Trained, table: pl.DataFrame, opened: pl.Series | None) -> float:
    """Largest gap between a score's log-odds and the sum of its reasons."""
    scores = trained.model.score(table, opened)
    parts = trained.model.contributions(trained.model.spec.transform(table, opened))
    return float(np.max(np.abs(parts.base + parts.by_column.sum(axis=1) + parts.rest - scores.log_odds)))


def _few(problem: Problem, size: int, seed: int) -> tuple[dict[str, float], str]:
    order = np.random.default_rng(1000 + seed).permutation(len(problem.y))
    parts = parts_of(problem, order[:size], order[size:], 0, seed)
    truth = problem.y[order[size:]]
    trained = train(parts.table, parts.y, parts.opened)
    losses = {"amity": log_loss(truth, trained.model.score(parts.test, parts.later).probability)}
    both = 0 < parts.y.sum() < len(parts.y)
    for name, baseline in baselines.SMALL.items():
        losses[name] = log_loss(truth, baseline(parts) if both else baselines.base_rate(parts))
    return losses, trained.model.rung


def split(problem: Problem, number: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Rows to learn from and to be judged on: by time, each test is the tenth that follows; else seeded at random."""
    from sklearn.model_selection import StratifiedShuffleSplit

    if problem.order is not None:
        order = np.argsort(problem.order, kind="stable")
        cut, end = (round(len(order) * (0.5 + TEST_SHARE / 2 * (number + i))) for i in (0, 1))
        return order[:cut], order[cut:end]
    splitter = StratifiedShuffleSplit(1, test_size=TEST_SHARE, random_state=number)
    rows: tuple[NDArray[Any], NDArray[Any]] = next(splitter.split(np.zeros(len(problem.y)), problem.y))
    return rows


def _known_order(problem: Problem, rows: NDArray[Any]) -> pl.Series | None:
    """Where a running number orders the rows: what it says of their order, as times."""
    if problem.order is None or problem.opened is not None:
        return None
    return pl.Series(np.argsort(np.argsort(problem.order[rows], kind="stable"), kind="stable"))


def _summary(problem: Problem, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Amity's figures under their usual names, those of the others under ``baselines``; means over the splits."""
    own, *others = list(rows[0]["quality"])
    return {
        "name": problem.name,
        "rows": len(problem.y),
        "won_share": float(problem.y.mean()),
        "splits": len(rows),
        "split_by": "time" if problem.order is not None else "seed",
        **_means(rows, own),
        "baselines": {name: _means(rows, name) for name in others},
        "held_out": list(problem.held),
        "suspicions": [asdict(s) for s in problem.found],
        "verdicts": sorted({r["verdict"] for r in rows}),
        "rungs": [r["rung"] for r in rows],
        "seconds": float(np.mean([r["seconds"] for r in rows])),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "reasons_error": max(r["error"] for r in rows),
    }


def _means(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for figure in ("auc", "log_loss", "brier", "ece"):
        values = np.array([getattr(r["quality"][name], figure) for r in rows])
        half = 1.645 * float(values.std(ddof=1)) / len(values) ** 0.5 if len(values) > 1 else 0.0
        found[figure] = float(values.mean())
        found[f"{figure}_interval"] = [float(values.mean()) - half, float(values.mean()) + half]
    return found


def _print_summary(result: dict[str, Any], say: Say) -> None:
    for name, m in {"amity": result, **result["baselines"]}.items():
        low, high = m["auc_interval"]
        say(
            f"   {name:15s} AUC {m['auc']:.4f} ({low:.4f}-{high:.4f})  log loss {m['log_loss']:.4f}  "
            f"ECE {m['ece']:.4f}  Brier {m['brier']:.4f}"
        )
    say(
        f"   verdict {', '.join(result['verdicts'])}; training {result['seconds']:.1f} s; "
        f"reasons off by {result['reasons_error']:.1e}; peak {result['peak_mib']:.0f} MiB"
    )


def _times(raw: pl.Series) -> tuple[pl.Series | None, Array]:
    """Times of the rows where the column holds dates (else None: a running number), and what to order the rows by."""
    found = columns.typed(raw.name, raw)
    if found.kind == "date":
        return found.values, found.values.dt.timestamp("us").cast(pl.Float64).fill_null(0.0).to_numpy()
    numbers = columns.plain(raw)
    if numbers.dtype.is_numeric() and not numbers.null_count():
        return None, numbers.cast(pl.Float64).to_numpy()
    from amity.base.errors import Refused

    raise Refused("no_time", f"The column {raw.name!r} holds no dates and no running number.")


if __name__ == "__main__":
    sys.exit(main())
