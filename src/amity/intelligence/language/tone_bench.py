"""``amity language tone`` and ``amity bench tone``: tone beside a word list and TF-IDF with a linear machine."""

from __future__ import annotations

import gzip
import resource
import sys
import time
import xml.etree.ElementTree as ET  # files given by the operator; entities are not expanded by expat here
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amity.base.errors import Refused
from amity.base.tables import read_table
from amity.intelligence.language import bench, bench_command
from amity.intelligence.language.bench import Rows, Task
from amity.intelligence.language.intent import Understood
from amity.intelligence.language.tone import customer_words, train
from amity.intelligence.language.tone_words import praise_less_blame

_POLAR = {"1", "-1", "positive", "negative", "pos", "neg", "plus", "minus"}
_TIMED = 100


def bench_files(train_file: Path, test_file: Path, text: str, label: str) -> dict[str, Any]:
    """Learn from one table of customers' words, judge on another; plain JSON values. Raises `Refused`."""
    learned, judged = (bench.columns(path, text, label) for path in (train_file, test_file))
    return bench_task(Task(train_file.name, learned, judged, [], []))


def bench_task(task: Task) -> dict[str, Any]:
    """Figures under their usual names; ``f1`` is macro-F1 over positive and negative where there is a middle too."""
    if not task.test[0]:
        raise Refused("no_rows", "There are no messages to be judged on.")
    started = time.perf_counter()
    tones = train(customer_words(task.train[0]), list(task.train[1]))
    seconds = time.perf_counter() - started
    found = tones.read(customer_words(task.test[0]))
    calibrated = Understood(tones.model.classes[found.chances.argmax(axis=1)], found.chances.max(axis=1), found.chances,
                            np.zeros(len(found.labels)))  # fmt: skip
    return {
        "name": task.name, "rows": len(task.train[0]), "test_rows": len(task.test[0]),
        "tones": tones.model.classes.tolist(), **_figures(found.labels, task.test[1]),
        "ece": bench.ece(calibrated, task.test[1]),
        "log_loss": bench.log_loss(calibrated, tones.model.classes, task.test[1]),
        "seconds": seconds,
        **bench.milliseconds(lambda texts: tones.read(customer_words(texts)), task.test[0][:_TIMED]),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "baselines": {
            "tfidf_linear": _figures(bench.tfidf_linear(task), task.test[1]),
            "lexicon": _figures(_by_word_list(task), task.test[1]),
        },
    }  # fmt: skip


def tasks(data: Path) -> Iterator[Task]:
    """The public sets under ``data`` (German: the first four fifths learn, the last is judged on)."""
    english = [bench.columns(data / f"G_sst2/{p}.tsv.gz", "sentence", "label") for p in ("train", "test")]
    yield Task("sst2 en", english[0], english[1], [], [])
    polish = [bench.lines(data / f"G_pl_wccrs_hotels/{p}.txt.gz", last=False) for p in ("train", "test")]
    yield Task("hotels pl", polish[0], polish[1], [], [])
    for kind in ("telecoms", "banks"):
        parts = [_tweets(data / f"G_sentirueval_banks_telecom/2015-subtask-2_2015-{kind}_{p}.xml.gz")
                 for p in ("train", "test_etalon")]  # fmt: skip
        yield Task(f"sentirueval {kind} ru", parts[0], parts[1], [], [])
    posts = read_table(data / "G_germeval2017_db/dev.csv.gz")
    cut = len(posts) * 4 // 5
    rows = [bench.rows_of(part, "text", "sentiment") for part in (posts[:cut], posts[cut:])]
    yield Task("germeval2017 de", rows[0], rows[1], [], [])


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line of ``amity bench tone``."""
    return bench_command.run("amity bench tone", __doc__, tasks, lambda task: [bench_task(task)], line, arguments)


def line(found: dict[str, Any]) -> str:
    """One result as a line for the screen."""
    parts = [("Amity", found), *((name.replace("_", " "), each) for name, each in found["baselines"].items())]
    said = [
        f"{n}: accuracy {f['accuracy']:.4f}, macro-F1 {f['macro_f1']:.4f}, polar F1 {f['f1']:.4f}" for n, f in parts
    ]
    cost = (
        f"learned in {found['seconds']:.0f} s, {found['ms_per_message']:.1f} ms a message, {found['peak_mib']:.0f} MiB"
    )
    return f"{found['name']:24s} " + " | ".join(said) + f" | ECE {found['ece']:.4f} | {cost}"


def _figures(found: NDArray[Any], truth: NDArray[Any]) -> dict[str, float]:
    from sklearn.metrics import f1_score

    kinds = np.unique(truth)
    polar = [kind for kind in kinds if str(kind).lower() in _POLAR]
    chosen = polar if len(polar) == 2 else kinds
    return {
        "accuracy": float(np.mean(found == truth)),
        "macro_f1": bench.macro_f1(truth, found),
        "f1": float(f1_score(truth, found, labels=chosen, average="macro", zero_division=0)),
    }


def _by_word_list(task: Task) -> NDArray[Any]:
    """More praise, more blame or neither: each answers with the class it mostly had in what was learned from."""
    learned = np.sign([praise_less_blame(text) for text in task.train[0]])
    usual = _most(task.train[1])
    answers = {sign: _most(task.train[1][learned == sign]) if (learned == sign).any() else usual for sign in (-1, 0, 1)}
    return np.asarray([answers[int(np.sign(praise_less_blame(text)))] for text in task.test[0]])


def _most(labels: NDArray[Any]) -> str:
    kinds, counts = np.unique(labels, return_counts=True)
    return str(kinds[counts.argmax()])


def _tweets(path: Path) -> Rows:
    """Text and the first firm's label (-1, 0, 1) of every row of a table dump."""
    texts, labels = [], []
    for table in ET.fromstring(gzip.decompress(path.read_bytes())).iter("table"):  # noqa: S314
        cells = {column.get("name"): (column.text or "") for column in table.iter("column")}
        given = [value for name, value in cells.items() if name not in ("id", "twitid", "date", "text")]
        known = [value for value in given if value in ("-1", "0", "1")]
        if known:
            texts.append(cells.get("text", ""))
            labels.append(known[0])
    return texts, np.asarray(labels)


if __name__ == "__main__":
    sys.exit(main())
