"""The demo's inbox, made once after the sample company was imported: accounts, queues, conversations, knowledge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from amity.access import api as access
from amity.base import clock, undo
from amity.channels import api as channels
from amity.desk import api as desk
from amity.people import api as people
from amity.web.sample import catalogue
from amity.web.sample import desk as invented
from amity.web.sample.desk_texts import ARTICLES

SOURCE = "sample"
MAILBOX, CHAT = "Copperleaf help", "Copperleaf shop"
_WEEK = (*(("08:00-18:00",) * 5), "", "")
_PEOPLE = 90
_FIELDS = ("pk", "display_name", "given_name", "family_name", "email", "phone", "language", "country")


def make(seed: int) -> int:
    """120 conversations over 60 days, two complaints, a refund that waits; returns how many. Safe to repeat."""
    if any(name == MAILBOX for _pk, name in channels.account_names()):
        return 0
    mailbox = channels.mailboxes.create(access.SYSTEM, MAILBOX, "help@copperleaf.example")
    chat = channels.chats.create(access.SYSTEM, CHAT)
    queues = _queues(mailbox, chat)
    _articles()
    people_, staff = _customers(), _agents()
    _who_answers(staff)
    askers = [invented.Asker(each["name"], each["language"]) for each in people_]
    products = [each.name for each in catalogue.EQUIPMENT]
    rng, now = Random(f"{seed}:desk"), clock.now()  # noqa: S311 - sample data, nothing secret
    told = invented.talks(rng, askers, len(staff), products, now)
    accounts = {"email": mailbox, "chat": chat}
    rows = [_history(each, people_[each.asker], staff, accounts, queues) for each in told]
    known = desk.histories.write(access.SYSTEM, SOURCE, rows)
    _complaints([(known[each.key], each) for each in told if each.complaint], now)
    return len(known)


def remove() -> int:
    """Take the demo's conversations away again; returns how many."""
    return desk.histories.remove(access.SYSTEM, SOURCE)


def _queues(mailbox: UUID, chat: UUID) -> dict[str, UUID]:
    """Two queues with working hours and a promise; returns the queues by channel."""
    zone = {"name": "Office", "zone": "Europe/Berlin", "week": desk.week_of(_WEEK), "days": {}}
    hours = _saved("hours", zone)
    help_ = _saved("queue", {"name": "Help", "accounts": [str(mailbox)], "hours_id": str(hours)})
    shop = _saved("queue", {"name": "Shop chat", "accounts": [str(chat)], "hours_id": str(hours)})
    promise = {"name": "Everybody", "first_reply": 240, "next_reply": 480, "resolution": 2_880}
    _saved("policy", {**promise, "pause_pending": True, "pause_snoozed": True})
    return {"email": help_, "phone": help_, "chat": shop}


def _saved(kind: str, values: dict[str, Any]) -> UUID:
    group = desk.routing_changes.save(access.SYSTEM, kind, values)
    return UUID(next(iter(undo.before_of(group)["rows"])))


def _articles() -> None:
    for language, articles in ARTICLES.items():
        for n, (title, body, tag) in enumerate(articles):
            values = {"language": language, "title": title, "body": body, "tags": [tag], "state": "published"}
            desk.knowledge_articles.create(access.SYSTEM, values, source_key=f"{SOURCE}:{language}:{n}")


def _customers() -> list[dict[str, Any]]:
    """People with an address and a language that the texts know, spread over the languages."""
    rows = people.people_rows(access.SYSTEM).exclude(email="").order_by("key", "pk").values(*_FIELDS)
    spoken: dict[str, list[dict[str, Any]]] = {code: [] for code in ARTICLES}
    for row in rows[:2_000]:
        language = row["language"][:2] if row["language"][:2] in spoken else _tongue(row["country"])
        if len(spoken[language]) < _PEOPLE // len(spoken):
            name = " ".join(filter(None, (row["given_name"], row["family_name"]))) or row["display_name"]
            spoken[language].append({**row, "name": name, "language": language})
    turns = max(map(len, spoken.values()), default=0)
    return [each[turn] for turn in range(turns) for each in spoken.values() if turn < len(each)]


def _tongue(country: str) -> str:
    return {"DE": "de", "AT": "de", "PL": "pl", "RU": "ru"}.get(country, "en")


def _agents() -> list[tuple[UUID, str]]:
    """Customer care of the sample, or whoever there is."""
    names = {each.name for each in catalogue.STAFF if each.role == "agent"}
    everybody = list(access.staff_choices())
    return [each for each in everybody if each[1] in names] or everybody[:1]


def _who_answers(staff: Sequence[tuple[UUID, str]]) -> None:
    """Customer care is on the list of those who answer, with its languages."""
    known = {each.name: each for each in catalogue.STAFF if each.role == "agent"}
    for staff_id, name in staff:
        each = known.get(name)
        spoken = f"{each.language}, en" if each else "en"
        room = {"all": "8", "chat": "3"}
        _saved("agent", {"staff_id": str(staff_id), "languages": spoken, "capacity": room})


def _history(
    talk: invented.Talk, who: dict[str, Any], staff: Sequence[tuple[UUID, str]], accounts: dict[str, UUID],
    queues: dict[str, UUID],
) -> desk.histories.History:  # fmt: skip
    agent, name = staff[talk.agent % len(staff)]
    mine = (agent, name)
    lines = tuple(
        desk.histories.Line(each.direction, each.text, each.at, *(mine if each.direction != "in" else ()))
        for each in talk.words
    )
    heard = invented.tone(talk)
    assigned = talk.state != "open" or int(talk.key) % 2 == 0
    address = who["phone"] if talk.channel == "phone" else who["email"]
    return desk.histories.History(
        talk.key, who["pk"], talk.channel, address, talk.subject, lines, accounts.get(talk.channel),
        queues[talk.channel], agent if assigned else None, talk.language, talk.intent, talk.urgency, talk.state,
        lines[-1].at + timedelta(minutes=5) if talk.state == "solved" else None, talk.csat, *heard,
    )  # fmt: skip


def _complaints(talks: Sequence[tuple[UUID, invented.Talk]], now: datetime) -> None:
    """One that has just come in, and one whose deadline is near, with a refund that waits for a second person."""
    steps = desk.complaints_steps
    for n, (conversation, talk) in enumerate(talks):
        country = "PL" if talk.language == "pl" else "DE"
        begun = now - timedelta(days=12) if n == 0 else talk.words[0].at
        words = talk.words[0].text.split("\n\n")[1]
        made, _group = steps.open_complaint(access.SYSTEM, conversation, "goods", words, country=country, at=begun)
        if n == 0:
            steps.step(access.SYSTEM, made, "acknowledge")
            steps.step(access.SYSTEM, made, "investigate")
            desk.refunds.propose(access.SYSTEM, made, 24_900, "EUR", "Three repairs in two months")
