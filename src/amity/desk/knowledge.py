"""Finding the passage that answers a question, with the sentence to quote; below the floor nothing is answered."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from amity.access import api as access
from amity.base import clock
from amity.desk import knowledge_index as index
from amity.desk.conversations import WORK
from amity.desk.knowledge_models import Judgement, KnowledgeIndex
from amity.desk.knowledge_models import Passage as Kept
from amity.intelligence import api as intelligence

FLOORS = {"en": 0.9}  # before answers were judged: 2 % wrong on public sets (its encoder tells more apart)
FLOOR = 0.7  # in other languages
WRONG = 0.02  # share of answers that may be wrong, which the floor is learned for
LEARN_FROM, _LOOK_BACK = 40, 5_000
_LONGEST = 1_000  # characters of a question
_QUOTE = 350


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage found: ``sentence`` is its quote, word for word; ``sure`` 0–1; ``more`` what follows the quote."""

    id: UUID
    article_id: UUID
    title: str
    sentence: str
    score: float
    sure: float
    language: str
    more: str = ""

    def citation(self) -> dict[str, str]:
        """As it is kept with a message."""
        return {"passage": str(self.id), "article": str(self.article_id), "title": self.title, "quote": self.sentence}


def find(question: str, language: str, *, staff: bool = False, most: int = 5) -> list[Passage]:
    """The best passages of a language, the best first, each article once; ``staff``: those for staff too. 1–2 queries.

    Some milliseconds; the first question after a start or a change reads the language anew.
    """
    shelf = index.shelf_of(language, staff)
    asked = question.strip()[:_LONGEST]
    if shelf is None or not asked:
        return []
    found: dict[UUID, Passage] = {}
    for each in shelf.library.ask(asked, most * 3):
        text = shelf.library.passages[each.place]
        article = shelf.articles[each.place]
        if article not in found:
            quote, more = text[each.start : each.end].strip(), text[each.end : each.end + _QUOTE]
            found[article] = Passage(
                shelf.ids[each.place], article, shelf.titles[each.place], quote, each.score, each.sure, language,
                _whole_sentences(more),
            )  # fmt: skip
    return list(found.values())[:most]


def answer(question: str, language: str, *, staff: bool = False) -> Passage | None:
    """The passage that answers, or None below the floor of the language. 2 queries."""
    best = find(question, language, staff=staff, most=1)
    return best[0] if best and best[0].sentence and best[0].sure >= floor_of(language) else None


def floor_of(language: str) -> float:
    """Sureness below which nothing is answered. 1 query."""
    learned = KnowledgeIndex.objects.filter(language=language).values_list("floor", flat=True).first()
    return FLOORS.get(language, FLOOR) if learned is None else learned


def judge(
    passage_id: UUID, sure: float, right: bool, source: str, key: str, principal: access.Principal | None = None
) -> None:
    """Keep whether a passage was the right one; said again with the same ``key``, it replaces. 3–4 queries.

    ``source``: thumb (staff), draft (used or not), customer. Of the question itself nothing is kept.
    """
    if principal is not None:
        access.require(principal, WORK)
    passage = Kept.objects.filter(pk=passage_id).values("language", "article_id").first()
    if passage is None:
        return
    told = {"passage_id": passage_id, "sure": min(max(sure, 0.0), 1.0), "right": right, "source": source,
            "staff_id": principal.staff_id if principal else None, "at": clock.now(), **passage}  # fmt: skip
    with transaction.atomic():
        Judgement.objects.update_or_create(key=key[:120], defaults=told)
        if principal is not None:
            access.record(principal, "answer.judged", "passage", passage_id, {"right": right})
    learn_floor(passage["language"])


def unsay(key: str) -> None:
    """Forget a judgement that was taken back. 1 query."""
    Judgement.objects.filter(key=key).delete()


def learn_floor(language: str) -> float | None:
    """Set the floor from judged answers, 40 of them or more; what customers say does not count. 1–3 queries.

    Where no floor keeps wrong answers under 2 %, nothing is answered any more but what is all but certain.
    """
    rows = Judgement.objects.filter(language=language).exclude(source="customer").order_by("-at", "-id")
    said = list(rows.values_list("sure", "right")[:_LOOK_BACK])
    if len(said) < LEARN_FROM:
        return None
    lowest = intelligence.language.floor_for([sure for sure, _ in said], [right for _, right in said], WRONG)
    floor = min(lowest, 0.999)
    KnowledgeIndex.objects.filter(language=language).update(floor=floor, judged=len(said), learned_at=clock.now())
    return floor


def _whole_sentences(text: str) -> str:
    """Up to the last end of a sentence."""
    ends = [text.rfind(mark) for mark in (".", "!", "?", "…")]
    return text[: max(ends) + 1].strip()
