"""Learning a company's own model of messages, with honest figures: of messages held out, beside a plain baseline."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from amity.base.errors import Refused
from amity.intelligence.language.intent import REFUSED_SHARE, Intents, train
from amity.intelligence.language.store import Reader, packed

Array = NDArray[np.float64]
Say = Callable[[int, int, str], None]

SEED = 11
MOST_ROWS = 20_000
LEAST_EACH = 5  # examples from which an intent is learned
_FOLDS, _FOLDS_UP_TO = 5, 600  # few messages: each is held out once; many: a fifth of them
_OWN_RULES = 40  # held-out messages of a language from which it is calibrated on its own
_SHOWN = 30
_WORD = r"(?u)\b\w+\b"


@dataclass(frozen=True, slots=True)
class Lesson:
    """n labelled messages: ``texts``, ``labels`` ("" belongs to none), ``languages`` (codes or "")."""

    texts: Sequence[str]
    labels: Sequence[str]
    languages: Sequence[str]


@dataclass(frozen=True, slots=True)
class Learned:
    """A model as bytes; ``figures`` are plain JSON: see `learn`."""

    artefact: bytes
    digest: str
    classes: tuple[str, ...]
    rows: int
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Held:
    """What models said of messages they had not seen, over all classes of the lesson."""

    rows: NDArray[np.int64]  # places in the lesson
    chances: Array  # (n, k)
    familiar: Array
    refused: NDArray[np.bool_]
    plain: NDArray[np.bool_]  # whether the baseline was right


def learn(lesson: Lesson, say: Say, seed: int = SEED) -> Learned:
    """Learn from everything and judge on held-out messages; classes with fewer than five examples are left out.

    ``figures``: ``accuracy``, ``baseline`` (TF-IDF + linear), ``ece``, ``coverage`` (share answered), ``answered``
    (accuracy of those), ``languages``, ``classes``, ``confusions``, ``misses`` (places of the lesson), ``seconds``.
    Raises `Refused`. Cost: seconds for hundreds of messages, some minutes for 20,000.
    """
    started = time.perf_counter()
    lesson, kept, few = _learnable(lesson)
    inside = np.array([bool(label) for label in lesson.labels])
    labels = np.asarray(lesson.labels)
    classes = np.unique(labels[inside])
    splits = list(_splits(labels, inside, seed))
    parts = []
    for done, (seen, held) in enumerate(splits):
        say(done, len(splits) + 1, "testing")
        parts.append(_judged(lesson, classes, seen, held, seed))
    together = _Held(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    say(len(splits), len(splits) + 1, "fitting")
    model = train(
        _at(lesson.texts, inside), list(labels[inside]),
        _at(lesson.texts, ~inside), seed,
    )  # fmt: skip
    truth = np.searchsorted(classes, labels[together.rows])
    languages = np.asarray(lesson.languages)[together.rows]
    sharpness, floors = _per_language(together, truth, languages, model)
    artefact, digest = packed(Reader(model, sharpness, floors))
    figures = _figures(together, truth, languages, classes, kept)
    figures |= {"few": few, "seconds": round(time.perf_counter() - started, 1), "outside": int((~inside).sum())}
    return Learned(artefact, digest, tuple(map(str, classes)), int(inside.sum()), figures)


def sharpened(chances: Array, factor: float) -> Array:
    """Chances raised to ``factor`` and brought back to a sum of 1."""
    logs = np.log(chances + 1e-12) * factor
    raised = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _learnable(lesson: Lesson) -> tuple[Lesson, NDArray[np.int64], dict[str, int]]:
    counts = Counter(lesson.labels)
    few = {label: n for label, n in counts.items() if label and n < LEAST_EACH}
    rows = [i for i, label in enumerate(lesson.labels) if label not in few and lesson.texts[i].strip()]
    if len({lesson.labels[i] for i in rows} - {""}) < 2:
        raise Refused("too_few", "At least two intents need five examples each.")
    kept = np.asarray(rows[-MOST_ROWS:], dtype=np.int64)
    parts = [[part[i] for i in kept] for part in (lesson.texts, lesson.labels, lesson.languages)]
    chosen = Lesson(parts[0], parts[1], parts[2])
    return chosen, kept, few


def _at(texts: Sequence[str], chosen: Any) -> list[str]:
    return [text for text, wanted in zip(texts, chosen, strict=True) if wanted]


def _splits(labels: NDArray[Any], inside: Any, seed: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """(seen, held) rows, every class in every part; messages of no class are always seen."""
    random = np.random.default_rng(seed)
    turn = np.full(len(labels), -1)
    for label in np.unique(labels[inside]):
        rows = random.permutation(np.flatnonzero(labels == label))
        turn[rows] = np.arange(len(rows)) % _FOLDS
    for fold in range(_FOLDS if len(labels) <= _FOLDS_UP_TO else 1):
        yield np.flatnonzero(turn != fold), np.flatnonzero(turn == fold)


def _judged(lesson: Lesson, classes: Any, seen: Any, held: Any, seed: int) -> tuple[Any, ...]:
    texts, labels = lesson.texts, np.asarray(lesson.labels)
    known = [i for i in seen if labels[i]]
    model = train([texts[i] for i in known], list(labels[known]), [texts[i] for i in seen if not labels[i]], seed)
    asked = [texts[i] for i in held]
    found = model.read(asked)
    chances = np.zeros((len(held), len(classes)))
    chances[:, np.searchsorted(classes, model.classes)] = found.chances
    plain = _baseline([texts[i] for i in known], labels[known], asked) == labels[held]
    return held, chances, found.familiar, found.familiar < model.floor, plain


def _baseline(texts: list[str], labels: Any, asked: list[str]) -> NDArray[Any]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    plain = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=_WORD), LinearSVC(random_state=0)
    )
    return np.asarray(plain.fit(texts, labels).predict(asked))


def _per_language(held: _Held, truth: Any, languages: Any, model: Intents) -> tuple[dict[str, float], dict[str, float]]:
    """Where enough was held out: how sharp the chances are, and below what a tenth is usually refused."""
    sharpness, floors = {}, {}
    usual = float(np.quantile(held.familiar, REFUSED_SHARE))
    for code in np.unique(languages):
        rows = np.flatnonzero(languages == code)
        if code and len(rows) >= _OWN_RULES:
            sharpness[str(code)] = _sharpness(held.chances[rows], truth[rows])
            own = float(np.quantile(held.familiar[rows], REFUSED_SHARE))
            floors[str(code)] = float(model.floor + min(own - usual, 0.0))
    return sharpness, floors


def _sharpness(chances: Array, truth: Any) -> float:
    def loss(factor: float) -> float:
        return float(-np.log(sharpened(chances, factor)[np.arange(len(truth)), truth] + 1e-12).mean())

    return float(minimize_scalar(loss, bounds=(0.2, 5.0), method="bounded").x)


def _figures(held: _Held, truth: Any, languages: Any, classes: Any, kept: Any) -> dict[str, Any]:
    said = held.chances.argmax(axis=1)
    right = said == truth
    chance = _crossed(held.chances, truth, languages)
    answered = ~held.refused
    pairs = Counter(zip(classes[truth[~right]].tolist(), classes[said[~right]].tolist(), strict=True))
    wrong = np.flatnonzero(~right)[::-1][:_SHOWN]
    return {
        "held_out": len(truth), "accuracy": float(right.mean()), "baseline": float(held.plain.mean()),
        "ece": _ece(chance, right), "coverage": float(answered.mean()),
        "answered": float(right[answered].mean()) if answered.any() else None,
        "languages": {
            str(code): {"rows": int((languages == code).sum()), "accuracy": float(right[languages == code].mean())}
            for code in np.unique(languages)
        },
        "classes": {
            str(name): {"rows": int((truth == i).sum()), "right": int(right[truth == i].sum())}
            for i, name in enumerate(classes)
        },
        "confusions": [[*pair, count] for pair, count in pairs.most_common(12)],
        "misses": [
            [int(kept[held.rows[i]]), str(classes[truth[i]]), str(classes[said[i]]), float(chance[i])] for i in wrong
        ],
    }  # fmt: skip


def _crossed(chances: Array, truth: Any, languages: Any) -> Array:
    """Chances of what was said, each half of a language sharpened by what fits its other half."""
    best: Array = chances.max(axis=1).copy()
    for code in np.unique(languages):
        rows = np.flatnonzero(languages == code)
        if code and len(rows) >= _OWN_RULES:
            for part, other in ((rows[::2], rows[1::2]), (rows[1::2], rows[::2])):
                best[part] = sharpened(chances[part], _sharpness(chances[other], truth[other])).max(axis=1)
    return best


def _ece(chance: Array, right: Any) -> float:
    """Expected calibration error over up to 15 bins of equal counts (Nguyen, O'Connor 2015)."""
    bins = int(np.clip(len(chance) // 20, 2, 15))
    parts = [part for part in np.array_split(np.argsort(chance, kind="stable"), bins) if len(part)]
    return float(sum(abs(chance[p].mean() - right[p].mean()) * len(p) for p in parts) / len(chance))
