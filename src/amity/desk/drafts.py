"""A reply proposed for a customer's message: quotes from knowledge, or worded by a language model and checked.

A model may only phrase. What it says is held against the passages; where a sentence is not supported, the plain draft
stands. What staff do with a draft is kept, and teaches the floor below which none is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, jobs, live, undo
from amity.base.errors import NotFound, Refused
from amity.desk import conversations, drafts_wording, happenings, knowledge, understanding
from amity.desk import understanding_labels as labelled
from amity.desk.drafts_models import Draft as Row
from amity.desk.models import Conversation, Message
from amity.desk.thread import KIND
from amity.intelligence import api as intelligence
from amity.people import api as people

TASK, CHANGE = "desk.draft", "desk.draft_dismissed"
_KEPT_SHARE = 0.3  # of a draft's words, from which an answer counts as made of it
_ASKED = 4  # sentences of a message that are asked for on their own


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposed reply; each of its ``citations`` is {passage, article, title, quote}. ``sure`` 0–1."""

    id: UUID
    conversation_id: UUID
    text: str
    citations: tuple[dict[str, str], ...]
    language: str
    sure: float
    phrased: bool
    why_plain: str
    state: str


def heard(conversation: Conversation, reading: understanding.Reading) -> None:
    """`understanding` listener: where staff have the word, a job makes a draft."""
    if conversation.handler == "staff":
        jobs.named(TASK).defer(conversation_id=str(conversation.pk))


def draft(conversation_id: UUID) -> Draft | None:
    """The draft for the customer's newest message, made now or before; None where knowledge is not sure enough.

    Some 30 ms; with a language model set up as long as that takes, 30 s at most.
    """
    rows = Message.objects.filter(conversation_id=conversation_id, direction="in", author="customer", automatic="")
    message = rows.select_related("conversation").order_by("-seq").first()
    if message is None:
        return None
    known = Row.objects.filter(message=message).first()
    if known is not None:
        return _view(known)
    language = intelligence.language.tongue(message.text[: labelled.LONGEST]).code or message.conversation.language
    found = _answering(message, language) if language else None
    if found is None:
        return None
    name = people.names([message.person_id]).get(message.person_id, "") if message.person_id else ""
    text, phrased, why = _composed(message, found, language, name)
    return _kept(message, found, language, (text, phrased, why))


def of_conversation(principal: access.Principal, conversation_id: UUID) -> Draft | None:
    """The open draft of a conversation, for its page. 2 queries."""
    view = conversations.get(principal, conversation_id)
    row = Row.objects.filter(conversation_id=view.id).order_by("-made_at", "-id").first()
    if row is None or row.state != Row.State.OPEN or view.waiting_since is None:
        return None
    return _view(row)


def dismiss(principal: access.Principal, draft_id: UUID) -> UUID:
    """Put a draft aside: it was not the right answer. Returns the undo group."""
    with transaction.atomic():
        row = Row.objects.select_for_update().filter(pk=draft_id).first()
        if row is None:
            raise NotFound(_("This draft is gone already."))
        conversations.locked(principal, [row.conversation_id])
        if row.state != Row.State.OPEN:
            raise Refused("decided", _("This draft is gone already."))
        _decided(row, Row.State.DISMISSED, principal.staff_id, False)
        access.record(principal, "draft.dismissed", "conversation", row.conversation_id, {})
        return undo.note(principal, CHANGE, {"id": str(row.pk)}, "open")


def answered(conversation: Conversation, message: Message) -> None:
    """`thread` listener: staff answered; whether they used the draft is a label. 1–4 queries."""
    if message.direction != "out" or message.author != "staff":
        return
    row = Row.objects.filter(conversation=conversation, state=Row.State.OPEN).order_by("-made_at").first()
    if row is None:
        return
    if " ".join(message.text.split()) == " ".join(row.text.split()):
        _decided(row, Row.State.SENT, message.staff_id, True)
    elif _made_of(message.text, row):
        _decided(row, Row.State.EDITED, message.staff_id, True)
    else:  # written anew: that says nothing of the passage
        _decided(row, Row.State.DISMISSED, message.staff_id, None)


def _answering(message: Message, language: str) -> knowledge.Passage | None:
    """The passage that answers the whole message or one of its questions, the surest first."""
    opening = message.conversation.subject if message.seq == 1 else ""
    whole = labelled.text_of(message.text, opening)
    parts = [whole[start:end].strip() for start, end in intelligence.language.sentences(whole)]
    asked = [part for part in parts if part.endswith("?")][:_ASKED]
    found = [knowledge.answer(each, language) for each in dict.fromkeys([whole, *asked])]
    return max((each for each in found if each), key=lambda each: each.sure, default=None)


def _composed(message: Message, found: knowledge.Passage, language: str, name: str) -> tuple[str, bool, str]:
    """Greeting, body, link; the body worded by a model where one is set up and its words hold."""
    plain = f"{found.sentence} {found.more}".strip()
    worded, why = drafts_wording.worded(message.text[: labelled.LONGEST], [plain], language, name)
    with translation.override(language):
        greeting = _("Hello {name},").format(name=name) if name else _("Hello,")
        address = settings.CONFIG.public_url.rstrip("/") + reverse("help_article", args=[language, found.article_id])
        more = _("More about this: {title}").format(title=found.title)
    link = f"\n{address}" if settings.CONFIG.public_url else ""
    return f"{greeting}\n\n{worded or plain}\n\n{more}{link}", bool(worded), why


def _kept(message: Message, found: knowledge.Passage, language: str, said: tuple[str, bool, str]) -> Draft:
    with transaction.atomic():
        row, new = Row.objects.get_or_create(
            message=message,
            defaults={
                "conversation_id": message.conversation_id, "person_id": message.person_id, "text": said[0],
                "citations": [found.citation()], "language": language, "sure": found.sure, "phrased": said[1],
                "why_plain": said[2],
            },
        )  # fmt: skip
        if new:
            older = Row.objects.filter(conversation_id=message.conversation_id, state=Row.State.OPEN).exclude(pk=row.pk)
            older.update(state=Row.State.DISMISSED, decided_at=clock.now())  # another question since
            happenings.note(message.conversation, "draft", data={"draft": str(row.pk), "sure": round(found.sure, 4)})
            live.tell(KIND, [message.conversation_id])
    return _view(row)


def _made_of(text: str, row: Row) -> bool:
    """Whether an answer keeps a quote of the draft, or a good part of its words."""
    plain = " ".join(text.split())
    if any(" ".join(str(each.get("quote", "")).split()) in plain for each in row.citations):
        return True
    shared = SequenceMatcher(None, row.text.split(), text.split(), autojunk=False).get_matching_blocks()
    return sum(block.size for block in shared) >= max(_KEPT_SHARE * len(row.text.split()), 6)


def _decided(row: Row, state: str, staff_id: UUID | None, right: bool | None) -> None:
    row.state, row.staff_id, row.decided_at = state, staff_id, clock.now()
    row.save(update_fields=["state", "staff_id", "decided_at"])
    if right is not None and row.citations:
        passage = UUID(str(row.citations[0]["passage"]))
        knowledge.judge(passage, row.sure, right, "draft", f"draft:{row.pk}")


def _put_back(principal: access.Principal, args: dict[str, Any], before: Any) -> None:
    row = Row.objects.select_for_update().filter(pk=args["id"], state=Row.State.DISMISSED).first()
    if row is not None:
        row.state, row.staff_id, row.decided_at = before, None, None
        row.save(update_fields=["state", "staff_id", "decided_at"])
        knowledge.unsay(f"draft:{row.pk}")
        access.record(principal, "draft.undone", "conversation", row.conversation_id, {})


def _view(row: Row) -> Draft:
    return Draft(
        row.pk, row.conversation_id, row.text, tuple(row.citations), row.language, row.sure, row.phrased,
        row.why_plain, row.state,
    )  # fmt: skip


def register() -> None:
    undo.register(CHANGE, undo.Handler(None, _put_back))
