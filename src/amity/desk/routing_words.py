"""Rules and reasons in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from amity.desk.routing_choice import PARTS
from amity.desk.routing_rules import CONDITIONS
from amity.desk.sla_policies import CUSTOMERS

URGENCIES = {0: _l("Low"), 1: _l("Normal"), 2: _l("High"), 3: _l("Urgent")}
CHANNELS = {
    "email": _l("E-mail"), "chat": _l("Web chat"), "telegram": "Telegram", "whatsapp": "WhatsApp",
    "sms": _l("Text messages"), "webhook": _l("Webhook"), "phone": _l("Phone notes"),
}  # fmt: skip
TONES = {"negative": _l("Negative"), "neutral": _l("Neutral"), "positive": _l("Positive")}
WEIGHTS = {
    "skill": _l("Has the skill"),
    "language": _l("Speaks the language"),
    "load": _l("Has room"),
    "slack": _l("Little time left and room"),
    "continuity": _l("Served this person last"),
    "value": _l("Skill for a valuable customer"),
}
_WHEN = {
    "channel": _l("Channel"), "language": _l("Language"), "intent": _l("Intent"), "urgency": _l("Urgency"),
    "queue": _l("Queue"), "customer": _l("Customer"), "tone": _l("Tone"), "words": _l("Words"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """One reason of a choice: what it says and how much it weighed; ``share`` of the score, 0 to 1."""

    name: str
    label: str
    weight: float
    share: float


def when(told: Mapping[str, Sequence[str]], queues: Mapping[str, str]) -> list[tuple[str, str]]:
    """The conditions of a rule: (what, one of which values)."""
    found = []
    for name in CONDITIONS:
        values = [_value(name, each, queues) for each in told.get(name, ())]
        if values:
            found.append((str(_WHEN[name]), _(" or ").join(values)))
    return found


def then(told: Mapping[str, Any], queues: Mapping[str, str]) -> list[tuple[str, str]]:
    """What a rule does."""
    found = []
    if told.get("queue"):
        found.append((str(_WHEN["queue"]), queues.get(str(told["queue"]), "–")))
    if told.get("skill"):
        found.append((_("Skill"), str(told["skill"])))
    if told.get("urgency") is not None:
        found.append((str(_WHEN["urgency"]), str(URGENCIES.get(int(told["urgency"]), "–"))))
    return found


def reasons(data: Mapping[str, Any]) -> list[Part]:
    """Why a conversation was given to somebody, from the log's line "assigned", weightiest first; [] by a person."""
    parts = {name: float(value) for name, value in (data.get("parts") or {}).items() if name in PARTS and value > 0}
    whole = sum(parts.values()) or 1.0
    rows = [Part(name, str(WEIGHTS[name]), value, value / whole) for name, value in parts.items()]
    return sorted(rows, key=lambda part: (-part.weight, part.name))


def why(data: Mapping[str, Any]) -> str:
    """The same in one line: "Has the skill (refunds) 3.0 · Has room 0.8"."""
    told = []
    for part in reasons(data):
        extra = str(data.get(part.name) or "") if part.name in ("skill", "language") else ""
        told.append(f"{part.label}{f' ({extra})' if extra else ''} {part.weight:.1f}")
    return " · ".join(told)


def _value(name: str, value: str, queues: Mapping[str, str]) -> str:
    if name == "queue":
        return queues.get(value, "–")
    if name == "urgency":
        return str(URGENCIES.get(int(value), value)) if value.isdigit() else value
    if name == "channel":
        return str(CHANNELS.get(value, value))
    if name == "customer":
        return str(CUSTOMERS.get(value, value))
    if name == "tone":
        return str(TONES.get(value, value))
    return f"“{value}”" if name == "words" else value
