"""``amity language bench`` and ``amity bench language``: intents beside TF-IDF with a linear machine, same rows."""

from __future__ import annotations

import gzip
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from amity.base.errors import Refused
from amity.base.tables import read_table
from amity.intelligence.language import bench_command
from amity.intelligence.language.intent import REFUSED_SHARE, Understood, train

Say = Callable[[str], None]
Rows = tuple[list[str], NDArray[Any]]

_BINS = 15
_TIMED = 200
_FEW = 10


@dataclass(frozen=True, slots=True)
class Task:
    """Messages to learn from and to be judged on; ``outside`` holds test messages that belong to no intent."""

    name: str
    train: Rows
    test: Rows
    outside: list[str]
    known_outside: list[str]
    accuracy: float = 0.0  # what is aimed at
    few_accuracy: float = 0.0  # the same with ten messages of each intent


def bench_files(train_file: Path, test_file: Path, text: str, label: str, oos: str | None = None) -> dict[str, Any]:
    """Learn from one table, judge on another; returns plain JSON values. Raises `Refused`."""
    learned, judged = (columns(path, text, label) for path in (train_file, test_file))
    inside = [_without(rows, oos) for rows in (learned, judged)]
    outside = [_only(rows, oos) for rows in (learned, judged)]
    return bench_task(Task(train_file.name, inside[0], inside[1], outside[1], outside[0]))


def bench_task(task: Task) -> dict[str, Any]:
    """Figures of Amity under their usual names, the plain baseline's under ``baselines``."""
    if not task.test[0]:
        raise Refused("no_rows", "There are no messages to be judged on.")
    started, worked = time.perf_counter(), time.process_time()
    model = train(task.train[0], list(task.train[1]), task.known_outside)
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - worked
    answer = model.read(task.test[0])
    outside = model.read(task.outside) if task.outside else None
    return {
        "name": task.name, "rows": len(task.train[0]), "test_rows": len(task.test[0]), "intents": len(model.classes),
        "accuracy": float(np.mean(answer.labels == task.test[1])),
        "macro_f1": macro_f1(task.test[1], answer.labels),
        "ece": ece(answer, task.test[1]),
        "log_loss": log_loss(answer, model.classes, task.test[1]),
        **_out_of_scope(answer, outside, model.floor),
        "seconds": seconds, "cpu_seconds": cpu_seconds,
        **milliseconds(model.read, task.test[0]),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "baselines": {"tfidf_linear": _baseline(task)},
    }  # fmt: skip


def macro_f1(truth: NDArray[Any], found: NDArray[Any]) -> float:
    """Mean F1 over the classes that occur in ``truth`` or ``found``."""
    from sklearn.metrics import f1_score

    return float(f1_score(truth, found, average="macro", zero_division=0))


def ece(answer: Understood, truth: NDArray[Any]) -> float:
    """Expected calibration error of the chosen label, 15 equal-count bins (Nguyen, O'Connor 2015)."""
    right = (answer.labels == truth).astype(np.float64)
    order = np.argsort(answer.confidence, kind="stable")
    parts = [part for part in np.array_split(order, _BINS) if len(part)]
    gaps = [abs(answer.confidence[p].mean() - right[p].mean()) * len(p) for p in parts]
    return float(sum(gaps) / max(len(order), 1))


def tasks(data: Path) -> Iterator[Task]:
    """The public sets under ``data``, each with its published split (tickets: a seeded fifth is held out)."""
    yield _clinc(data / "F_clinc150/data_full.json.gz")
    for name, aim, few in (("hwu64", 0.90, 0.85), ("snips", 0.98, 0.0)):
        table = read_table(data / f"F_{name}/{name}.csv.gz")
        parts = [rows_of(table.filter(pl.col("split") == part), "text", "label") for part in ("train", "test")]
        yield Task(name, parts[0], parts[1], [], [], aim, few)
    german = [lines(data / f"F_massive_de_intents/{p}.txt.gz", last=True) for p in ("train", "test")]
    yield Task("massive de", german[0], german[1], [], [], 0.87)
    polish = [lines(data / f"F_pl_8tags_topics/{p}.txt.gz", last=False) for p in ("train", "test")]
    yield Task("8tags pl", polish[0], polish[1], [], [], 0.76)
    yield _tickets(data / "F_it_tickets_endava_sample/all_tickets.csv.gz")


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line of ``amity bench language``; exit code 1 when an aim is missed."""
    return bench_command.run("amity bench language", __doc__, tasks, _measured, line, arguments)


def _measured(task: Task) -> Iterator[dict[str, Any]]:
    """With all examples, and with ten of each intent where the set has an aim for that."""
    for each, aim in ((task, task.accuracy), (_few(task), task.few_accuracy)):
        if aim:
            yield {**bench_task(each), "aim": aim}


def line(found: dict[str, Any]) -> str:
    """One result as a line for the screen."""
    plain = found["baselines"]["tfidf_linear"]
    scope = aim = ""
    if found["oos_recall"] is not None:
        scope = f"  out of scope noticed {found['oos_recall']:.1%} at {REFUSED_SHARE:.0%} refusal"
    if "aim" in found:
        aim = f" (aim {found['aim']:.3f}{'' if found['accuracy'] >= found['aim'] else ', MISSED'})"
    return (
        f"{found['name']:22s} accuracy {found['accuracy']:.4f}{aim}  macro-F1 {found['macro_f1']:.4f}  "
        f"ECE {found['ece']:.4f}{scope}  | TF-IDF + linear {plain['accuracy']:.4f}, {plain['macro_f1']:.4f}  | "
        f"learned in {found['seconds']:.0f} s ({found['cpu_seconds']:.0f} of the processor), "
        f"{found['ms_per_message']:.1f} ms a message ({found['cpu_ms_per_message']:.1f} of the processor), "
        f"{found['peak_mib']:.0f} MiB"
    )


def _out_of_scope(inside: Understood, outside: Understood | None, floor: float) -> dict[str, Any]:
    if outside is None:
        return {"oos_recall": None}
    cut = float(np.quantile(inside.familiar, REFUSED_SHARE))
    return {
        "oos_recall": float(np.mean(outside.familiar < cut)),
        "oos_recall_at_own_floor": float(np.mean(outside.familiar < floor)),
        "refused_at_own_floor": float(np.mean(inside.familiar < floor)),
    }


def log_loss(answer: Understood, classes: NDArray[Any], truth: NDArray[Any]) -> float:
    """Mean of minus the logarithm of the chance given to the truth."""
    places = np.clip(np.searchsorted(classes, truth), 0, len(classes) - 1)
    chance = np.where(classes[places] == truth, answer.chances[np.arange(len(truth)), places], 0.0)
    return float(-np.log(np.clip(chance, 1e-9, 1.0)).mean())


def milliseconds(read: Callable[[list[str]], object], texts: list[str]) -> dict[str, float]:
    """Time of one message read on its own: median and 95th percentile, and median of what the processor worked."""
    spent, worked = [], []
    for text in texts[:_TIMED]:
        begun, busy = time.perf_counter(), time.thread_time()
        read([text])
        spent.append(1_000 * (time.perf_counter() - begun))
        worked.append(1_000 * (time.thread_time() - busy))
    return {
        "ms_per_message": float(np.median(spent)), "ms_per_message_p95": float(np.quantile(spent, 0.95)),
        "cpu_ms_per_message": float(np.median(worked)),
    }  # fmt: skip


def tfidf_linear(task: Task) -> NDArray[Any]:
    """Answers of words and pairs of words by TF-IDF with a linear support vector machine, default settings."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    plain = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LinearSVC())
    return np.asarray(plain.fit(task.train[0], task.train[1]).predict(task.test[0]))


def _baseline(task: Task) -> dict[str, float]:
    found = tfidf_linear(task)
    return {"accuracy": float(np.mean(found == task.test[1])), "macro_f1": macro_f1(task.test[1], found)}


def _few(task: Task, seed: int = 0) -> Task:
    random = np.random.default_rng(seed)
    labels = task.train[1]
    rows = np.concatenate([random.permutation(np.flatnonzero(labels == k))[:_FEW] for k in np.unique(labels)])
    few = ([task.train[0][i] for i in rows], labels[rows])
    return Task(f"{task.name}, {_FEW} each", few, task.test, task.outside, [])


def columns(path: Path, text: str, label: str) -> Rows:
    """Texts and labels of a table. Raises `Refused` for a column that is not there."""
    table = read_table(path)
    for name in (text, label):
        if name not in table.columns:
            raise Refused("no_column", f"{path.name} has no column {name!r}. Columns: {', '.join(table.columns)}.")
    return rows_of(table, text, label)


def rows_of(table: pl.DataFrame, text: str, label: str) -> Rows:
    """Texts and labels of two columns, without rows that have no label."""
    known = table.select(pl.col(text).cast(pl.String).alias("t"), pl.col(label).cast(pl.String).alias("l"))
    known = known.filter(pl.col("l").is_not_null()).with_columns(pl.col("t").fill_null(""))
    return known["t"].to_list(), np.asarray(known["l"].to_list(), dtype=str)


def _without(rows: Rows, label: str | None) -> Rows:
    kept = np.flatnonzero(rows[1] != label) if label is not None else np.arange(len(rows[0]))
    return [rows[0][i] for i in kept], rows[1][kept]


def _only(rows: Rows, label: str | None) -> list[str]:
    return [rows[0][i] for i in np.flatnonzero(rows[1] == label)] if label is not None else []


def _clinc(path: Path) -> Task:
    stored = json.loads(gzip.decompress(path.read_bytes()))
    parts = [([t for t, _ in stored[p]], np.asarray([k for _, k in stored[p]])) for p in ("train", "test")]
    return Task("clinc150", parts[0], parts[1], [t for t, _ in stored["oos_test"]], [], 0.95, 0.92)


def lines(path: Path, last: bool) -> Rows:
    """One message a line, its class after the last tab or before the first blank."""
    read = gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()
    pairs = [row.rsplit("\t", 1)[::-1] if last else row.split(" ", 1) for row in read if row.strip()]
    pairs = [pair for pair in pairs if len(pair) == 2]
    return [pair[1] for pair in pairs], np.asarray([pair[0] for pair in pairs])


def _tickets(path: Path) -> Task:
    table = read_table(path).filter(pl.col("category").is_not_null())
    common = table["category"].value_counts(sort=True).head(4)["category"]
    table = table.filter(pl.col("category").is_in(common.implode())).with_columns(
        (pl.col("title").fill_null("") + " " + pl.col("body").fill_null("")).alias("text")
    )
    texts, labels = rows_of(table, "text", "category")
    order = np.random.default_rng(13).permutation(len(texts))
    cut = len(order) // 5
    parts = [([texts[i] for i in rows], labels[rows]) for rows in (order[cut:], order[:cut])]
    return Task("tickets en", parts[0], parts[1], [], [], 0.89)


if __name__ == "__main__":
    sys.exit(main())
