"""What is learned from: examples that were typed, and what staff said of conversations, read from their log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery

from amity.desk import understanding_intents as intents
from amity.desk.models import Conversation, Example, Happening, Message
from amity.intelligence import api as intelligence

INTENT, TONE, URGENCY = "desk.intent", "desk.tone", "desk.urgency"
_HAPPENING = {INTENT: "intent", TONE: "tone", URGENCY: "urgency"}
MOST, LONGEST = 20_000, 4_000


@dataclass(frozen=True, slots=True)
class Label:
    """One labelled message, from a typed example or a message. ``label`` "": none of the intents."""

    text: str
    label: str
    language: str
    example_id: UUID | None = None
    message_id: UUID | None = None
    conversation_id: UUID | None = None


def labels(key: str) -> list[Label]:
    """Everything labelled for ``key``, oldest first, the newest 20,000. 4 queries."""
    found = _said(_HAPPENING[key])
    if key != INTENT:
        return found[-MOST:]
    known = intents.names()
    renamed = [Label(x.text, known.get(x.label, x.label), x.language, None, x.message_id, x.conversation_id)
               for x in found]  # fmt: skip
    return [*_typed(), *renamed][-MOST:]


def count(key: str) -> int:
    """How many labels there are, roughly: corrections count once each. 1–2 queries."""
    said = Happening.objects.filter(kind=_HAPPENING[key], by="staff").values("conversation_id").distinct().count()
    return said + (Example.objects.count() if key == INTENT else 0)


def _typed() -> list[Label]:
    rows = Example.objects.select_related("intent").order_by("created_at", "id")
    return [
        Label(row.text, "" if row.intent.outside else row.intent.name, row.language, example_id=row.pk)
        for row in rows[:MOST]
        if row.intent.archived_at is None
    ]


def _said(kind: str) -> list[Label]:
    """The last word of staff on each conversation, with the message that had been read by then."""
    last: dict[UUID, tuple[str, UUID | None]] = {}
    read = Happening.objects.filter(
        conversation_id=OuterRef("conversation_id"), kind="understood", at__lte=OuterRef("at")
    ).order_by("-at", "-id")
    rows = Happening.objects.filter(kind=kind, by="staff").order_by("at", "id")
    said = rows.annotate(message=Subquery(read.values("data__message")[:1]))
    for conversation_id, data, message in said.values_list("conversation_id", "data", "message"):
        last[conversation_id] = str(data.get("to") if data.get("to") is not None else ""), message
    wanted = {pk: pair for pk, pair in last.items() if pair[0]}
    return _with_texts(wanted)


def _with_texts(wanted: dict[UUID, tuple[str, Any]]) -> list[Label]:
    rows = Message.objects.filter(
        conversation_id__in=list(wanted), direction="in", author="customer", automatic=""
    ).order_by("conversation_id", "seq")
    first: dict[UUID, Message] = {}
    named: dict[str, Message] = {}
    for row in rows.only("id", "conversation_id", "text", "seq"):
        first.setdefault(row.conversation_id, row)
        named[str(row.pk)] = row
    subjects = dict(Conversation.objects.filter(pk__in=list(first)).values_list("pk", "subject"))
    found = []
    for pk, (label, message) in wanted.items():
        read = named.get(str(message)) or first.get(pk)
        if read is not None:
            text = text_of(read.text, subjects.get(pk, "") if read.pk == first[pk].pk else "")
            found.append(Label(text, label, intelligence.language.tongue(text).code, None, read.pk, pk))
    return found


def text_of(text: str, subject: str) -> str:
    """What is read of a message: its subject where it opened the conversation, then its words."""
    subject = subject.strip()
    together = text if not subject or subject in text[:300] else f"{subject}\n{text}"
    return together[:LONGEST]
