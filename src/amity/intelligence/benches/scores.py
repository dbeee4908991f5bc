"""Must show 1: win, lead, churn and response scores on real tables beside tuned boosted trees.

Tables are measured side by side, a process per core, the largest ones first.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
from threadpoolctl import threadpool_limits

from amity.base.tables import read_table
from amity.intelligence import bench
from amity.intelligence.baselines import TRIALS
from amity.intelligence.benches.table import Line, Say, mean_line

AUC_SLACK, LOSS_SLACK, ECE_MOST = 0.005, 0.002, 0.05
NO_SIGNAL = "A_maven_opportunities"


@dataclass(frozen=True, slots=True)
class Table:
    """A set as its index describes it. ``by_time``: a column whose order tests must respect."""

    name: str
    read: Callable[[Path], pl.DataFrame]
    label: str
    opened: str | None = None
    by_time: bool = False


def _file(name: str, *without: str) -> Callable[[Path], pl.DataFrame]:
    return lambda folder: read_table(folder / name).drop(without)


def _funnel(folder: Path) -> pl.DataFrame:
    part = folder / "A_olist_marketing_funnel"
    leads = read_table(part / "olist_marketing_qualified_leads_dataset.csv.gz")
    closed = read_table(part / "olist_closed_deals_dataset.csv.gz")["mql_id"].to_list()
    return leads.with_columns(pl.col("mql_id").is_in(closed).cast(pl.Int64).alias("closed")).drop("mql_id")


def _in_order(read: Callable[[Path], pl.DataFrame]) -> Callable[[Path], pl.DataFrame]:
    return lambda folder: read(folder).with_row_index("call_order").cast({"call_order": pl.Int64})


_BANK = "C_bank_marketing/bank-additional-full.csv.gz"
TABLES = (
    Table("A_xeducation_leads", _file("A_xeducation_leads/leads.csv.gz"), "Converted"),
    Table("A_olist_funnel", _funnel, "closed"),
    Table(NO_SIGNAL, lambda f: bench.deals_table(f / "A_maven_crm_opportunities"), "deal_stage", "engage_date"),
    Table("B_churn_modelling", _file("B_churn_modelling/Churn_Modelling.csv.gz"), "Exited"),
    Table("B_ibm_telco_churn", _file("B_ibm_telco_churn/telco_churn.csv.gz"), "Churn"),
    Table("C_bank_marketing", _file(_BANK, "duration"), "y"),
    Table("C_bank_in_time", _in_order(_file(_BANK, "duration")), "y", "call_order", by_time=True),
    Table("C_online_shoppers", _file("C_online_shoppers/online_shoppers_intention.csv.gz"), "Revenue"),
)


def lines(data: Path, quick: bool, say: Say) -> Iterator[Line]:
    """Five splits of every table; ``quick``: two splits of at most 4,000 rows, 5 searches."""
    # Started afresh: a fork of a process with threads (Polars, LightGBM) may hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=os.cpu_count() or 1, mp_context=context) as pool:
        waiting = [pool.submit(_measured, data, number, quick) for number in _largest_first(data)]
        for done, future in enumerate(as_completed(waiting), 1):
            yield from future.result()
            say(f"   {done} of {len(waiting)} tables measured")


def _largest_first(data: Path) -> list[int]:
    cells = [frame.height * frame.width for frame in (table.read(data) for table in TABLES)]
    return sorted(range(len(TABLES)), key=lambda number: -cells[number])


def _measured(data: Path, number: int, quick: bool) -> list[Line]:
    """In a process of its own; progress goes to standard error."""
    table = TABLES[number]
    frame = table.read(data)
    if quick and frame.height > 4_000:
        frame = frame.head(4_000) if table.by_time else frame.sample(4_000, seed=5)
    splits, trials = (2, 5) if quick else (bench.SPLITS, TRIALS)

    def say(line: str) -> None:
        print(f"{table.name}: {line.strip()}", file=sys.stderr, flush=True)

    with threadpool_limits(limits=1, user_api="blas"):
        return list(_lines_of(table, frame, splits, trials, say))


def _lines_of(table: Table, frame: pl.DataFrame, splits: int, trials: int, say: Say) -> Iterator[Line]:
    problem = bench.pose(table.name, frame, table.label, table.opened)
    problem = problem if table.by_time else replace(problem, order=None)
    rows = bench.splits_of(problem, splits, trials, say)
    shown = ", ".join(f"held out {h}" for h in problem.held[:3])
    for figure, met in _PROMISES.items():
        found = {name: [getattr(r["quality"][name], figure) for r in rows] for name in rows[0]["quality"]}
        own = found.pop("amity")
        judge = _quiet if table.name == NO_SIGNAL and figure != "ece" else met
        yield mean_line("scores", table.name, figure, own, found, judge, shown if figure == "auc" else "")
    error = max(r["error"] for r in rows)
    yield Line("scores", table.name, "reasons off by", error, met=error < 1e-6, note=", ".join(r["rung"] for r in rows))
    yield mean_line("scores", table.name, "training seconds", [r["seconds"] for r in rows], {})


def _near_best_auc(own: float, others: Mapping[str, float]) -> bool:
    return own >= max(others[n] for n in _tuned(others)) - AUC_SLACK


def _no_worse_loss(own: float, others: Mapping[str, float]) -> bool:
    return own <= min(others[n] for n in _tuned(others)) + LOSS_SLACK


def _honest(own: float, _others: Mapping[str, float]) -> bool:
    return own <= ECE_MOST


def _quiet(own: float, others: Mapping[str, float]) -> bool:
    """Where nothing can be learned, the base rate is the answer."""
    return abs(own - others["base_rate"]) < 1e-9


def _tuned(others: Mapping[str, Any]) -> list[str]:
    return [name for name in others if name.startswith("tuned")]


_PROMISES = {"auc": _near_best_auc, "log_loss": _no_worse_loss, "ece": _honest}
