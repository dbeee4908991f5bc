"""A computed value in words: "how often they did Order Completed where category is coffee"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.base import words
from amity.people.segment_words import compare

KINDS: dict[str, str | Promise] = {
    "count": gettext_lazy("how often"),
    "sum": gettext_lazy("total of a property"),
    "average": gettext_lazy("average of a property"),
    "most_frequent": gettext_lazy("most frequent value of a property"),
    "first": gettext_lazy("first time"),
    "last": gettext_lazy("last time"),
    "days_since_first": gettext_lazy("days since the first time"),
    "days_since_last": gettext_lazy("days since the last time"),
    "decayed": gettext_lazy("how often lately (fades with a half-life)"),
}
_SENTENCES: dict[str, str | Promise] = {
    "count": gettext_lazy("How often they did %(event)s"),
    "sum": gettext_lazy("Total of %(property)s over %(event)s"),
    "average": gettext_lazy("Average of %(property)s over %(event)s"),
    "most_frequent": gettext_lazy("Most frequent %(property)s of %(event)s"),
    "first": gettext_lazy("When they first did %(event)s"),
    "last": gettext_lazy("When they last did %(event)s"),
    "days_since_first": gettext_lazy("Days since they first did %(event)s"),
    "days_since_last": gettext_lazy("Days since they last did %(event)s"),
    "decayed": gettext_lazy("How often they did %(event)s lately, halved every %(days)s days"),
}
_FADING_TOTAL = gettext_lazy("Total of %(property)s over %(event)s lately, halved every %(days)s days")
NEEDS_PROPERTY = ("sum", "average", "most_frequent")


def told(definition: Mapping[str, Any]) -> str:
    """The definition as one sentence."""
    of = definition["of"]
    text = _FADING_TOTAL if of == "decayed" and definition.get("property") else _SENTENCES[of]
    event = _("anything") if definition["event"] == "*" else f"“{definition['event']}”"
    given = {
        "event": event,
        "property": definition.get("property", ""),
        "days": words.number(definition.get("half_life_days") or 0),
    }
    sentence = str(text) % given
    where = [
        f"{each['property']} {compare(each['op'], str(each.get('value', '')))}"
        for each in definition.get("where") or ()
    ]
    return f"{sentence} {_('where %(conditions)s') % {'conditions': _(' and ').join(where)}}" if where else sentence
