"""The form of a computed value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.base.errors import Refused
from amity.people import computed_words, segment_words
from amity.people.segment_json import value_of

T = TypeVar("T")
_OPS = [
    ("", gettext_lazy("no condition")),
    *((op, segment_words.OPS[op]) for op in segment_words.OPS if op != "between"),
]


def _listed(name: str, placeholder: str = "") -> forms.TextInput:
    return forms.TextInput(attrs={"list": name, "autocomplete": "off", "placeholder": placeholder})


class ComputedForm(forms.Form):
    """What to work out, over which events."""

    label = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    of = forms.ChoiceField(label=gettext_lazy("What to work out"), choices=list(computed_words.KINDS.items()))
    event = forms.CharField(label=gettext_lazy("Event"), max_length=200, widget=_listed("events"))
    property = forms.CharField(
        label=gettext_lazy("Property"),
        max_length=200,
        required=False,
        widget=_listed("properties"),
        help_text=gettext_lazy("For totals, averages and most frequent values."),
    )
    half_life_days = forms.FloatField(
        label=gettext_lazy("Half-life in days"),
        required=False,
        min_value=0.1,
        max_value=3650,
        help_text=gettext_lazy("For what fades: after so many days an event counts half."),
    )
    where_property = forms.CharField(
        label=gettext_lazy("Only where"), max_length=200, required=False, widget=_listed("properties")
    )
    where_op = forms.ChoiceField(label=gettext_lazy("Comparison"), choices=_OPS, required=False)
    where_value = forms.CharField(label=gettext_lazy("Value"), max_length=500, required=False)

    def clean(self) -> dict[str, Any]:
        """What a kind of value needs must be there."""
        given = super().clean() or {}
        of = given.get("of")
        if of in computed_words.NEEDS_PROPERTY and not given.get("property"):
            self.add_error("property", _("Say which property."))
        if of == "decayed" and not given.get("half_life_days"):
            self.add_error("half_life_days", _("Say after how many days an event counts half."))
        if given.get("where_property") and not given.get("where_op"):
            self.add_error("where_op", _("Choose a comparison."))
        return given

    def definition(self) -> dict[str, Any]:
        """The JSON of what was filled in."""
        given = self.cleaned_data
        found: dict[str, Any] = {"of": given["of"], "event": given["event"].strip()}
        if given["property"] and given["of"] in (*computed_words.NEEDS_PROPERTY, "decayed"):
            found["property"] = given["property"].strip()
        if given["of"] == "decayed":
            found["half_life_days"] = given["half_life_days"]
        if given["where_property"]:
            op = given["where_op"]
            test: dict[str, Any] = {"property": given["where_property"].strip(), "op": op}
            if op not in ("known", "unknown"):
                test["value"] = value_of(op, given["where_value"], "", "")
            found["where"] = [test]
        return found

    def attempt(self, save: Callable[[str, dict[str, Any]], T]) -> T | None:
        """``save(label, definition)``; a refusal stands in the form and gives None."""
        try:
            return save(self.cleaned_data["label"].strip(), self.definition())
        except Refused as refused:
            self.add_error(None, refused.message)
            return None

    @staticmethod
    def initial_of(label: str, definition: Mapping[str, Any]) -> dict[str, Any]:
        """The form's values of what is there."""
        found = {"label": label, **{key: definition.get(key, "") for key in ("of", "event", "property")}}
        found["half_life_days"] = definition.get("half_life_days")
        for each in (definition.get("where") or ())[:1]:
            value = each.get("value", "")
            told = ", ".join(map(str, value)) if isinstance(value, list) else value
            found |= {"where_property": each["property"], "where_op": each["op"], "where_value": told}
        return found
