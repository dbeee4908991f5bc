"""The dialogue engine: ``step(state, heard, world, script) -> (state, acts)``. Pure; flows decide, no model does.

Whatever a message says, it is read for exactly these things: a person is wanted, anger, stop, yes and no, what flow it
begins, values of slots, a code, a question that knowledge answers. Nothing in it is ever taken as an instruction.
"""

from __future__ import annotations

from copy import deepcopy

from amity.assistant import hearing, slots
from amity.assistant.acts import (
    Act,
    Ask,
    CallTool,
    End,
    HandOver,
    Heard,
    Known,
    Quote,
    Result,
    Say,
    State,
    Topic,
    Words,
    World,
)
from amity.assistant.script import Flow, Script

MOST_MISSES, MOST_CODES, MOST_TOPICS = 2, 3, 4
_LONG = 3  # words from which on a message may change the language of the dialogue


def step(state: State, heard: Heard, world: World, script: Script) -> tuple[State, list[Act]]:
    """The next state and what is done now. A `CallTool` is the last act; its `Result` is heard next."""
    if state.over:
        return state, []
    turn = _Turn(deepcopy(state), world, script)
    if isinstance(heard, Words):
        turn.words(heard.text)
    else:
        turn.result(heard)
    return turn.state, turn.acts


class _Turn:
    """One step."""

    def __init__(self, state: State, world: World, script: Script) -> None:
        self.state, self.world, self.script = state, world, script
        self.acts: list[Act] = []

    @property
    def topic(self) -> Topic:
        return self.state.topics[-1]

    @property
    def flow(self) -> Flow:
        found = self.script.flow(self.topic.flow)
        if found is None:
            raise LookupError(self.topic.flow)
        return found

    def words(self, text: str) -> None:
        """What the customer said."""
        state, language = self.state, self.world.language
        if language and (not state.language or len(hearing.words_of(text)) >= _LONG):
            state.language = language
        state.language = state.language or "en"
        if not state.greeted:
            state.greeted = True
            self.acts.append(Say("greeting"))
        state.topics = [each for each in state.topics if self.script.flow(each.flow)]
        if hearing.wants_person(text):
            self.hand_over("asked", text)
        elif self.world.angry or hearing.is_angry(text):
            self.acts.append(Say("sorry"))
            self.hand_over("angry", text)
        elif state.offered:
            self._offered(text)
        elif state.topics:
            self._go_on(text)
        else:
            self._begin(text)

    def result(self, result: Result) -> None:
        """What became of a tool."""
        if not self.state.topics:
            return
        if result.tool == "send_code":
            self._code_sent(result)
        elif result.tool == "check_code":
            self._code_checked(result)
        else:
            self._tool_done(result)

    def hand_over(self, reason: str, last: str = "") -> None:
        """A person goes on, with what is known so far."""
        facts = {"last": " ".join(last.split())[:500]} if last else {}
        if self.state.topics:
            facts |= {"flow": self.topic.flow, **self.topic.slots}
            self.acts.append(End(self.topic.flow, "handed_over"))
        facts |= {"done": ", ".join(self.state.done)} if self.state.done else {}
        self.state.topics, self.state.offered, self.state.over = [], False, True
        self.acts.append(HandOver(reason, facts))

    def _begin(self, text: str) -> None:
        flow = self.script.begun_by(text, self.state.language, self.world.intent)
        if flow is not None:
            self._open(flow, text)
            return
        if self._small_talk(text) or self._corrected(text):
            return
        answer = self.world.answers(text, self.state.language)
        if answer is not None:
            self.state.misses = 0
            self.acts.append(Quote(answer))
            return
        self.state.misses += 1
        if self.state.misses >= MOST_MISSES:
            self.hand_over("unknown", text)
        else:
            self.acts.append(Say("dont_know"))

    def _small_talk(self, text: str) -> bool:
        for hears, key in (
            (hearing.greets, "how_help"), (hearing.thanks, "welcome"), (hearing.asks_what_it_is, "able"),
            (hearing.cancels, "nothing_open"),
        ):  # fmt: skip
            if hears(text):
                self.acts.append(Say(key))
                return True
        return False

    def _corrected(self, text: str) -> bool:
        """What was just done is wanted for another value: "no, I meant 4713"."""
        flow = self.script.flow(self.state.done[-1]) if self.state.done and hearing.corrects(text) else None
        if flow is None:
            return False
        names = {each.name for each in flow.slots}
        before = {name: value for name, value in self.state.memory.items() if name in names}
        self.state.topics = [Topic(flow.key, dict(before))]
        if self._fill(text) and self.topic.slots != before:
            self._advance()
            return True
        self.state.topics = []
        return False

    def _open(self, flow: Flow, text: str) -> None:
        self.state.misses, self.state.offered = 0, False
        topics = [each for each in self.state.topics if each.flow != flow.key]
        again = next((each for each in self.state.topics if each.flow == flow.key), Topic(flow.key))
        self.state.topics = [*topics[-MOST_TOPICS + 1 :], again]
        if hearing.means_the_same(text):
            names = {each.name for each in flow.slots}
            again.slots |= {name: value for name, value in self.state.memory.items() if name in names}
        self._fill(text, begins=True)
        self._advance()

    def _go_on(self, text: str) -> None:
        topic = self.topic
        asked = self.flow.slot(topic.asked) if topic.phase == "slots" and topic.asked else None
        asked_text = asked is not None and asked.kind in ("text", "address")
        if hearing.cancels(text):
            self.acts += [End(topic.flow, "cancelled"), Say("cancelled")]
            self._leave()
            return
        other = self.script.begun_by(text, self.state.language, self.world.intent)
        turns = other is not None and other.key != topic.flow
        if other is not None and turns and (hearing.turns_away(text) or not asked_text) and not self._fits(text):
            self.acts.append(Say("switch"))
            self._open(other, text)
        elif topic.phase == "code":
            self._code(text)
        elif topic.phase == "email":
            self._email(text)
        elif topic.phase == "confirm":
            self._confirmed(text)
        elif self._fill(text) or asked is None:  # a slot that was taken out of the flow since is not asked again
            self._advance()
        else:
            self._missed(text)

    def _fits(self, text: str) -> bool:
        """Whether a message answers what was asked, whatever else it says."""
        topic = self.topic
        if topic.phase == "code":
            return bool(slots.code_in(text))
        if topic.phase == "email":
            return bool(self._value("email", text, asked=True))
        if topic.phase == "confirm" or hearing.turns_away(text):
            return False
        asked = self.flow.slot(topic.asked)
        return asked is not None and bool(self._value(asked.kind, text, asked=False))

    def _value(self, kind: str, text: str, asked: bool) -> str:
        return slots.value_of(kind, text, self.state.language, self.world.today, asked)

    def _fill(self, text: str, begins: bool = False) -> bool:
        """Take values of slots from a message; whether there were any. The last word counts."""
        topic, found = self.topic, False
        for slot in self.flow.slots:
            asked = not begins and topic.phase == "slots" and slot.name == topic.asked
            asked = asked or (slot.kind == "order" and hearing.corrects(text))
            value = self._value(slot.kind, text, asked)
            if value:
                found = found or topic.slots.get(slot.name) != value or asked
                topic.slots[slot.name] = value
        email = self._value("email", text, asked=False)
        if email and self.flow.personal and not self.world.proven:
            topic.slots["email"] = email
        if found:
            topic.misses = 0
        return found

    def _advance(self) -> None:
        """Ask for what is missing, then for a proof, then for a yes; then do it."""
        topic, flow = self.topic, self.flow
        missing = next((each.name for each in flow.slots if not topic.slots.get(each.name)), "")
        if missing:
            topic.phase, topic.asked = "slots", missing
            self.acts.append(Ask(missing, f"{flow.key}.ask_{missing}", topic.slots))
        elif flow.personal and not self.world.proven:
            self._prove()
        elif flow.confirm:
            topic.phase, topic.asked = "confirm", ""
            self.acts.append(Ask("confirm", f"{flow.key}.confirm", topic.slots))
        else:
            self._act()

    def _act(self) -> None:
        """The end of a flow: a person goes on, knowledge answers, or a tool does something."""
        flow = self.flow
        names = {each.name for each in flow.slots}
        given = {name: value for name, value in self.topic.slots.items() if name in names}
        if flow.hand_over:
            self.acts.append(Say(f"{flow.key}.done", self.topic.slots))
            self.hand_over(flow.hand_over)
        elif flow.answer:
            self._answered(given)
        else:
            self.acts.append(CallTool(flow.tool, given))

    def _answered(self, given: dict[str, str]) -> None:
        question = self.script.text(f"{self.flow.key}.question", self.state.language).format_map(Known(given))
        answer = self.world.answers(question, self.state.language)
        if answer is None:
            self.hand_over("unknown", question)
            return
        self.acts += [Quote(answer), End(self.flow.key, "done")]
        self.state.memory |= given
        self.state.done.append(self.flow.key)
        self._leave()

    def _prove(self) -> None:
        topic = self.topic
        topic.asked = ""
        if topic.slots.get("email"):
            self._send_code(topic.slots.pop("email"))
        else:
            topic.phase = "email"
            self.acts.append(Ask("email", "ask_email"))

    def _send_code(self, email: str) -> None:
        self.state.codes += 1
        if self.state.codes > MOST_CODES:
            self.acts.append(Say("code_over"))
            self.hand_over("identity")
        else:
            self.acts.append(CallTool("send_code", {"email": email}))

    def _email(self, text: str) -> None:
        email = self._value("email", text, asked=True)
        if email:
            self.topic.misses = 0
            self._send_code(email)
        elif not self._fill(text):
            self._missed(text)
        else:
            self._advance()

    def _code(self, text: str) -> None:
        code, email = slots.code_in(text), self._value("email", text, asked=True)
        if hearing.corrects(text) and not email and self._fill(text):
            self.acts.append(Ask("code", "again_code"))
        elif code:
            self.acts.append(CallTool("check_code", {"code": code}))
        elif email:
            self._send_code(email)
        else:
            self._missed(text)

    def _code_sent(self, result: Result) -> None:
        if result.state != "sent":
            self.acts.append(Say("code_limit"))
            self.hand_over("identity")
            return
        self.topic.phase, self.topic.asked = "code", ""
        self.acts.append(Ask("code", "ask_code", result.args))

    def _code_checked(self, result: Result) -> None:
        if result.state == "ok":
            self.topic.misses = 0
            self.acts.append(Say("proven"))
            if result.args.get("earlier"):
                self.acts.append(Say("remembered", result.args))
            if self.world.proven:
                self._advance()
        elif result.state == "wrong":
            self.acts.append(Ask("code", "code_wrong", result.args))
        else:
            self.acts.append(Say("code_over"))
            self.hand_over("identity")

    def _confirmed(self, text: str) -> None:
        before = dict(self.topic.slots)
        no = hearing.denies(text)
        changed = self._fill(text) and self.topic.slots != before
        if changed or (not no and hearing.agrees(text)):
            self.topic.misses = 0
            if changed:
                self._advance()
            else:
                self._act()
        elif no and self.topic.misses < MOST_MISSES - 1:
            self.topic.misses += 1
            self.acts.append(Ask("confirm", "what_instead"))
        else:
            self._missed(text)

    def _missed(self, text: str) -> None:
        """Nothing in the message answers what was asked: maybe it is a question, else ask again, once."""
        topic = self.topic
        answer = self.world.answers(text, self.state.language) if "?" in text else None
        if answer is not None:
            self.acts.append(Quote(answer))
        else:
            topic.misses += 1
        if topic.misses >= MOST_MISSES:
            self.acts.append(Say("failed"))
            self.hand_over("failed", text)
        elif topic.phase == "slots":
            kind = "ask" if answer is not None else "again"
            self.acts.append(Ask(topic.asked, f"{topic.flow}.{kind}_{topic.asked}", topic.slots))
        elif topic.phase == "confirm":
            self.acts.append(Ask("confirm", f"{topic.flow}.confirm", topic.slots))
        else:
            self.acts.append(Ask(topic.phase, f"again_{topic.phase}"))

    def _tool_done(self, result: Result) -> None:
        topic = self.topic
        told = {**topic.slots, **result.args}
        if result.state == "done":
            self.state.memory |= {each.name: topic.slots[each.name] for each in self.flow.slots}
            self.state.done.append(topic.flow)
            self.acts += [Say(f"{topic.flow}.done", told), End(topic.flow, "done")]
            self._leave()
        elif result.state == "unproven":
            self._prove()
        elif result.state == "none" and topic.nones < MOST_MISSES - 1:
            topic.nones += 1
            first = self.flow.slots[0].name if self.flow.slots else ""
            topic.phase, topic.asked = "slots", first
            topic.slots.pop(first, None)
            self.acts.append(Ask(first, f"{topic.flow}.none", told))
        else:
            self.acts.append(Say("failed"))
            self.hand_over("not_found" if result.state == "none" else "refused")

    def _leave(self) -> None:
        """The present topic is over; the one before is offered."""
        self.state.topics = self.state.topics[:-1]
        if self.state.topics:
            self.state.offered = True
            self.acts.append(Ask("return", "offer_return", {"flow": self.topic.flow}))

    def _offered(self, text: str) -> None:
        other = self.script.begun_by(text, self.state.language, self.world.intent)
        self.state.offered = False
        if hearing.agrees(text) or (other is not None and other.key == self.topic.flow):
            self._fill(text, begins=True)
            self._advance()
        elif other is not None:
            self._open(other, text)
        elif hearing.denies(text) or hearing.cancels(text) or hearing.thanks(text):
            self.state.topics = []
            self.acts.append(Say("ok_else"))
        else:
            self._go_on(text)


__all__ = ["MOST_CODES", "MOST_MISSES", "step"]
