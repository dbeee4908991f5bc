"""To which conversation a message belongs: the evidence in its order, the first that holds decides.

Mail: a signed address; In-Reply-To, then every reference, whoever of us or them wrote it; a signed line in the text;
the number in the subject. What nobody but who has seen our mail can know (the first two) leads home whoever sends it,
and a sender who never took part is shown as such. What can be copied into any mail (the other two) counts only from
somebody who takes part. Same subject and sender is no evidence: it makes a suggestion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from amity.base import clock
from amity.channels import api as channels
from amity.desk import happenings
from amity.desk.models import Conversation, Happening, Message, State

SAME_TALK = timedelta(hours=24)  # a chat or messenger without threads goes on within this time
SAME_SUBJECT = timedelta(days=30)  # a suggestion is worth making
MOST_SUGGESTED = 3
_MOST_PARTS = 20  # conversations that became part of one
_THREADLESS = ("chat", "telegram", "whatsapp", "sms", "webhook")
_NUMBER = re.compile(r"(?:\[|\(|^|\s)#(\d{3,12})(?=$|[\s\])\-:.,;!?])")
# Numbers of other things, in four languages: “order #1001” is no conversation.
_OTHERS = re.compile(
    r"(?:order|invoice|quote|po|item|booking|shipment|parcel|bestellung|auftrag|rechnung|angebot|sendung|zam[oó]wieni\w*|"
    r"faktur\w*|paczk\w*|ofert\w*|заказ\w*|сч[её]т\w*|посылк\w*|nr|no|№)\.?\s*[\[(]?#\d+",
    re.IGNORECASE,
)
_PREFIX = re.compile(
    r"^\s*(?:(?:re|fwd?|aw|wg|odp|pd|antw|sv|tr|rv|ответ|отв|пересл|ha)\s*(?:\[\d+\])?\s*:|\[[^\]]{1,40}\])\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A conversation that may be about the same, and why: ``same_subject``, ``marked`` (a stranger's mail names it)."""

    conversation_id: UUID
    number: int
    subject: str
    why: str


def conversation_of(received: channels.ReceivedView) -> UUID | None:
    """The conversation a message goes on with, or None for a new one.

    Mail: at most 12 queries, others 1 or 2.
    """
    if received.channel in _THREADLESS:
        return _addressed(received) or _going_on(received)
    return _addressed(received) or _answering(received) or _named(received) or _numbered(received)


def is_stranger(received: channels.ReceivedView, conversation_id: UUID) -> bool:
    """Whether a mail comes home from somebody who never took part, or whose DMARC failed. 3 queries, none for others.

    Asked before the mail is part of the conversation.
    """
    if received.channel != "email" or received.automatic:
        return False
    return not _takes_part(received, conversation_id)


def suggest(received: channels.ReceivedView, conversation_id: UUID) -> None:
    """Note which conversations a new one may belong to: for a person to decide. At most 5 queries."""
    found = [(pk, "marked") for pk in received.marks[_addressed_marks(received) :]]
    found += [(pk, "same_subject") for pk in _alike(received, conversation_id)]
    rows = Conversation.objects.in_bulk([pk for pk, _why in found])
    for pk, why in {each: why for each, why in found if each in rows}.items():
        happenings.note(rows[pk], "suggested", "system", data={"to": str(conversation_id), "why": why})
        happenings.note(
            Conversation.objects.get(pk=conversation_id), "suggested", "system", data={"to": str(pk), "why": why}
        )


def suggestions(conversation_id: UUID) -> list[Suggestion]:
    """Conversations that may belong together with this one, at most 3, without those that are one by now. 3 queries."""
    notes = Happening.objects.filter(conversation_id=conversation_id, kind="suggested").order_by("-at", "-id")
    told = {UUID(each["to"]): str(each["why"]) for each in notes.values_list("data", flat=True)[:20]}
    own = _home(Conversation.objects.filter(pk=conversation_id).first())
    found: dict[UUID, Suggestion] = {}
    for row in Conversation.objects.filter(pk__in=list(told)).exclude(state=State.SPAM).select_related("merged_into"):
        home = _home(row)
        if home and home != own:
            found.setdefault(home, Suggestion(home, row.number, row.subject, told[row.pk]))
    return list(found.values())[:MOST_SUGGESTED]


def strangers(conversation_id: UUID) -> set[UUID]:
    """Messages of a conversation whose sender had never taken part, or failed DMARC. 1 query."""
    notes = Happening.objects.filter(conversation_id=conversation_id, kind="stranger")
    return {UUID(each["message"]) for each in notes.values_list("data", flat=True) if each.get("message")}


def plain_subject(subject: str) -> str:
    """A subject without “Re:”, “Fwd:” and their like, and without numbers of ours; as it is compared. Pure."""
    before = ""
    while before != subject:
        before, subject = subject, _PREFIX.sub("", subject, count=1)
    return " ".join(_NUMBER.sub(" ", subject).split()).casefold()


def _addressed_marks(received: channels.ReceivedView) -> int:
    told = received.headers.get("marked", "0")
    return int(told) if told.isdigit() else 0


def _addressed(received: channels.ReceivedView) -> UUID | None:
    """A signed address names it. Adapters other than mail's tell what they know for certain."""
    marks = received.marks[: _addressed_marks(received)] if received.channel == "email" else received.marks
    return _home(Conversation.objects.filter(pk__in=marks).first()) if marks else None


def _answering(received: channels.ReceivedView) -> UUID | None:
    """It answers a message that we know, of theirs or ours."""
    refs = [ref for ref in received.references if ref]
    found = channels.conversations_of_refs(refs) if refs else {}
    hit = next((found[ref] for ref in refs if ref in found), None)
    return _home(Conversation.objects.filter(pk=hit).first()) if hit else None


def _named(received: channels.ReceivedView) -> UUID | None:
    """A signed line in its text names it, and the sender takes part."""
    for pk in received.marks[_addressed_marks(received) :]:
        home = _home(Conversation.objects.filter(pk=pk).first())
        if home and _takes_part(received, home):
            return home
    return None


def _numbered(received: channels.ReceivedView) -> UUID | None:
    """Its subject has the number of a conversation in which the sender takes part."""
    subject = _OTHERS.sub(" ", received.subject)
    for number in _NUMBER.findall(subject)[:3]:
        home = _home(Conversation.objects.filter(number=int(number)).first())
        if home and _takes_part(received, home):
            return home
    return None


def _takes_part(received: channels.ReceivedView, conversation_id: UUID) -> bool:
    """Whether the sender wrote there or was written to; who fails DMARC is nobody."""
    if received.authentic.get("dmarc") == "fail":
        return False
    parts = Conversation.objects.filter(merged_into_id=conversation_id).values_list("pk", flat=True)[:_MOST_PARTS]
    return any(received.address.lower() in channels.mail_participants(each) for each in (conversation_id, *parts))


def _alike(received: channels.ReceivedView, conversation_id: UUID) -> list[UUID]:
    """Other conversations with the same sender and subject lately, the newest first."""
    subject = plain_subject(received.subject)
    if not subject or received.automatic:
        return []
    rows = Conversation.objects.filter(
        address=received.address, channel="email", last_at__gt=clock.now() - SAME_SUBJECT, merged_into=None
    ).exclude(pk=conversation_id)
    near = rows.exclude(state=State.SPAM).order_by("-last_at").values_list("pk", "subject")[:50]
    return [pk for pk, told in near if plain_subject(told) == subject][:MOST_SUGGESTED]


def _going_on(received: channels.ReceivedView) -> UUID | None:
    """On channels without threads: the newest talk with that address, unless it was over long ago."""
    rows = Conversation.objects.filter(
        account_id=received.account_id, address=received.address, merged_into=None
    ).exclude(state=State.SPAM)
    newest = rows.order_by("-last_at", "-id").values_list("pk", "state", "last_at").first()
    if newest is None or (newest[1] == State.SOLVED and newest[2] < clock.now() - SAME_TALK):
        return None
    return newest[0]


def _home(row: Conversation | None) -> UUID | None:
    """The conversation that a merged one is part of now."""
    seen = 0
    while row is not None and row.merged_into_id and seen < 50:
        row, seen = row.merged_into, seen + 1
    return row.pk if row is not None else None


def ids_of_messages(outgoing_ids: list[UUID]) -> dict[UUID, UUID]:
    """Outgoing message → conversation. 1 query."""
    rows = Message.objects.filter(outgoing_id__in=outgoing_ids).values_list("outgoing_id", "conversation_id")
    return {each: conversation for each, conversation in rows if each}
