"""The small form at a stage gate: only what is missing, and room for a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.access import api as access
from amity.base.suggesting import SuggestInput, picked
from amity.people import api as people
from amity.sales import gates
from amity.sales.catalogue import product_choices
from amity.sales.deals import DealView
from amity.sales.pipelines import Step
from amity.sales.quotes_money import minor_of

_OWN_WORDS = gettext_lazy("In your own words")


class GateForm(forms.Form):
    """Fields for what ``step`` asks for and ``deal`` lacks; every one may stay empty when there is a reason."""

    def __init__(self, principal: access.Principal, deal: DealView, step: Step, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.principal, self.deal, self.step = principal, deal, step
        self.missing = gates.missing(deal, step)
        for key in self.missing:
            self.fields |= _fields(key, deal, principal)
        self.skippable = [key for key in self.missing if key != "lost_reason"]
        if self.missing:
            self.fields["reason"] = forms.CharField(
                label=gettext_lazy("Or go on without it, because"), max_length=300, required=False
            )

    def clean_contact(self) -> Any:
        """The id of the one person with this e-mail or phone."""
        typed = self.cleaned_data["contact"].strip()
        if not typed:
            return None
        found = people.lookalikes(self.principal, typed if "@" in typed else "", "" if "@" in typed else typed)
        if not found:
            raise forms.ValidationError(
                _("Nobody with this e-mail address or phone number is here. Add the person first, or leave this empty.")
            )
        return found[0][0]

    def clean_company(self) -> Any:
        """The id behind the typed name."""
        name = self.cleaned_data["company"].strip()
        found = people.company_meant(self.principal, name, picked(self, "company")) if name else None
        if name and found is None:
            raise forms.ValidationError(
                _("No company of this name is here. Add it under Companies first, or leave this empty.")
            )
        return found

    def given(self) -> gates.Given:
        """What was filled in."""
        data = self.cleaned_data
        values: dict[str, Any] = {}
        if data.get("value") is not None:
            currency = self.deal.currency or settings.CONFIG.currency
            values |= {"value_minor": minor_of(data["value"], currency), "currency": currency}
        for name, column in (("contact", "person_id"), ("company", "company_id"), ("product", "product_id"),
                             ("owner", "owner_id"), ("expected_close_on", "expected_close_on")):  # fmt: skip
            if data.get(name):
                values[column] = data[name]
        lost = " – ".join(each for each in (data.get("lost_choice", ""), data.get("lost_words", "").strip()) if each)
        if lost:
            values["lost_reason"] = lost[:300]
        custom = {key.removeprefix(gates.CUSTOM): data[key] for key in self.missing if data.get(key) and ":" in key}
        return gates.Given(values, custom, data.get("task", ""), data.get("task_due"), data.get("reason", ""))


def _fields(key: str, deal: DealView, principal: access.Principal) -> dict[str, forms.Field]:
    """The fields that fill in what ``key`` names; a decision maker is named on the page of the deal."""
    label = gates.label(key)
    known: dict[str, Callable[[], dict[str, forms.Field]]] = {
        "value": lambda: {"value": _money(label, deal)},
        "expected_close_on": lambda: {key: _day(label)},
        "person": lambda: {"contact": _words(label, gettext_lazy("Their e-mail address or phone number."))},
        "company": lambda: {key: _words(label, widget=SuggestInput("company_suggestions"))},
        "product": lambda: {key: _choice(label, product_choices())},
        "owner": lambda: {key: _choice(label, _owners(principal))},
        "task": lambda: {"task": _words(label), "task_due": _day(gettext_lazy("Due"))},
        "lost_reason": lambda: {
            "lost_choice": _reasons(label),
            "lost_words": _words(gettext_lazy("In your own words")),
        },
        "decider": dict,
    }
    return known.get(key, lambda: {key: _words(label)})()


def _words(label: Any, hint: Any = "", widget: forms.Widget | None = None) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=200, required=False, help_text=hint, widget=widget or forms.TextInput()
    )


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}))


def _money(label: Any, deal: DealView) -> forms.DecimalField:
    currency = deal.currency or settings.CONFIG.currency
    return forms.DecimalField(
        label=label, min_value=0, max_digits=15, decimal_places=3, required=False, help_text=currency
    )


def _choice(label: Any, rows: Iterable[tuple[Any, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, choices=[("", "–"), *((str(pk), name) for pk, name in rows)])


def _reasons(label: Any) -> forms.ChoiceField:
    choices = [(each, each) for each in gates.lost_reasons()]
    return forms.ChoiceField(label=label, required=False, choices=choices, widget=forms.RadioSelect)


def _owners(principal: access.Principal) -> list[tuple[Any, str]]:
    rows = access.staff_choices()
    return rows if principal.may("deals.assign") else [row for row in rows if row[0] == principal.staff_id]
