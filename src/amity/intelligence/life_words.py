"""What the pages say of a model's life, of drift and of groups, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.base import words

STATES = {
    "candidate": gettext_lazy("Candidate"),
    "shadow": gettext_lazy("In shadow"),
    "live": gettext_lazy("Live"),
    "retired": gettext_lazy("Retired"),
}
_WHY = {
    "first": gettext_lazy("The first of its kind."),
    "few_new": gettext_lazy("Too few new outcomes to compare it with the version before."),
    "better": gettext_lazy("Better than the version before on the newest outcomes."),
    "no_worse": gettext_lazy("No worse than the version before on the newest outcomes."),
    "worse": gettext_lazy("Worse than the live version on the newest outcomes."),
    "approved": gettext_lazy("Put to work by a person."),
    "watched": gettext_lazy("Put in shadow by a person."),
    "stopped": gettext_lazy("Stopped by a person."),
    "rolled_back": gettext_lazy("A person went back to it."),
    "replaced": gettext_lazy("Replaced by another version."),
    "demoted": gettext_lazy("Taken out of work: it was no longer right."),
    "stands_in": gettext_lazy("Stands in for a version that was taken out of work."),
}
_ALARMS = {
    "column": gettext_lazy("%(column)s is spread differently than in the records that were learned from."),
    "gaps": gettext_lazy("%(column)s: the share of empty values moved by %(size)s."),
    "base_rate": gettext_lazy("The share won moved by %(size)s."),
    "calibration": gettext_lazy("Chances and outcomes lie %(size)s apart."),
    "misled": gettext_lazy("Outcomes contradict the chances that were said."),
}
KINDS = {
    "sex": gettext_lazy("sex"),
    "age": gettext_lazy("age"),
    "origin": gettext_lazy("ethnic origin"),
    "nationality": gettext_lazy("nationality"),
    "religion": gettext_lazy("religion"),
    "health": gettext_lazy("health"),
    "politics": gettext_lazy("political opinion or union"),
    "family": gettext_lazy("family"),
    "orientation": gettext_lazy("sexual orientation"),
}
_APART = {
    "first": gettext_lazy("how many are put above the average"),
    "false_first": gettext_lazy("how many of the lost ones are put above the average"),
    "auc": gettext_lazy("how well won and lost are told apart"),
    "calibration": gettext_lazy("chances that are not what happened"),
}


def why_words(why: Mapping[str, Any]) -> str:
    """How a version came to its state, in a sentence."""
    return str(_WHY.get(str(why.get("code", "")), ""))


def alarm_words(alarms: Sequence[Mapping[str, Any]], label: Callable[[str], str]) -> list[str]:
    """One sentence per alarm."""
    return [str(_ALARMS[a["code"]]) % _params(a, label) for a in alarms if a["code"] in _ALARMS]


def apart_words(apart: Sequence[str]) -> str:
    """In what groups differ beyond chance."""
    if not apart:
        return _("The groups do not differ beyond chance.")
    return _("Beyond chance the groups differ in: %(what)s.") % {"what": ", ".join(str(_APART[a]) for a in apart)}


def _params(alarm: Mapping[str, Any], label: Callable[[str], str]) -> dict[str, str]:
    return {"column": label(alarm["column"]) if alarm["column"] else "", "size": words.percent(abs(alarm["size"]))}
