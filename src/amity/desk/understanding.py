"""Reading what a customer wrote: language, intent or "don't know", tone with its phrase, urgency, what it names.

Only a customer's own words are read. What staff said of a conversation is never written over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from amity.base import clock, jobs, live
from amity.desk import happenings, understanding_labels
from amity.desk import understanding_intents as intents
from amity.desk.conversations_changes import tell_listeners
from amity.desk.models import Conversation, Happening, Intent, Message
from amity.desk.thread import KIND
from amity.desk.understanding_labels import INTENT, TONE, URGENCY
from amity.desk.urgency import Urgency, urgency_of
from amity.intelligence import api as intelligence

TASK = "desk.understand"
_SURE = 0.6  # chance from which a learned urgency counts
_SHORT = 3  # words: a longer message without a known language is in none of ours


@dataclass(frozen=True, slots=True)
class Named:
    """Something a message names: ``kind`` order, amount, date, phone, iban; ``url`` opens it where it is known."""

    kind: str
    text: str
    value: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood of one message. ``intent`` "" is "don't know"; ``guess`` its best guess all the same."""

    message_id: UUID
    language: str
    intent: str
    guess: str
    chance: float | None
    others: tuple[tuple[str, float], ...]
    tone: str
    tone_chance: float | None
    tone_phrase: str
    urgency: int
    reasons: tuple[str, ...]
    entities: tuple[Named, ...]
    version: int | None


Hears = Callable[[Conversation, Reading], None]
Links = Callable[[UUID | None, list[str]], dict[str, str]]
_listeners: dict[str, Hears] = {}
_linkers: dict[str, Links] = {}


def listen(name: str, hears: Hears) -> None:
    """Have ``hears(conversation, reading)`` called in the transaction of each reading, in order of name."""
    _listeners[name] = hears


def register_linker(kind: str, links: Links) -> None:
    """Say where what messages name can be opened: ``links(person_id, values)`` → {value: url}. At most 1 query."""
    _linkers[kind] = links


def heard(conversation: Conversation, message: Message) -> None:
    """`thread` listener: a customer's own message is read by one job."""
    if message.direction == "in" and message.author == "customer" and not message.automatic:
        jobs.named(TASK).defer(message_id=str(message.pk))


def understand(conversation_id: UUID) -> Reading | None:
    """Read the customer's newest message of a conversation; None where there is none."""
    rows = Message.objects.filter(conversation_id=conversation_id, direction="in", author="customer", automatic="")
    newest = rows.order_by("-seq").values_list("pk", flat=True).first()
    return understand_message(newest) if newest else None


def understand_message(message_id: UUID) -> Reading | None:
    """Read one message and keep what was understood, once per version of the models. About 12 queries.

    Some 20 ms, a second more for the first in a process.
    """
    message = Message.objects.select_related("conversation").filter(pk=message_id).first()
    if message is None or message.direction != "in" or message.author != "customer" or message.automatic:
        return None
    reading = read(message)
    with transaction.atomic():
        row = Conversation.objects.select_for_update().get(pk=message.conversation_id)
        if _known(row, reading):
            return reading
        _keep(row, message, reading)
        for _name, hears in sorted(_listeners.items()):
            hears(row, reading)
        live.tell(KIND, [row.pk])
    return reading


def read(message: Message) -> Reading:
    """What a customer's message says; nothing is kept."""
    language, conversation = intelligence.language, message.conversation
    opening = not Message.objects.filter(conversation=conversation, direction="in", seq__lt=message.seq).exists()
    text = understanding_labels.text_of(message.text, conversation.subject if opening else "")
    told = language.tongue(text).code or _before(text, conversation.language)
    heard_intent = language.read(INTENT, text, told)
    known = intents.names() if heard_intent else {}
    intent = known.get(heard_intent.label, heard_intent.label) if heard_intent else ""
    said = message.text[: understanding_labels.LONGEST]
    words = language.CustomerWords(said, language.Speaker(message.author))  # type: ignore[arg-type]
    tone, tone_chance, phrase = language.read_tone(TONE, words, told)
    level = _urgency(conversation, text, told, tone, intent)
    named = _named(conversation.person_id, text, told)
    guess = known.get(heard_intent.best, heard_intent.best) if heard_intent else ""
    others = tuple((known.get(k, k), round(v, 4)) for k, v in heard_intent.others) if heard_intent else ()
    return Reading(
        message.pk, told, intent, guess, heard_intent.chance if heard_intent else None, others, tone, tone_chance,
        phrase, level.level, level.reasons, named, heard_intent.version if heard_intent else None,
    )  # fmt: skip


def reading_of(conversation_id: UUID) -> Reading | None:
    """What was understood last, from the log, for whoever shows it. 1 query."""
    rows = Happening.objects.filter(conversation_id=conversation_id, kind="understood").order_by("-at", "-id")
    data = rows.values_list("data", flat=True).first()
    return _from(data) if data else None


def _before(text: str, language: str) -> str:
    """A few words in no clear language are in the one of the conversation."""
    return language if language and len(text.split()) <= _SHORT * 3 else ""


def _urgency(conversation: Conversation, text: str, language: str, tone: str, intent: str) -> Urgency:
    start = Intent.objects.filter(name=intent).values_list("urgency", flat=True).first() if intent else None
    told = intelligence.language.read(URGENCY, text, language)
    learned = int(told.label) if told and told.label in ("0", "1", "2", "3") and told.chance >= _SURE else None
    breached = conversation.breached_at is not None
    return urgency_of(text, tone, start, conversation.due_at, breached, clock.now(), learned)


def _named(person_id: UUID | None, text: str, language: str) -> tuple[Named, ...]:
    found = intelligence.language.entities(text, language, clock.now().date())[:20]
    urls: dict[tuple[str, str], str] = {}
    for kind, links in _linkers.items():
        values = [each.value for each in found if each.kind == kind]
        if values:
            urls |= {(kind, value): url for value, url in links(person_id, values).items()}
    return tuple(
        Named(str(each.kind), text[each.start : each.end], each.value, urls.get((str(each.kind), each.value), ""))
        for each in found
    )


def _known(row: Conversation, reading: Reading) -> bool:
    """Whether the very same was read before (a job may run twice)."""
    data = row.log.filter(kind="understood", data__message=str(reading.message_id))
    last = data.order_by("-at", "-id").values_list("data", flat=True).first()
    return last is not None and last == _data(reading)


def _keep(row: Conversation, message: Message, reading: Reading) -> None:
    row.language = reading.language or row.language
    row.understood_at = clock.now()
    row.tone, row.tone_phrase = reading.tone, reading.tone_phrase
    if row.intent_by != "staff" and (reading.intent or not row.intent):
        row.intent, row.intent_by = reading.intent, "model" if reading.intent else ""
        row.intent_chance = reading.chance
    by_staff = row.log.filter(kind="urgency", by="staff").exists()
    if not by_staff and reading.urgency != row.urgency:
        data = {"from": row.urgency, "to": reading.urgency, "why": list(reading.reasons)}
        happenings.note(row, "urgency", data=data)
        row.urgency = reading.urgency
    row.save(update_fields=["language", "understood_at", "tone", "tone_phrase", "intent", "intent_by", "intent_chance",
                            "urgency"])  # fmt: skip
    happenings.note(row, "understood", data=_data(reading))
    tell_listeners(row, ["understood", "urgency"])


def _data(reading: Reading) -> dict[str, Any]:
    told = asdict(reading)
    told["message"] = str(told.pop("message_id"))
    told["others"], told["reasons"] = [list(each) for each in reading.others], list(reading.reasons)
    told["entities"] = [asdict(each) for each in reading.entities]
    return told


def _from(data: dict[str, Any]) -> Reading:
    return Reading(
        UUID(data["message"]), data["language"], data["intent"], data["guess"], data["chance"],
        tuple((name, chance) for name, chance in data["others"]), data["tone"], data["tone_chance"],
        data["tone_phrase"], data["urgency"], tuple(data["reasons"]),
        tuple(Named(**each) for each in data["entities"]), data["version"],
    )  # fmt: skip
