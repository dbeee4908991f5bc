"""What the models' pages say: verdicts, rungs, evidence and figures in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.utils.translation import gettext_noop as noop

from amity.base import words

_RUNGS = {
    "base": gettext_lazy("Base rate"),
    "rules": gettext_lazy("Rules of thumb"),
    "linear": gettext_lazy("Regression"),
    "trees": gettext_lazy("Boosted trees"),
}
_RUNG_NOTES = {
    "base": gettext_lazy("Everybody gets the average: the share won so far."),
    "rules": gettext_lazy(
        "General sales knowledge and a first impression of your records, kept close to your average."
    ),
    "linear": gettext_lazy("Every value adds or takes away a fixed amount, learned from your records."),
    "trees": gettext_lazy("Learns bends and combinations from your records."),
}
_DROPPED = {
    "constant": gettext_lazy("the same everywhere"),
    "identifier": gettext_lazy("a number or name that identifies one record"),
    "empty": gettext_lazy("empty"),
    "text": gettext_lazy("free text"),
}
_EVIDENCE = {
    "alone": noop("Alone it tells won from lost in %(auc)s of pairs (a coin: 50%%)."),
    "dominates": noop("It is far stronger than every other column (the next one: %(next)s)."),
    "pure": noop("“%(value)s” occurs almost only on one side (%(rows)s records)."),
    "certain": noop("Whenever it is “%(value)s”, the outcome is certain (%(rows)s records)."),
    "open_differs": noop(
        "It is filled in on %(filled_decided)s of decided records, but on %(filled_open)s of open ones."
    ),
    "gaps": noop("Whether it is filled in goes with the outcome (%(gap)s points apart)."),
    "after": noop("%(share)s of its dates lie after the decision."),
    "same_day": noop("%(share)s of its dates are the day of the decision."),
    "name_outcome": noop("Its name (“%(word)s”) speaks of the outcome."),
    "name_state": noop(
        "Its name (“%(word)s”) says that it shows the latest state, which goes on changing after the outcome."
    ),
    "name_hint": noop("Its name (“%(word)s”) is common among columns kept up to date later."),
    "computed": noop("It looks like a rating by another system that only %(filled)s of records have."),
}
_SHARES = {"auc", "next", "share", "filled", "filled_open", "filled_decided"}


def rung_words(rung: str) -> str:
    """The rung's name."""
    return str(_RUNGS.get(rung, rung))


def rung_note(rung: str) -> str:
    """What the rung does, in a sentence."""
    return str(_RUNG_NOTES.get(rung, ""))


def dropped_words(why: str) -> str:
    """Why a column was not looked at."""
    return str(_DROPPED.get(why, why))


def verdict_words(card: Mapping[str, Any]) -> str:
    """The verdict in a sentence."""
    if card["verdict"] == "signal":
        return _("The data holds a signal: scores tell records apart.")
    if card["verdict"] == "no_signal":
        return _("No signal: nothing in the data tells won from lost better than the average does.")
    return _("Too few decided records to be sure: scores stay near the average for now, with wide intervals.")


def next_words(following: Mapping[str, Any]) -> str:
    """What would open the next rung."""
    if following["code"] == "top" or not following["rung"]:
        return _("This is the highest rung.")
    rung = rung_words(following["rung"])
    if following["code"] == "more_decided":
        count = int(following["rows"])
        text = ngettext(
            "About %(count)s more decided record may open the next rung: %(rung)s.",
            "About %(count)s more decided records may open the next rung: %(rung)s.",
            count,
        )
        return text % {"count": words.number(count), "rung": rung}
    if following["code"] == "more_of_each":
        return _("Only one outcome is recorded. The next rung (%(rung)s) needs records of both, won and lost.") % {
            "rung": rung
        }
    return _("More records of the same kind will not open the next rung (%(rung)s). Other facts about them might.") % {
        "rung": rung
    }


def note_words(note: str) -> str:
    """How outcomes were read, where the data does not record losses."""
    if note == "look_alike":
        return _("No losses are recorded. Records older than the time in which most wins came count as lost.")
    if note == "not_yet":
        return _("No losses and no times are recorded. Records that have not been won so far count as lost.")
    return ""


def how_words(how: str) -> str:
    """How the figures were obtained."""
    if how == "none":
        return ""
    if how == "out_of_time":
        return _("Learned from the earlier records, tested on the latest quarter.")
    return _("Every record was tested by a model that had not seen it (five-fold cross-validation).")


def evidence_words(evidence: Sequence[Mapping[str, Any]]) -> list[str]:
    """One sentence per finding, strongest first."""
    return [_(_EVIDENCE[e["code"]]) % _params(e["params"]) for e in evidence if e["code"] in _EVIDENCE]


def _params(params: Mapping[str, Any]) -> dict[str, str]:
    return {name: _param(name, value) for name, value in params.items()}


def _param(name: str, value: Any) -> str:
    if name in _SHARES:
        return words.percent(float(value))
    if name == "gap":
        return words.number(round(abs(float(value)) * 100))
    if name == "rows":
        return words.number(int(value))
    return str(value) if value != "" else _("empty")
