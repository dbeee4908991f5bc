"""Proposals in words: what, why, and drafts with the person's name in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from amity.base import clock
from amity.base.words import number
from amity.journeys.decide import Candidate, Situation
from amity.journeys.effects import WINDOW

LANGUAGES = ("en", "ru", "pl", "de")
SILENT, STUCK, SOON = 14, 30, 7  # days worth a word
WHAT: Mapping[str, str | Promise] = {
    "call": gettext_lazy("Call {name}"),
    "mail": gettext_lazy("Write to {name}"),
    "meeting": gettext_lazy("Meet {name}"),
    "offer": gettext_lazy("Send {name} an offer"),
    "task": gettext_lazy("Prepare the next step with {name}"),
    "wait": gettext_lazy("Wait for an answer from {name}"),
}
REFUSALS: Mapping[str, str | Promise] = {
    "not_now": gettext_lazy("Not now"),
    "done": gettext_lazy("Done already"),
    "no_help": gettext_lazy("It does not help here"),
    "wrong_person": gettext_lazy("Wrong person"),
    "other": gettext_lazy("Another reason"),
}
SLEEP_DAYS = {"not_now": 7, "done": 7, "no_help": 60, "wrong_person": 60, "other": 30}
TEACHES = ("no_help", "other", "changed")  # says that the kind was wrong, not the day


@dataclass(frozen=True, slots=True)
class Draft:
    """What an action starts from; people change it."""

    subject: str
    text: str
    due_on: date


def what(kind: str, name: str) -> str:
    """“Call Anna Kowalska”."""
    return str(WHAT.get(kind, WHAT["task"])).format(name=name or _("the contact"))


def why(situation: Situation, best: Candidate) -> list[str]:
    """Reasons in the reader's language, the measured one first."""
    told = [_measured(best)] if best.touched else []
    if situation.late_task:
        told.append(_("Overdue: “{task}”").format(task=situation.late_task))
    if situation.silent_days is None:
        told.append(_("No contact yet"))
    elif situation.silent_days >= SILENT:
        told.append(_days(ngettext("No contact for {n} day", "No contact for {n} days", situation.silent_days),
                          situation.silent_days))  # fmt: skip
    if situation.stage_days is not None and situation.stage_days >= STUCK:
        words = ngettext("In “{stage}” for {n} day", "In “{stage}” for {n} days", situation.stage_days)
        told.append(words.format(stage=situation.stage, n=situation.stage_days))
    return told + _closing(situation.close_days)


def draft(kind: str, situation: Situation, name: str, given_name: str, language: str) -> Draft:
    """A text to start from; mails in the person's language, the rest in the reader's."""
    due_on = clock.today() + timedelta(days=3 if kind in ("wait", "meeting") else 0)
    about = situation.title
    subject = f"{what(kind, name)}: {about}" if about else what(kind, name)
    if kind != "mail":
        return Draft(subject[:300], "", due_on)
    own = language[:2] if language[:2] in LANGUAGES else translation.get_language()
    with translation.override(own):
        greeting = _("Hello {name},").format(name=given_name) if given_name else _("Hello,")
        topic = about or _("our conversation")
        text = _("I would like to follow up on “{topic}”. What would help you decide?").format(topic=topic)
        return Draft(topic[:300], f"{greeting}\n\n{text}\n", due_on)


def _measured(best: Candidate) -> str:
    words = _(
        "Alike records with it within {days} days were won {points} points more often "
        "({count} with it, {others} without; observed, not an experiment)"
    )
    points = number(round(100 * best.seen, 1))
    return words.format(days=round(WINDOW), points=points, count=number(best.touched), others=number(best.untouched))


def _closing(days: int | None) -> list[str]:
    if days is None or days > SOON:
        return []
    if days >= 0:
        return [_days(ngettext("Expected to close in {n} day", "Expected to close in {n} days", days), days)]
    return [_days(ngettext("Expected to close {n} day ago", "Expected to close {n} days ago", -days), -days)]


def _days(words: str, days: int) -> str:
    return words.format(n=days)
