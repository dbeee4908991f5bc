"""The bot in the desk: hears customers' messages, steps the dialogue, does what it says.

It acts only where it has the word (``conversation.handler == "bot"``); each message is heard once, in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.assistant import dialogue, proofs, tools, versions
from amity.assistant.acts import (
    Act,
    Answer,
    Ask,
    CallTool,
    HandOver,
    Heard,
    Quote,
    Result,
    Say,
    State,
    Words,
    World,
    key_of,
    state_of,
)
from amity.assistant.models import Dialogue
from amity.assistant.script import LANGUAGES, Script
from amity.assistant.wording import worded
from amity.base import clock, jobs, words
from amity.base.errors import NotFound, Refused
from amity.channels import api as channels
from amity.desk import api as desk

TASK = "assistant.turn"
MOST_STEPS, MOST_TEXT = 6, 4_000
_FURIOUS = 0.97  # chance of a negative tone from which on a person is better


def heard(conversation: Any, message: Any) -> None:
    """`desk` listener, in the transaction of the message: new conversations of accounts with the bot begin with it."""
    if message.direction != "in" or message.author != "customer" or message.automatic:
        return
    if message.seq == 1 and conversation.account_id and channels.starts_with_bot(conversation.account_id):
        conversation.handler = "bot"
        conversation.save(update_fields=["handler"])
    if conversation.handler == "bot":
        lock = f"assistant:{conversation.pk}"
        job = jobs.named(TASK, lock=lock, priority=50)
        job.defer(conversation_id=str(conversation.pk), seq=message.seq)


def turn(conversation_id: UUID, seq: int) -> list[str]:
    """Hear one message; what was done, by key. Nothing when it was heard already, or people have the word."""
    with transaction.atomic():
        row, _new = Dialogue.objects.select_for_update().get_or_create(conversation_id=conversation_id)
        try:
            view = desk.conversations.get(access.SYSTEM, conversation_id)
        except NotFound:
            return []
        message = next(iter(desk.conversations_messages.shown(conversation_id, seq + 1, 1)), None)
        if view.handler != "bot" or view.merged_into_id or message is None or message.seq != seq or seq <= row.last_seq:
            return []
        run = _Run(view, row, versions.live(), seq)
        run.hear(message)
        row.state, row.last_seq, row.person_id, row.at = run.state.plain(), seq, view.person_id, clock.now()
        row.save()
    return run.keys


@dataclass(slots=True)
class _Run:
    """One turn."""

    view: desk.ConversationView
    row: Dialogue
    script: Script
    seq: int
    state: State = field(default_factory=State)
    said: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    count: int = 0

    def hear(self, message: Any) -> None:
        """Step until nothing is left to be done."""
        reading = desk.understanding.understand_message(message.id)
        self.state = state_of(self.row.state)
        self.state.language = self.state.language or self._language()
        angry = bool(reading and reading.tone == "negative" and (reading.tone_chance or 0) >= _FURIOUS)
        told = {"language": reading.language if reading else "", "intent": reading.intent if reading else ""}
        next_heard: Heard | None = Words(message.text[:MOST_TEXT])
        for number in range(MOST_STEPS):
            if next_heard is None:
                break
            world = World(
                told["language"] if told["language"] in LANGUAGES else "", timezone.localdate(),
                proofs.proven(self.view) is not None, told["intent"], angry, answer,
            )  # fmt: skip
            self.state, acts = dialogue.step(self.state, next_heard, world, self.script)
            next_heard = self._do(acts, f"{message.seq}:{number}")
        self._speak(())

    def _do(self, acts: Sequence[Act], key: str) -> Result | None:
        result = None
        for act in acts:
            self.keys.append(key_of(act))
            if isinstance(act, Say | Ask):
                self.said.append(worded(act, self.script, self.state.language))
            elif isinstance(act, Quote):
                self._speak(())
                self.said.append(worded(act, self.script, self.state.language))
                self._speak([act.answer.citation()])
            elif isinstance(act, CallTool):
                result = self._call(act, key)
            elif isinstance(act, HandOver):
                self._hand_over(act)
        return result

    def _call(self, act: CallTool, key: str) -> Result:
        if act.name == "send_code":
            sent = proofs.ask(self.view, act.args["email"], self.state.language)
            return Result(act.name, "sent" if sent else "limit", {"minutes": str(proofs.MINUTES)})
        if act.name == "check_code":
            return self._checked(act)
        return tools.call(self.view, act.name, act.args, self.state.language, f"{self.view.id}:{key}")

    def _checked(self, act: CallTool) -> Result:
        told = proofs.check(self.view, act.args["code"])
        who = proofs.proven(self.view) if told.state == "ok" else None
        if told.state == "ok" and who is None:
            return Result(act.name, "over")
        if who is None:
            return Result(act.name, told.state, {"left": str(told.left)})
        self.row.known_id = who.person_id if who.person_id in who.members else sorted(who.members)[0]
        before = tools.earlier(who, self.view.id)
        with translation.override(self.state.language):
            args = {"earlier": before[0], "day": words.day(timezone.localdate(before[1]))} if before else {}
        return Result(act.name, "ok", args)

    def _speak(self, citations: Sequence[dict[str, str]]) -> None:
        """Say what has gathered, as one message; nothing where people took over while it was thought out."""
        told = "\n".join(each for each in self.said if each.strip())
        if told and desk.bot_has_the_word(self.view.id):
            self.count += 1
            with translation.override(self.state.language):
                desk.say_as_bot(self.view.id, told, f"bot:{self.view.id}:{self.seq}:{self.count}", citations)
        self.said = []

    def _hand_over(self, act: HandOver) -> None:
        back = desk.people_back_at(self.view.id)
        with translation.override(self.state.language):
            if back is not None:
                self.said.append(self.script.text("people_back", self.state.language).format(at=words.exact(back)))
            self._speak(())
        with translation.override(settings.LANGUAGE_CODE):
            brief = _brief(act, self.script)
        with translation.override(self.state.language):
            desk.hand_over(self.view.id, brief, act.reason)
        if act.reason == "complaint":
            self._complain(act)
        self.row.outcome = act.reason

    def _complain(self, act: HandOver) -> None:
        """Write the complaint down: its clock starts now. One that is open already goes on."""
        words_of_it = str(act.facts.get("what") or act.facts.get("last") or "")
        try:
            with transaction.atomic():
                desk.complaints_steps.open_complaint(access.SYSTEM, self.view.id, "service", words_of_it)
        except Refused as refused:
            self.keys.append(f"tool.complaint.{refused.code}")

    def _language(self) -> str:
        found = channels.chat.visitors_at(self.view.account_id, self.view.address) if self.view.account_id else []
        known = [each.language for each in found if each.language in LANGUAGES]
        return known[0] if known else settings.LANGUAGE_CODE[:2] if settings.LANGUAGE_CODE[:2] in LANGUAGES else "en"


def answer(text: str, language: str) -> Answer | None:
    """What knowledge for customers says in a language, with its passage; None below the floor."""
    found = desk.knowledge.answer(text, language)
    if found is None or not found.sentence:
        return None
    told = f"{found.sentence} {found.more}".strip()
    return Answer(told, str(found.id), found.title, found.sentence, str(found.article_id))


def _brief(act: HandOver, script: Script) -> str:
    """What colleagues read: why, what about, what is known, the last words."""
    reasons = {
        "asked": _("The customer asked for a person."), "angry": _("The customer is angry."),
        "complaint": _("A complaint: a person decides."), "unknown": _("The bot does not know this."),
        "failed": _("The bot did not understand the customer."),
        "identity": _("The customer could not prove who they are."),
        "not_found": _("What the customer asks for was not found."), "refused": _("The bot could not do it."),
        "flow": _("The bot has asked what a colleague needs to know."),
    }  # fmt: skip
    language = settings.LANGUAGE_CODE[:2]
    lines = [reasons.get(act.reason, act.reason)]
    facts = dict(act.facts)
    if flow := facts.pop("flow", ""):
        lines.append(_("About: {topic}").format(topic=script.text(f"{flow}.name", language)))
    last = facts.pop("last", "")
    lines += [f"{name}: {value}" for name, value in facts.items() if value]
    return "\n".join([*lines, *([f"“{last}”"] if last else [])])
