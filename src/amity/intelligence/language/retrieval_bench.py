"""``amity language retrieve`` and ``amity bench retrieval``: finding passages beside plain BM25, same questions."""

from __future__ import annotations

import gzip
import json
import re
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amity.base.errors import Refused
from amity.base.tables import read_table
from amity.intelligence.language import bench_command
from amity.intelligence.language.retrieval import Library, Words, floor_for

Array = NDArray[np.float64]

_MOST_WRONG = 0.02
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Asked:
    """Passages of one language and questions; ``answers``: the place of the right passage of each, -1 for none."""

    name: str
    language: str
    passages: list[str]
    questions: list[str]
    answers: NDArray[np.int64]


def bench_files(passages: Path, questions: Path, text: str, key: str, question: str, language: str) -> dict[str, Any]:
    """Tables of one's own; a question whose id names no passage has no answer. Raises `Refused`."""
    held, asked = read_table(passages), read_table(questions)
    for table, path, names in ((held, passages, (text, key)), (asked, questions, (question, key))):
        for name in names:
            if name not in table.columns:
                raise Refused("no_column", f"{path.name} has no column {name!r}. Columns: {', '.join(table.columns)}.")
    places = {str(value): place for place, value in enumerate(held[key].to_list())}
    answers = np.array([places.get(str(value), -1) for value in asked[key].to_list()], dtype=np.int64)
    texts = [[str(value or "") for value in column.to_list()] for column in (held[text], asked[question])]
    return bench_task(Asked(questions.name, language, texts[0], texts[1], answers))


def bench_task(asked: Asked) -> dict[str, Any]:
    """Recall and rank of the right passage; the floor is learned on one half of the questions, judged on the other."""
    if not asked.questions or not asked.passages:
        raise Refused("no_rows", "There are no passages or no questions.")
    started = time.perf_counter()
    library = Library(asked.passages, asked.language)
    _ = library.vectors
    learned = time.perf_counter()
    answers = [library.ask(question, len(asked.passages)) for question in asked.questions]
    spent = time.perf_counter() - learned
    known = np.flatnonzero(asked.answers >= 0)
    ranks = np.array([_rank([f.place for f in answers[row]], int(asked.answers[row])) for row in known])
    sure = np.array([found[0].sure if found else 0.0 for found in answers])
    right = np.array([bool(f) and f[0].place == a for f, a in zip(answers, asked.answers, strict=True)])
    return {
        "name": asked.name, "passages": len(asked.passages), "questions": len(asked.questions), **_figures(ranks),
        **_refusing(sure, right),
        "seconds": learned - started, "ms_per_question": spent / len(asked.questions) * 1_000,
        "baselines": {"bm25": _figures(_plain(asked)[known])},
    }  # fmt: skip


def tasks(data: Path) -> Iterator[Asked]:
    """The public sets under ``data``."""
    threads = json.loads(gzip.decompress((data / "H_stackfaq/stackExchange-FAQ.json.gz").read_bytes()))["root"][
        "qapair"
    ]
    passages, questions, answers = [], [], []
    for place, thread in enumerate(threads):
        passages.append(f"{thread['question']}\n{' '.join(_listed(thread['answer']))}")
        asked = [text for text in _listed(thread["rephr"]) if len(text.strip()) > 1]
        questions.extend(asked)
        answers.extend([place] * len(asked))
    yield Asked("stackfaq en", "en", passages, questions, np.array(answers))
    for language in ("en", "de", "ru"):
        yield _xquad(data / f"H_xquad_en_de_ru/xquad.{language}.json.gz", language)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line of ``amity bench retrieval``."""
    return bench_command.run("amity bench retrieval", __doc__, tasks, lambda task: [bench_task(task)], line, arguments)


def line(found: dict[str, Any]) -> str:
    """One result as a line for the screen."""
    parts = [("Amity", found), ("BM25", found["baselines"]["bm25"])]
    ranks = [f"{n} R@1 {f['recall_at_1']:.4f}, R@5 {f['recall_at_5']:.4f}, MRR {f['mrr']:.4f}" for n, f in parts]
    told = f"answered {found['coverage']:.1%}, wrong {found['wrong_of_answered']:.1%} of the answers"
    return f"{found['name']:16s} {' | '.join(ranks)} | {told} | {found['ms_per_question']:.1f} ms a question"


def _refusing(sure: Array, right: NDArray[np.bool_]) -> dict[str, float]:
    told, floors = np.zeros(len(sure), dtype=bool), []
    for part in (0, 1):
        judge = np.arange(len(sure)) % 2 == part
        floors.append(floor_for(sure[~judge], right[~judge], _MOST_WRONG))
        told |= judge & (sure >= floors[-1])
    count = max(len(sure), 1)
    return {
        "coverage": float(told.sum() / count),
        "wrong": float((told & ~right).sum() / count),
        "wrong_of_answered": float((told & ~right).sum() / max(int(told.sum()), 1)),
        "floor": float(np.mean(floors)),
    }


def _figures(ranks: Array) -> dict[str, float]:
    return {
        "recall_at_1": float(np.mean(ranks == 1)),
        "recall_at_5": float(np.mean(ranks <= 5)),
        "mrr": float(np.mean(1 / ranks)),
    }


def _plain(asked: Asked) -> Array:
    """Ranks by BM25 over words as they are written."""
    words = Words([" ".join(_WORD.findall(text.lower())) for text in asked.passages], "")
    scores = [words.scores(question)[0] for question in asked.questions]
    return np.array(
        [_rank(np.argsort(-s, kind="stable").tolist(), int(a)) for s, a in zip(scores, asked.answers, strict=True)]
    )


def _rank(places: list[int], wanted: int) -> float:
    return float(places.index(wanted) + 1) if wanted in places else float("inf")


def _listed(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _xquad(path: Path, language: str) -> Asked:
    passages: list[str] = []
    questions: list[str] = []
    answers: list[int] = []
    for article in json.loads(gzip.decompress(path.read_bytes()))["data"]:
        for paragraph in article["paragraphs"]:
            questions.extend(each["question"] for each in paragraph["qas"])
            answers.extend([len(passages)] * len(paragraph["qas"]))
            passages.append(paragraph["context"])
    return Asked(f"xquad {language}", language, passages, questions, np.array(answers))


if __name__ == "__main__":
    sys.exit(main())
