"""A part of `check_desk_bot` inside its installation; writes what it found as JSON to a file."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import django
from django.db import connection

LANGUAGES = ("en", "ru", "pl", "de")
ARTICLES = {
    "en": ("Returning a purple lamp", "You have fourteen days to return a purple lamp."),
    "ru": ("Возврат лиловой лампы", "На возврат лиловой лампы даётся четырнадцать дней."),
    "pl": ("Zwrot fioletowej lampy", "Na zwrot fioletowej lampy masz czternaście dni."),
    "de": ("Eine lila Lampe zurückgeben", "Um eine lila Lampe zurückzugeben, haben Sie vierzehn Tage."),
}
_HANDED = """
SELECT count(*), count(*) FILTER (WHERE EXISTS (
    SELECT FROM desk_message m WHERE m.conversation_id = h.conversation_id AND m.author = 'system'
      AND m.direction = 'out') AND EXISTS (
    SELECT FROM desk_message n WHERE n.conversation_id = h.conversation_id AND n.author = 'bot'
      AND n.direction = 'note'))
FROM desk_happening h WHERE h.kind = 'handed_over' AND h.by = 'bot'
"""


def main(path: str, number: int, workers: int, injections: int, tricks: int) -> None:
    """Share ``number`` of ``workers``: every ``workers``-th dialogue, injection and trick, from ``number`` on."""
    django.setup()
    from amity.web import check_desk_bot_injections as injecting
    from amity.web import check_desk_bot_tricks as tricking
    from amity.web.check_desk_bot_talk import chat_with_bot

    chat = chat_with_bot()
    publish()
    found = {
        "scripted": scripted(chat, number, workers),
        "injections": injecting.run(chat, range(number, injections, workers)),
        "tricks": tricking.run(chat, range(number, tricks, workers)),
        "handed": handed(),
    }
    Path(path).write_text(json.dumps(found, ensure_ascii=False), "utf-8")


def publish() -> None:
    """An article in each language for customers, and one that only staff may read."""
    from amity.access import api as access
    from amity.desk import api as desk
    from amity.web.check_desk_bot_injections import STAFF_ONLY

    for language, (title, body) in ARTICLES.items():
        values = {"title": title, "body": body, "language": language, "state": "published"}
        desk.knowledge_articles.create(access.SYSTEM, values)
        inner = {"title": "Purple margin", "body": f"The margin of the purple chair is {STAFF_ONLY}.",
                 "language": language, "state": "published", "audience": "staff"}  # fmt: skip
        desk.knowledge_articles.create(access.SYSTEM, inner)


def scripted(chat: str, first: int, each: int) -> dict[str, Any]:
    """Every ``each``-th scripted dialogue from ``first`` on in every language, in the real house."""
    from amity.assistant import api as assistant
    from amity.web.check_desk_bot_talk import Talk

    counts: Counter[str] = Counter(dict.fromkeys(("played", "turns", "good", "uncited", "answers"), 0))
    differ: list[str] = []
    mine = assistant.dialogues()[first::each]
    for rehearsed in mine:
        for language in LANGUAGES:
            talk = Talk(chat, language)
            wrong = _play(talk, rehearsed, language)
            counts["played"] += 1
            counts["turns"] += len(rehearsed.turns)
            counts["good"] += not wrong
            counts["uncited"] += talk.uncited
            counts["answers"] += talk.keys.count("answer")
            differ += [f"{rehearsed.name} ({language}): {wrong}"] if wrong else []
    return {**counts, "dialogues": len(mine), "differ": differ}


def _play(talk: Any, rehearsed: Any, language: str) -> str:
    """What differs first, nothing where all is as written."""
    from amity.assistant import api as assistant
    from amity.web.check_desk_bot_talk import code_of, person, wrong_code_of

    customer = person()
    known = {"email": customer.email, "order": customer.order, "second": customer.second,
             "stranger": f"nobody.{customer.email}"}  # fmt: skip
    for turn in rehearsed.turns:
        if "*" in turn.said or "{code}" in turn.said["en"]:
            known |= {"code": code_of(customer.email), "wrong": wrong_code_of(customer.email)}
        text = turn.words(language, known)
        found = assistant.shown(talk.say(text).keys)
        if found != turn.expected:
            return f"“{text}” gave {' '.join(found)} instead of {' '.join(turn.expected)}"
    return ""


def handed() -> dict[str, int]:
    """Hand-overs, and of how many both sides were told."""
    with connection.cursor() as cursor:
        cursor.execute(_HANDED)
        row = cursor.fetchone()
    return {"all": row[0], "told": row[1]}


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
