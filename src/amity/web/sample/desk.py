"""The desk of the sample company: who asked what over the last 60 days, in which language, and how it went. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from amity.web.sample.desk_texts import CALLED, CHAT, HELLO, NOTES, TALKS, THANKS

COUNT, DAYS = 120, 60
OPEN, PENDING, COMPLAINTS = 18, 8, 2  # of the newest; each of the two complaints is among the open ones
_INTENTS = [each for each in TALKS if each != "complaint"]
_CHANNELS = ("email",) * 6 + ("chat",) * 3 + ("phone",)
_RATINGS = (5, 5, 5, 4, 4, 3, 2)


@dataclass(frozen=True, slots=True)
class Asker:
    """A customer that may ask; ``language`` en, ru, pl or de."""

    name: str
    language: str


@dataclass(frozen=True, slots=True)
class Word:
    """One line: in, out or note, by which of the agents (a number), when."""

    direction: str
    text: str
    at: datetime
    agent: int = 0


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation; ``asker`` and ``agent`` are places in the lists given."""

    key: str
    asker: int
    agent: int
    channel: str
    subject: str
    intent: str
    language: str
    words: tuple[Word, ...]
    state: str
    csat: int | None
    urgency: int

    @property
    def complaint(self) -> bool:
        return self.intent == "complaint"


def talks(rng: Random, askers: Sequence[Asker], agents: int, products: Sequence[str], now: datetime) -> list[Talk]:
    """120 conversations, oldest first: mostly solved, the newest open or waiting, two of those complaints."""
    spread = DAYS * 24 * 60 * (COUNT - OPEN - PENDING) // COUNT
    found = []
    for n in range(COUNT):
        place = COUNT - 1 - n  # 0 is the newest
        state = "open" if place < OPEN else "pending" if place < OPEN + PENDING else "solved"
        minutes = 12 + place * 25 if state == "open" else 700 + place * 45 if state == "pending" else None
        ago = minutes if minutes is not None else 2_200 + round(spread * (place - OPEN - PENDING) / COUNT * 1.25)
        intent = "complaint" if place in (5, 11) else _INTENTS[rng.randrange(len(_INTENTS))]
        asker = _complainer(askers, place, n) if intent == "complaint" else n % len(askers)
        start = now - timedelta(minutes=ago + rng.randrange(9))
        found.append(_talk(rng, n, asker, askers[asker], agents, products, intent, state, start, now))
    return found


def tone(talk: Talk) -> tuple[str, str]:
    """How staff heard a conversation, and the customer's words that show it: complaints, and thanks at the end."""
    last = talk.words[-1]
    if talk.complaint:
        return "negative", talk.words[0].text.split("\n\n")[1].split(". ")[0]
    if last.direction == "in" and last.text in THANKS[talk.language]:
        return "positive", last.text
    return "neutral", ""


def _complainer(askers: Sequence[Asker], place: int, usual: int) -> int:
    wanted = "pl" if place == 5 else "de"
    return next((at for at, each in enumerate(askers) if each.language == wanted), usual % len(askers))


def _talk(
    rng: Random, n: int, asker: int, who: Asker, agents: int, products: Sequence[str], intent: str, state: str,
    start: datetime, now: datetime,
) -> Talk:  # fmt: skip
    channel = "email" if intent == "complaint" else _CHANNELS[rng.randrange(len(_CHANNELS))]
    agent, language = rng.randrange(agents), who.language
    slots = {"order": f"CL-{10_400 + n * 7}", "product": products[rng.randrange(len(products))], "name": who.name}
    subject, question, answer = (text.format(**slots) for text in TALKS[intent][language])
    words = [_asks(channel, language, who.name, question, start, agent)]
    answered = state != "open" or (n % 3 == 0 and intent != "complaint")
    if n % 5 == 0:
        words.append(Word("note", NOTES[language][n // 5 % 2], start + timedelta(minutes=3), agent))
    if answered:
        wait = rng.randrange(4, 12) if channel == "chat" or state == "open" else rng.randrange(20, 400)
        words.append(Word("out", answer, start + timedelta(minutes=wait), agent))
    thanked = state == "solved" and n % 2 == 0 and channel != "phone"
    if thanked:
        words.append(Word("in", THANKS[language][n % 2 if n % 4 else 1], words[-1].at + timedelta(minutes=9 + n % 30)))
    csat = _RATINGS[rng.randrange(len(_RATINGS))] if state == "solved" and n % 3 != 1 else None
    urgent = 3 if intent == "complaint" else 2 if intent == "machine fault" else 1
    return Talk(f"{n + 1}", asker, agent, channel, "" if channel != "email" else subject, intent, language,
                tuple(each for each in words if each.at <= now), state, csat, urgent)  # fmt: skip


def _asks(channel: str, language: str, name: str, question: str, at: datetime, agent: int) -> Word:
    if channel == "phone":
        return Word("note", f"{CALLED[language]}{question}", at, agent)
    if channel == "chat":
        return Word("in", f"{CHAT[language]} {question}", at)
    return Word("in", f"{HELLO[language]}\n\n{question}\n\n{name}", at)
