"""Answering customers, and notes among colleagues. Everything goes out through `channels.propose`, once per key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, live, undo
from amity.base.errors import NotFound, Refused
from amity.base.ids import new_id
from amity.channels import api as channels
from amity.desk import happenings, mentions, thread
from amity.desk.conversations import WORK, locked
from amity.desk.conversations_changes import change_locked, tell_listeners
from amity.desk.conversations_changes import do as change_now
from amity.desk.conversations_messages import MessageView, view_of
from amity.desk.models import Conversation, Happening, Mention, Message, State
from amity.engines import api as engines
from amity.people import api as people

REPLY, NOTE, KEY = "desk.reply", "desk.note", "desk:"
PURPOSE, UNDO_SECONDS, MAX_TEXT = "service", 10, 100_000
THEN = ("open", "pending", "solved")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered: text, the state ``then``, and what goes along."""

    text: str
    html: str = ""
    files: tuple[UUID, ...] = ()
    channel: str = ""
    citations: tuple[Mapping[str, Any], ...] = ()
    then: str = "pending"
    template: str = ""  # of the provider, with what stands in its places "1", "2", …
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer or note that was just written, and the undo group that takes it back, None where the key was known."""

    row: Message
    group: UUID | None

    @property
    def message(self) -> MessageView:
        """As others see it. 1 query for an answer."""
        return view_of(self.row)


def reply(
    principal: access.Principal, conversation_id: UUID, text: str, *, html: str = "", files: Sequence[UUID] = (),
    channel: str = "", citations: Sequence[Mapping[str, Any]] = (), key: str = "", undo_seconds: int = UNDO_SECONDS,
    then: str = "pending",
) -> MessageView:  # fmt: skip
    """Answer the customer; it leaves in ``undo_seconds`` and can be taken back until then. The same ``key``: once.

    ``then``: the state afterwards, open, pending or solved. Raises `Refused` when the gate will not let it out.
    """
    said = Answer(text, html, tuple(files), channel, tuple(citations), then)
    return send(principal, conversation_id, said, key=key, undo_seconds=undo_seconds).message


def send(
    principal: access.Principal, conversation_id: UUID, answer: Answer, *, key: str = "",
    undo_seconds: int | None = None,
) -> Sent:  # fmt: skip
    """`reply` with the undo group beside it. About 20 queries, what the gate asks among them.

    ``undo_seconds`` None: as long as its channel gives (`undo_seconds_of`).
    """
    access.require(principal, WORK)
    text = _checked(answer.text)
    if answer.then not in THEN:
        raise Refused("bad_state", _("This is no state that a conversation can have."))
    said_key = f"staff:{principal.staff_id}:{key or new_id().hex}"
    with access.audited_together(), live.together():
        (row,) = locked(principal, [conversation_id])
        known = Message.objects.filter(key=said_key).first()
        if known is not None:
            return Sent(known, None)
        message = _say(row, said_key, "staff", text, answer, principal)
        wait = undo_seconds_of(row.channel) if undo_seconds is None else undo_seconds
        _propose(principal, row, message, answer, wait)
        group = undo.note(principal, REPLY, {"id": str(message.pk)}, {"state": row.state})
        values: dict[str, Any] = {} if row.state == answer.then else {"state": answer.then}
        if row.assignee_id is None and principal.staff_id:
            values["assignee_id"] = str(principal.staff_id)  # who answers has it
        if values:
            change_locked(principal, row, values)
        access.record(principal, "reply", "conversation", row.pk, {"message": str(message.pk)})
    return Sent(message, group)


def undo_seconds_of(channel: str) -> int:
    """How long an answer can be taken back before it leaves: a talk goes on at once. Pure."""
    return 0 if channel == "chat" else UNDO_SECONDS


def begin(principal: access.Principal, person_id: UUID, subject: str, text: str, key: str = "") -> Sent:
    """Begin a conversation with a person by mail; it leaves as an answer does. Raises `NotFound`, `Refused`."""
    access.require(principal, WORK)
    person = people.get_person(principal, person_id)
    subject = " ".join(subject.split())
    if not subject:
        raise Refused("subject_empty", _("Say what it is about."))
    if not person.email:
        raise Refused("no_address", _("There is no address to send to"))
    with transaction.atomic():
        row = thread.open_conversation(
            person.merged_into_id or person.id, "email", subject, channels.usual_account("email"), person.email,
            by="staff", staff_id=principal.staff_id,
        )  # fmt: skip
        access.record(principal, "create", "conversation", row.pk, {})
        return send(principal, row.pk, Answer(text), key=key, undo_seconds=UNDO_SECONDS)


def note(
    principal: access.Principal, conversation_id: UUID, text: str, mentions: Iterable[UUID] = (), key: str = ""
) -> MessageView:
    """Write a note for colleagues; who is named in it (``@Name`` or ``mentions``) is told."""
    return write_note(principal, conversation_id, text, mentions, key).message


def write_note(
    principal: access.Principal, conversation_id: UUID, text: str, named: Iterable[UUID] = (), key: str = ""
) -> Sent:
    """`note` with the undo group beside it."""
    access.require(principal, WORK)
    text = _checked(text)
    whom = list(dict.fromkeys([*named, *(mentions.named_in(text, access.staff_choices()) if "@" in text else ())]))
    with transaction.atomic():
        (row,) = locked(principal, [conversation_id])
        mentions.check(row, whom)
        said_key = f"note:{principal.staff_id}:{key or new_id().hex}"
        said = thread.Said(
            said_key, "note", "staff", text, row.channel, staff_id=principal.staff_id, author_name=principal.name,
            mentions=whom,
        )  # fmt: skip
        known = Message.objects.filter(key=said_key).first()
        if known is not None:
            return Sent(known, None)
        message = thread.add(row, said)
        mentions.keep(message, [each for each in whom if each != principal.staff_id])
        access.record(principal, "note", "conversation", row.pk, {"message": str(message.pk)})
        group = undo.note(principal, NOTE, {"id": str(message.pk)}, {})
    return Sent(message, group)


def say_as_bot(
    conversation_id: UUID, text: str, key: str, citations: Sequence[Mapping[str, Any]] = ()
) -> MessageView:  # fmt: skip
    """The bot answers; the same ``key`` is one message. It can not be taken back."""
    return _said_by("bot", conversation_id, text, key, citations)


def say_as_system(
    conversation_id: UUID, text: str, key: str, citations: Sequence[Mapping[str, Any]] = ()
) -> MessageView:  # fmt: skip
    """Amity itself tells the customer something, such as who took over."""
    return _said_by("system", conversation_id, text, key, citations)


def take_back(principal: access.Principal, message_id: UUID) -> str:
    """Take back an answer that has not left, or a note of one's own; returns its text. Raises `Refused` when it has."""
    access.require(principal, WORK)
    with transaction.atomic():
        message = Message.objects.filter(pk=message_id, direction__in=("out", "note")).first()
        if message is None or message.author != "staff" or message.withdrawn_at:
            raise NotFound(_("This message is not here, or was taken back already."))
        (row,) = locked(principal, [message.conversation_id])
        if message.staff_id != principal.staff_id:
            raise Refused("not_yours", _("Only who wrote a message can take it back."), 403)
        if message.outgoing_id and not channels.withdraw(principal, message.outgoing_id):
            raise Refused("sent_already", _("It has been sent: it can not be taken back."), 409)
        message.withdrawn_at = clock.now()
        message.save(update_fields=["withdrawn_at"])
        Mention.objects.filter(message=message).delete()
        happenings.note(row, "withdrawn", "staff", principal.staff_id, {"message": str(message.pk)})
        if message.direction == "out":
            _as_before(principal, row, message)
        tell_listeners(row, ["withdrawn"])
        live.tell(thread.KIND, [row.pk])
        access.record(principal, "withdrawn", "conversation", row.pk, {"message": str(message.pk)})
    return message.text


def put_back(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler of answers and notes."""
    take_back(principal, UUID(args["id"]))


def _as_before(principal: access.Principal, row: Conversation, message: Message) -> None:
    """What the conversation was before the answer, computed from its log and its other messages."""
    others = row.messages.filter(withdrawn_at=None).exclude(direction="note")
    answered = others.filter(direction="out", author__in=("staff", "bot")).order_by("-at").first()
    asked = others.filter(direction="in", automatic="")
    asked = asked.filter(at__gt=answered.at) if answered else asked
    newest = others.order_by("-at", "-seq").first()
    row.waiting_since = asked.aggregate(at=Min("at"))["at"]
    row.first_reply_at = others.filter(direction="out", author="staff").aggregate(at=Min("at"))["at"]
    row.last_at = newest.at if newest else row.started_at
    row.snippet = thread.line_of(newest.text) if newest else ""
    if row.opening == thread.line_of(message.text):
        row.opening = thread.opening_of(others)
    row.search = thread.found_by(row, newest.text if newest else "")
    row.save(update_fields=["waiting_since", "first_reply_at", "last_at", "opening", "snippet", "search"])
    moves = Happening.objects.filter(conversation=row, at__gte=message.at, kind__in=("state", "reopened", "snoozed"))
    first = moves.order_by("at", "id").first()
    if first and first.by == "staff" and first.data.get("from") in State.values and first.data["to"] == row.state:
        change_now(principal, {"ids": [str(row.pk)], "values": {"state": first.data["from"]}})


def _said_by(
    author: str, conversation_id: UUID, text: str, key: str, citations: Sequence[Mapping[str, Any]]
) -> MessageView:  # fmt: skip
    text, said_key = _checked(text), f"{author}:{key}"
    with access.audited_together(), live.together():
        (row,) = locked(access.SYSTEM, [conversation_id])
        known = Message.objects.filter(key=said_key).first()
        if known is None:
            answer = Answer(text, citations=tuple(citations))
            known = _say(row, said_key, author, text, answer, access.SYSTEM)
            _propose(access.SYSTEM, row, known, answer, 0)
    return view_of(known)


def _say(
    row: Conversation, key: str, author: str, text: str, answer: Answer, principal: access.Principal
) -> Message:  # fmt: skip
    return thread.add(
        row,
        thread.Said(
            key, "out", author, text, answer.channel or row.channel, staff_id=principal.staff_id,
            author_name=principal.name if author == "staff" else "", html=answer.html, files=answer.files,
            citations=[dict(each) for each in answer.citations], outgoing_id=new_id(),
        ),
    )  # fmt: skip


def _propose(
    principal: access.Principal, row: Conversation, message: Message, answer: Answer, undo_seconds: int
) -> None:  # fmt: skip
    """Hand the answer to the gate; what the gate refuses at once is refused to who wrote it, with the reason."""
    same = message.channel == row.channel
    proposed = channels.Message(
        key=f"{KEY}{message.pk}", channel=message.channel, purpose=PURPOSE, subject=row.subject or subject_of(row),
        body=message.text, person_id=row.person_id, address=row.address if same else "", html=answer.html,
        language=row.language,
        not_before=clock.now() + timedelta(seconds=undo_seconds) if undo_seconds > 0 else None,
        files=_enclosed(answer.files), template=answer.template, values=answer.values,
        thread=channels.Thread(row.pk, message.author, row.account_id, row.number), new_id=message.outgoing_id,
    )  # fmt: skip
    outcome = channels.propose(principal, proposed)
    if outcome.state == "refused" and message.author == "staff":
        raise Refused("cannot_send", _("It cannot be sent: {why}.").format(why=outcome.why))
    if answer.files:
        channels.files_belong(answer.files, row.pk, message.pk, row.person_id)


def _enclosed(files: Sequence[UUID]) -> list[engines.Enclosure]:
    """Files as they go along with a message."""
    known = channels.file_views(files) if files else {}
    return [
        engines.Enclosure(known[each].name, known[each].type, channels.file_content(each))
        for each in files
        if each in known
    ]


def subject_of(row: Conversation) -> str:
    """What an answer is headed by when the customer gave no subject."""
    return _("Your request {number}").format(number=f"#{row.number}")


def settled(outgoing_ids: list[UUID]) -> None:
    """`channels` says that answers were sent or stopped: open pages are told."""
    rows = Message.objects.filter(outgoing_id__in=outgoing_ids)
    live.tell(thread.KIND, rows.values_list("conversation_id", flat=True))


def _checked(text: str) -> str:
    text = channels.masked(text.replace("\x00", "").replace("\r\n", "\n").strip())
    if not text:
        raise Refused("message_empty", _("Write something first."))
    if len(text) > MAX_TEXT:
        raise Refused("message_long", _("This is too long for one message."))
    return text


def register() -> None:
    """Undo of answers and notes, and news of what became of them."""
    undo.register(REPLY, undo.Handler(None, put_back))
    undo.register(NOTE, undo.Handler(None, put_back))
    channels.on_settled(KEY, settled)


__all__ = ["WORK", "Answer", "Sent", "note", "reply", "say_as_bot", "say_as_system", "send", "take_back", "write_note"]
