"""What several people said in one conversation, before one of them is erased: it becomes that of the others.

Rows of the erased go by their person; what the conversation shows of its newest words must not be theirs either.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from amity.desk.models import Conversation, Message
from amity.desk.thread import found_by, line_of, opening_of

BATCH = 200


def hand_on(ids: Sequence[UUID]) -> int:
    """Before these profiles are erased; 0, since no file is removed. Safe to run twice."""
    theirs = Message.objects.filter(person_id__in=list(ids)).values("conversation_id")
    mixed = Message.objects.exclude(person_id__in=list(ids)).filter(person_id__isnull=False)
    mixed = mixed.filter(Q(conversation__in=theirs) | Q(conversation__person_id__in=list(ids)))
    found = list(mixed.order_by().values_list("conversation_id", flat=True).distinct())
    for at in range(0, len(found), BATCH):
        with transaction.atomic():
            for row in Conversation.objects.select_for_update().filter(pk__in=found[at : at + BATCH]).order_by("pk"):
                _without(row, set(ids))
    return 0


def tell(ids: Sequence[UUID]) -> Iterable[dict[str, Any]]:
    """No files: nothing to hand out."""
    return ()


def _without(row: Conversation, ids: set[UUID]) -> None:
    """The conversation as it is without what these said; it is with the last of the others."""
    said = row.messages.exclude(person_id__in=ids).exclude(direction="note").filter(withdrawn_at=None)
    newest = said.order_by("-at", "-seq").first()
    if newest is None or newest.person_id is None:
        return
    if row.person_id in ids:
        row.person_id, row.subject, row.address, row.merged_into = newest.person_id, "", "", None
    row.snippet, row.opening, row.last_at = line_of(newest.text), opening_of(said), newest.at
    row.tone, row.tone_phrase = "", ""
    row.search = found_by(row, newest.text)
    row.save()
