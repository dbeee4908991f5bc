"""How urgent a message is, 0–3: a rule that can be read, each step with its reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

LOW, NORMAL, HIGH, URGENT = range(4)
LABELS = {LOW: _("Low"), NORMAL: _("Normal"), HIGH: _("High"), URGENT: _("Urgent")}
REASONS = {
    "intent": _("Conversations about this start so."),
    "danger": _("It speaks of danger, theft or somebody else's access."),
    "law": _("It speaks of a lawyer, a court or an authority."),
    "words": _("It says that it cannot wait."),
    "later": _("It says that there is no hurry."),
    "tone": _("The customer is upset."),
    "late": _("A promise is overdue."),
    "due": _("A promise is due within an hour."),
    "learned": _("Messages like this were set so by staff."),
}
SOON = timedelta(hours=1)
_DANGER = re.compile(
    r"\b(?:hacked|stolen|fraud\w*|unauthori[sz]ed|injur\w+|smoke|gas leak|on fire|emergency|взлом\w*|украл\w*|краж\w*"
    r"|мошенни\w*|пожар\w*|авари\w*|травм\w*|włama\w*|skradzion\w*|oszu\w+|pożar\w*|wypadek|awari[aię]\w*|gestohlen"
    r"|betrug\w*|gehackt|verletz\w*|brennt|feuer|notfall\w*|unbefugt\w*)",
    re.I,
)
_LAW = re.compile(
    r"\b(?:lawyer|attorney|solicitor|sue you|court|ombudsman|адвокат\w*|юрист\w*|в суд\w*|роспотребнадзор\w*"
    r"|прокуратур\w*"
    r"|adwokat\w*|prawnik\w*|sąd(?:u|em|zie)?|uokik|rzecznik\w*|anwalt\w*|gericht\w*|verbraucherzentrale|klage)\b",
    re.I,
)
_WORDS = re.compile(
    r"\b(?:urgent\w*|asap|immediately|right now|right away|as soon as possible|срочн\w*|немедленн\w*"
    r"|как можно скорее|сейчас же"
    r"|piln\w*|natychmiast\w*|jak najszybciej|dringend\w*|sofort\w*|umgehend\w*|so schnell wie möglich|eilt)\b",
    re.I,
)
_LATER = re.compile(
    r"\b(?:no rush|no hurry|not urgent|whenever you (?:can|have time)|не срочно|не к спеху|когда будет время|nie pilne"
    r"|nie spieszy|w wolnej chwili|nicht dringend|eilt nicht|keine eile|wenn sie zeit haben)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Urgency:
    """``level`` 0–3 with ``reasons``: keys of `REASONS`."""

    level: int
    reasons: tuple[str, ...]


def urgency_of(
    text: str, tone: str = "", start: int | None = None, due_at: datetime | None = None, breached: bool = False,
    now: datetime | None = None, learned: int | None = None,
) -> Urgency:  # fmt: skip
    """The rule. ``start``: where this intent starts; ``learned``: what a sure model says, instead of words."""
    level, reasons = (NORMAL, []) if start is None else (start, ["intent"])
    if learned is not None:
        level, reasons = learned, ["learned"]
    elif _LATER.search(text):
        level, reasons = min(level, LOW), ["later"]
    elif _WORDS.search(text):
        level, reasons = level + 1, [*reasons, "words"]
    if tone == "negative" and level < HIGH:
        level, reasons = level + 1, [*reasons, "tone"]
    for pattern, reason, least in ((_LAW, "law", HIGH), (_DANGER, "danger", URGENT)):
        if pattern.search(text):
            level, reasons = max(level, least), [*reasons, reason]
    if breached or (due_at is not None and now is not None and due_at < now):
        level, reasons = max(level + 1, HIGH), [*reasons, "late"]
    elif due_at is not None and now is not None and due_at - now < SOON:
        level, reasons = max(level, HIGH), [*reasons, "due"]
    return Urgency(min(level, URGENT), tuple(reasons))
