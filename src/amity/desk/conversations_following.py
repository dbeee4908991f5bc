"""What belongs to a conversation beside its messages goes along: into the one it becomes part of, to another person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from amity.channels import api as channels
from amity.desk.models import (
    Complaint,
    ComplaintPaper,
    ComplaintStep,
    Conversation,
    Draft,
    Handing,
    Link,
    Message,
    Refund,
)

_HELD: dict[str, Any] = {
    "complaint": Complaint, "refund": Refund, "draft": Draft, "link": Link, "handing": Handing,
}  # fmt: skip
_OF_PERSON: tuple[tuple[Any, str], ...] = (
    (Complaint, "conversation"), (Refund, "conversation"), (Draft, "conversation"),
    (ComplaintStep, "complaint__conversation"), (ComplaintPaper, "complaint__conversation"),
)  # fmt: skip


def join(row: Conversation, into: Conversation) -> dict[str, list[str]]:
    """Move what belongs to ``row`` to ``into``; returns what moved, by kind. A link that both have, and a hand-over
    where both are handed over, stay. 10 queries."""
    moved: dict[str, list[str]] = {}
    for kind, model in _HELD.items():
        rows = model.objects.filter(conversation=row)
        if kind == "link":
            twice = Link.objects.filter(conversation=into).values_list("kind", "record_id")
            rows = rows.exclude(pk__in=[each.pk for each in rows if (each.kind, each.record_id) in set(twice)])
        if kind == "handing":
            both = Handing.objects.filter(conversation=into, state=Handing.State.OPEN).exists()
            rows = rows.none() if both else rows.filter(state=Handing.State.OPEN)
        ids = list(rows.values_list("pk", flat=True))
        model.objects.filter(pk__in=ids).update(conversation=into)
        moved[kind] = [str(pk) for pk in ids]
    return moved


def part(moved: Mapping[str, Sequence[str]], homes: Sequence[UUID], row: Conversation) -> None:
    """The reverse of `join`: what is still at one of ``homes`` goes back. 5 queries."""
    for kind, ids in moved.items():
        _HELD[kind].objects.filter(pk__in=list(ids), conversation_id__in=list(homes)).update(conversation=row)


def person_changed(conversation: Conversation, kinds: Sequence[str]) -> None:
    """`conversations_changes` listener: what was with the person before is with the one of now, as its messages are."""
    if "person" not in kinds:
        return
    told = conversation.log.filter(kind="person").order_by("-at", "-id").values_list("data", flat=True).first() or {}
    before, now = told.get("from"), conversation.person_id
    for model, path in _OF_PERSON:
        model.objects.filter(**{path: conversation, "person_id": before}).update(person_id=now)
    letters(conversation.pk, before, now)


def letters(conversation_id: UUID, before: UUID | None, now: UUID | None) -> None:
    """What we wrote in a conversation to the person before, and its files, are of the person of now. 4 queries."""
    said = Message.objects.filter(conversation_id=conversation_id)
    channels.letters_follow(conversation_id, list(said.values_list("pk", "outgoing_id")), before, now)
