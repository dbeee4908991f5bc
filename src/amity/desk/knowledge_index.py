"""Passages of published articles, and libraries of them in memory: brought up to date piece by piece, bounded in size.

Passages change in the transaction of their article. Vectors are kept with them; a job computes those that are missing,
and a library computes what is missing still, so that nothing has to wait for the job.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from amity.base import jobs
from amity.desk.knowledge_markdown import sections
from amity.desk.knowledge_models import Article, KnowledgeIndex, Passage
from amity.intelligence import api as intelligence

if TYPE_CHECKING:
    from numpy.typing import NDArray

TASK = "desk.knowledge.encode"
LONGEST = 900  # characters of a passage
MOST = 6_000  # passages of one language in memory (about 60 MB with their sentences), the newest articles first
_LIBRARIES = 6
_AT_ONCE = 200

_held: OrderedDict[tuple[str, bool], tuple[int, Shelf]] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Shelf:
    """A library with what its passages are: ``ids``, ``articles`` and ``titles`` by place, ``texts`` as quoted."""

    library: intelligence.language.Library
    ids: list[UUID]
    articles: list[UUID]
    titles: list[str]
    floor: float | None


def bring_up(article: Article) -> None:
    """Make the passages of an article what it says now; unchanged ones keep their vectors. 4–6 queries."""
    wanted = list(pieces(article.title, article.body)) if article.state == Article.State.PUBLISHED else []
    old = list(article.passages.order_by("place"))
    same = {(row.heading, row.text, row.language): row.vector for row in old}
    languages = {row.language for row in old} | ({article.language} if wanted else set())
    article.passages.all().delete()
    Passage.objects.bulk_create(
        [
            Passage(
                article=article, place=place, heading=heading, text=text, language=article.language,
                audience=article.audience, vector=same.get((heading, text, article.language)),
            )
            for place, (heading, text) in enumerate(wanted)
        ]
    )  # fmt: skip
    for language in sorted(languages):
        touch(language)
    if wanted:
        jobs.named(TASK).defer(language=article.language)


def touch(language: str) -> None:
    """Have every process read this language anew. 2 queries."""
    KnowledgeIndex.objects.update_or_create(language=language, defaults={"stamp": secrets.randbits(62)})


def pieces(title: str, body: str) -> Iterator[tuple[str, str]]:
    """(heading, text) of the passages of an article: paragraphs of a section together, up to 900 characters."""
    for heading, text in sections(body):
        taken = ""
        for paragraph in text.split("\n\n"):
            if taken and len(taken) + len(paragraph) > LONGEST:
                yield (heading or title)[:200], taken
                taken = ""
            taken = f"{taken}\n{paragraph}" if taken else paragraph
            while len(taken) > 2 * LONGEST:
                yield (heading or title)[:200], taken[:LONGEST]
                taken = taken[LONGEST:]
        if taken:
            yield (heading or title)[:200], taken


def encode(language: str) -> int:
    """Compute and keep the vectors that are missing in a language; returns how many passages. Safe to run twice."""
    done = 0
    while True:
        rows = list(Passage.objects.filter(language=language, vector=None).select_related("article")[:_AT_ONCE])
        if not rows:
            return done
        shelf = [(row, *_read(row.article.title, row.heading, row.text)) for row in rows]
        for row, whole, _head in shelf:
            Passage.objects.filter(pk=row.pk, text=row.text).update(vector=_packed(_vectors(whole, language)))
        done += len(rows)


def shelf_of(language: str, staff: bool) -> Shelf | None:
    """The passages of a language that customers (or staff too) may be told; None where there are none. 1–2 queries."""
    row = KnowledgeIndex.objects.filter(language=language).first()
    if row is None:
        return None
    key = (language, staff)
    with _lock:
        held = _held.get(key)
        if held is None or held[0] != row.stamp:
            held = (row.stamp, _made(language, staff, row.floor))
            _held[key] = held
            while len(_held) > _LIBRARIES:
                _held.popitem(last=False)
        _held.move_to_end(key)
    return held[1] if held[1].ids else None


def _made(language: str, staff: bool, floor: float | None) -> Shelf:
    rows = Passage.objects.filter(language=language).select_related("article")
    if not staff:
        rows = rows.filter(audience=Article.Audience.CUSTOMERS)
    kept = list(rows.order_by("-article__updated_at", "article_id", "place")[:MOST])
    read = [_read(row.article.title, row.heading, row.text) for row in kept]
    texts, heads = [whole for whole, _head in read], [head for _whole, head in read]
    vectors = _joined([row.vector for row in kept], texts, language) if kept else None
    numbers = {pk: place for place, pk in enumerate(dict.fromkeys(row.article_id for row in kept))}
    groups = [numbers[row.article_id] for row in kept]
    library = intelligence.language.library(texts, language, vectors, heads, groups)
    articles, titles = [row.article_id for row in kept], [row.article.title for row in kept]
    return Shelf(library, [row.pk for row in kept], articles, titles, floor)


def _read(title: str, heading: str, text: str) -> tuple[str, int]:
    """What a passage is found by, and where in it begins what may be quoted."""
    head = f"{title}\n" if not heading or heading == title else f"{title}\n{heading}\n"
    return head + text, len(head)


def _vectors(whole: str, language: str) -> NDArray[Any]:
    """Of the whole passage, then of each of its sentences."""
    spans = intelligence.language.sentences(whole)
    return intelligence.language.vectors([whole, *(whole[start:end] for start, end in spans)], language)


def _packed(vectors: NDArray[Any]) -> bytes:
    import numpy

    return vectors.astype(numpy.float16).tobytes()


def _joined(kept: Sequence[Any], texts: Sequence[str], language: str) -> tuple[NDArray[Any], NDArray[Any]]:
    import numpy

    size = intelligence.language.vectors(["a"], language).shape[1]
    wholes, parts = [], []
    for packed, text in zip(kept, texts, strict=True):
        count = 1 + len(intelligence.language.sentences(text))
        found = numpy.frombuffer(bytes(packed), dtype=numpy.float16) if packed else numpy.zeros(0)
        if found.size != count * size:  # not computed yet, or by another encoder
            found = _vectors(text, language)
        found = found.reshape(count, size).astype(numpy.float32)
        wholes.append(found[:1])
        parts.append(found[1:])
    return numpy.concatenate(wholes), numpy.concatenate(parts)
