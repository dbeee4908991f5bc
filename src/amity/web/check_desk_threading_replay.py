"""Replays made-up threads against an installation: mails in by the real parser, answers out by the real gate."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from uuid import UUID

from amity.web.check_desk_threading_made import Customer, Draft, Maker, answer_subject

# What happens in a thread after it began, and how often: ten kinds, in parts of a hundred.
STEPS = {
    "answer": 42, "follow": 9, "changed_subject": 8, "list": 7, "side": 8, "forward": 6, "away": 6, "lost": 7,
    "two_mailboxes": 4, "twice": 3,
}  # fmt: skip
# What is left when references are lost: the signed address, the quote with its line, the number, or nothing at all.
LOST = {"address": 60, "quote": 25, "number": 10, "nothing": 5}
OURS, SALES = "help@shop.example", "sales@shop.example"


@dataclass(slots=True)
class Talk:
    """One thread as it really is."""

    number: int
    customer: Customer
    subject: str
    to: str = OURS
    colleague: Customer | None = None
    steps: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)  # of all its mails
    last: str = ""  # the customer's newest
    letter: Message | None = None  # our newest
    home: UUID | None = None


@dataclass(slots=True)
class Kept:
    """A mail as the baselines see it, and where it truly belongs."""

    truth: int
    ref: str
    answers: list[str]
    subject: str
    home: UUID | None
    step: str


class Replay:
    """The whole replay. ``take(to, raw) -> (conversation, shown text)``, ``reply(conversation) -> our letter``."""

    def __init__(
        self, seed: int, count: int, take: Callable[[str, bytes], tuple[UUID, str]], reply: Callable[[UUID], Message]
    ) -> None:
        self.maker, self.take, self.reply = Maker(seed), take, reply
        self.talks = [self._talk(number) for number in range(count)]
        self.kept: list[Kept] = []
        self.exact = self.shown = self.number_of_letters = 0

    def run(self) -> None:
        """Interleave all threads until each has had its steps."""
        draw = self.maker.random
        waiting = list(self.talks)
        while waiting:
            talk = waiting[draw.randrange(len(waiting))]
            if talk.home is None:
                self._begin(talk)
            elif talk.steps:
                self._step(talk, talk.steps.pop())
            else:
                waiting.remove(talk)

    def _talk(self, number: int) -> Talk:
        """Customers have several threads each, often with the same subject."""
        draw = self.maker.random
        customer = self.maker.customer(draw.randrange(220))
        subject = self.maker.subject(customer)
        if draw.random() < 0.08:
            subject = f"{subject}: order #{1000 + draw.randrange(400)}"  # a number that is no conversation's
        talk = Talk(number, customer, subject, OURS if draw.random() < 0.7 else SALES)
        if draw.random() < 0.25:
            talk.colleague = self.maker.customer(1_000 + number)
        names, weights = list(STEPS), list(STEPS.values())
        talk.steps = draw.choices(names, weights, k=draw.choice((1, 2, 3, 4, 5, 7)))
        return talk

    def _begin(self, talk: Talk) -> None:
        copied = {"Cc": talk.colleague.address} if talk.colleague else {}
        draft = Draft(self.maker.words(talk.customer), talk.subject, talk.customer, talk.to, headers=copied)
        self._send(talk, draft, "new")

    def _step(self, talk: Talk, step: str) -> None:
        if talk.letter is None or (step not in ("follow", "twice") and self.maker.random.random() < 0.6):
            assert talk.home is not None
            talk.letter = self.reply(talk.home)
            talk.ids.append(_id(talk.letter))
            self.number_of_letters += 1
        getattr(self, f"_{step}")(talk)

    def _answer(self, talk: Talk) -> None:
        self._send(talk, self._draft(talk), "answer")

    def _follow(self, talk: Talk) -> None:
        """The customer adds to their own mail before we answered."""
        draft = self._draft(talk)
        draft.letter, draft.to, draft.in_reply_to, draft.references = None, talk.to, talk.last, [talk.last]
        self._send(talk, draft, "follow")

    def _changed_subject(self, talk: Talk) -> None:
        draft = self._draft(talk)
        draft.subject = f"{self.maker.subject(talk.customer)} ({self.maker.count})"
        draft.to = talk.to  # typed by hand: only references are left
        self._send(talk, draft, "changed_subject")

    def _list(self, talk: Talk) -> None:
        draft = self._draft(talk)
        draft.subject, draft.to = f"[shop-users] {draft.subject}", talk.to
        draft.headers = {"List-Id": "<shop-users.lists.example>", "Precedence": "list", "Sender": "l@lists.example"}
        draft.text += "\n\n_______________________________________________\nshop-users mailing list"
        self._send(talk, draft, "list")

    def _side(self, talk: Talk) -> None:
        """A colleague in copy answers the customer's mail, to all."""
        who = talk.colleague or self.maker.customer(5_000 + talk.number)
        draft = Draft(
            self.maker.words(who), answer_subject(who, talk.subject), who, f"{talk.customer.address}, {talk.to}",
            references=[talk.last], in_reply_to=talk.last,
        )  # fmt: skip
        self._send(talk, draft, "side")

    def _forward(self, talk: Talk) -> None:
        """The customer passes our letter on; who got it answers us, with the forward's id and ours."""
        who = self.maker.customer(9_000 + self.maker.count)
        draft = self._draft(talk)
        draft.sender, draft.text, draft.subject = who, self.maker.words(who), f"Fwd: {talk.subject}"
        forward = f"fwd{self.maker.count}@{talk.customer.address.partition('@')[2]}"  # a mail that we never saw
        draft.in_reply_to, draft.references, draft.to = forward, [*draft.references, forward], talk.to
        self._send(talk, draft, "forward")

    def _away(self, talk: Talk) -> None:
        draft = self._draft(talk)
        draft.headers = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}
        draft.text, draft.quote, draft.references = "Away until Monday.", False, []
        self._send(talk, draft, "away")

    def _lost(self, talk: Talk) -> None:
        """A program or gateway dropped the references."""
        what = self.maker.random.choices(list(LOST), list(LOST.values()))[0]
        draft = self._draft(talk)
        draft.in_reply_to, draft.references = "", []
        draft.quote = what in ("address", "quote")
        if what != "address":
            draft.to = talk.to
        assert talk.letter is not None
        if what == "number":
            draft.subject = answer_subject(talk.customer, str(talk.letter["X-Number"] or talk.subject))
        self._send(talk, draft, f"lost_{what}")

    def _two_mailboxes(self, talk: Talk) -> None:
        raw = self._send(talk, self._draft(talk), "two_mailboxes")
        home, _text = self.take(SALES if talk.to == OURS else OURS, raw)
        self._again(home, "two_mailboxes")

    def _twice(self, talk: Talk) -> None:
        raw = self._send(talk, self._draft(talk), "twice")
        home, _text = self.take(talk.to, raw)
        self._again(home, "twice")

    def _again(self, home: UUID, step: str) -> None:
        """The same mail once more."""
        last = self.kept[-1]
        self.kept.append(Kept(last.truth, last.ref, last.answers, last.subject, home, step))

    def _draft(self, talk: Talk) -> Draft:
        """An answer to our newest letter with all evidence in place."""
        letter = talk.letter
        assert letter is not None
        before = [word.strip("<>") for word in str(letter["References"] or "").split()]
        return Draft(
            self.maker.words(talk.customer), answer_subject(talk.customer, str(letter["Subject"])), talk.customer,
            str(letter["Reply-To"] or talk.to), letter, [*before, _id(letter)], _id(letter),
        )  # fmt: skip

    def _send(self, talk: Talk, draft: Draft, step: str) -> bytes:
        ref, raw = self.maker.mail(draft)
        home, shown = self.take(talk.to, raw)
        talk.home = talk.home or home
        if draft.sender is talk.customer and step != "away":
            talk.last = ref
        talk.ids.append(ref)
        self.kept.append(
            Kept(talk.number, ref, [draft.in_reply_to, *reversed(draft.references)], draft.subject, home, step)
        )
        if step not in ("away", "list"):
            self.shown += 1
            self.exact += shown == draft.text
        return raw


def figures(replay: Replay) -> dict[str, Any]:
    """Wrong merges and splits of the product and of the two baselines, on the same mails."""
    own = {n: each.home for n, each in enumerate(replay.kept)}
    baselines = {"references": _score(replay, _by_references(replay)), "subject": _score(replay, _by_subject(replay))}
    return {
        "threads": len(replay.talks), "mails": len(replay.kept), "letters": replay.number_of_letters,
        "steps": dict(sorted(Counter(each.step for each in replay.kept).items())),
        "amity": _score(replay, own), "baselines": baselines, "text_exact": replay.exact / max(replay.shown, 1),
    }  # fmt: skip


def _score(replay: Replay, homes: dict[int, Any]) -> dict[str, Any]:
    """``wrong``: mails in a conversation that began as another thread; ``split``: share of threads in several."""
    truth_of: dict[Any, int] = {}
    by_thread: dict[int, set[Any]] = defaultdict(set)
    wrong, parted = 0, Counter[str]()
    for n, each in enumerate(replay.kept):
        home = homes[n]
        wrong += truth_of.setdefault(home, each.truth) != each.truth
        if by_thread[each.truth] and home not in by_thread[each.truth]:
            parted[each.step] += 1
        by_thread[each.truth].add(home)
    split = sum(len(homes) > 1 for homes in by_thread.values())
    return {"wrong": wrong, "split": split / len(by_thread), "parted_by": dict(parted)}


def _by_references(replay: Replay) -> dict[int, Any]:
    """Only In-Reply-To and References, of mails that came in and of our letters."""
    known: dict[str, Any] = {}
    homes: dict[int, Any] = {}
    letters = {ref: talk.number for talk in replay.talks for ref in talk.ids}
    first: dict[int, Any] = {}
    for n, each in enumerate(replay.kept):
        ours = next((first[letters[ref]] for ref in each.answers if ref in letters and letters[ref] in first), None)
        home = next((known[ref] for ref in each.answers if ref in known), None)
        homes[n] = home if home is not None else ours if ours is not None else n
        first.setdefault(each.truth, homes[n])
        if each.ref:
            known[each.ref] = homes[n]
    return homes


def _by_subject(replay: Replay) -> dict[int, Any]:
    from amity.desk import api as desk

    return {n: desk.plain_subject(each.subject) or n for n, each in enumerate(replay.kept)}


def _id(letter: Message) -> str:
    return str(letter["Message-ID"]).strip("<> ")
