"""Which events are attempts to reach somebody and which are answers, by channel; and zones of countries with one."""

from __future__ import annotations

import re
from collections.abc import Iterable

from amity.intelligence.behaviour_priors import is_theirs
from amity.people import api as people

PHONE, MAIL, CHAT = "phone", "mail", "chat"
_SENT = r"sent|отправл|wysłan|gesendet"
_RULES: tuple[tuple[str, str, str, str], ...] = (
    # channel, what it is called, an attempt of ours, an answer of theirs (an attempt that was answered is both)
    (PHONE, r"\bcall|phone|звон|telefon|anruf|rozmow", r".",
     r"."),
    (MAIL, r"mail|письм|letter|newsletter|\bopen|click", _SENT,
     r"recei|repl|click|open|ответ|получ|otrzym|erhalt"),
    (CHAT, r"chat|message|sms|whatsapp|telegram|сообщ|wiadom|nachricht", _SENT,
     r"recei|repl|answer|ответ|получ"),
)  # fmt: skip
_MISSED = re.compile(
    r"missed|no answer|not reached|failed|busy|unanswered|voicemail|не дозвон|не отвеч|не бер|nieodebr|nie odbier"
    r"|nicht erreicht|keine antwort",
    re.IGNORECASE,
)
_COMPILED = [tuple(re.compile(each, re.I) for each in rules) for _name, *rules in _RULES]
ZONES = {
    "PL": "Europe/Warsaw", "DE": "Europe/Berlin", "AT": "Europe/Vienna", "CH": "Europe/Zurich", "CZ": "Europe/Prague",
    "FR": "Europe/Paris", "IT": "Europe/Rome", "GB": "Europe/London", "IE": "Europe/Dublin", "NL": "Europe/Amsterdam",
    "BE": "Europe/Brussels", "SE": "Europe/Stockholm", "NO": "Europe/Oslo", "FI": "Europe/Helsinki",
    "UA": "Europe/Kyiv", "LT": "Europe/Vilnius", "LV": "Europe/Riga", "EE": "Europe/Tallinn", "IN": "Asia/Kolkata",
    "JP": "Asia/Tokyo",
}  # fmt: skip


def answers(rows: Iterable[people.fading.Did]) -> dict[str, tuple[int, int]]:
    """Channel → (answers, attempts) among what happened. Answers never exceed attempts."""
    found: dict[str, list[int]] = {}
    for row in rows:
        for (name, *_told), (called, attempt, answer) in zip(_RULES, _COMPILED, strict=True):
            if not called.search(row.name):
                continue
            counts = found.setdefault(name, [0, 0])
            missed = _MISSED.search(row.name) is not None or _MISSED.search(row.detail) is not None
            counts[0] += not missed and answer.search(row.name) is not None
            counts[1] += missed or attempt.search(row.name) is not None
            break
    return {name: (min(a, n), n) for name, (a, n) in found.items() if n}


__all__ = ["ZONES", "answers", "is_theirs"]
