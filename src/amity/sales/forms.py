"""The form of a deal."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any, cast
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.access import api as access
from amity.base.suggesting import SuggestInput, picked
from amity.people import api as people
from amity.sales.catalogue import product_choices
from amity.sales.deals import DealView, stage_choices
from amity.sales.quotes_money import major_of, minor_of


class DealForm(forms.Form):
    """A deal: its company by name, its person by e-mail or phone, product, stage and owner chosen."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=300)
    value = forms.DecimalField(
        label=gettext_lazy("Value"), min_value=0, max_digits=15, decimal_places=3, required=False
    )
    currency = forms.RegexField(r"^[A-Za-z]{3}$", label=gettext_lazy("Currency"), required=False)
    stage = forms.ChoiceField(label=gettext_lazy("Stage"))
    company = forms.CharField(
        label=gettext_lazy("Company"),
        max_length=300,
        required=False,
        widget=SuggestInput("company_suggestions"),
        help_text=gettext_lazy("The name of a company that is in Amity already."),
    )
    contact = forms.CharField(
        label=gettext_lazy("Person"),
        max_length=254,
        required=False,
        help_text=gettext_lazy("Their e-mail address or phone number."),
    )
    product = forms.ChoiceField(label=gettext_lazy("Product"), required=False)
    owner = forms.ChoiceField(label=gettext_lazy("Owner"), required=False)
    expected_close_on = forms.DateField(
        label=gettext_lazy("Expected to close"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    opened_on = forms.DateField(
        label=gettext_lazy("Opened"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    source = forms.CharField(label=gettext_lazy("Source"), max_length=120, required=False)
    lost_reason = forms.CharField(label=gettext_lazy("Reason lost"), max_length=300, required=False)

    def __init__(
        self, principal: access.Principal, view: DealView | None, about: dict[str, Any], *args: Any, **kwargs: Any
    ) -> None:
        """``about``: names and ids of the person and company that the deal is for, as the page found them."""
        kwargs.setdefault("initial", _initial(principal, view, about))
        super().__init__(*args, **kwargs)
        self.principal, self.view, self.about = principal, view, about
        stages = stage_choices()
        self.initial.setdefault("stage", str(stages[0].id))
        several = len({stage.pipeline for stage in stages}) > 1
        self._choose("stage", [(str(s.id), f"{s.pipeline}: {s.name}" if several else s.name) for s in stages])
        self._choose("product", [("", "–"), *((str(pk), name) for pk, name in product_choices())])
        self._choose("owner", [("", _("Nobody")), *((str(pk), name) for pk, name in access.staff_choices())])
        if not principal.may("deals.assign"):
            self.fields["owner"].disabled = True

    def clean_company(self) -> UUID | None:
        """The id behind the typed name."""
        name = self.cleaned_data["company"].strip()
        chosen = picked(self, "company")
        if not name or (name == self.about.get("company") and chosen is None):
            return self.about.get("company_id") if name else None
        found = people.company_meant(self.principal, name, chosen)
        if found is None:
            raise forms.ValidationError(
                _("No company of this name is here. Add it under Companies first, or leave this empty.")
            )
        return found

    def clean_contact(self) -> UUID | None:
        """The id of the one person with this e-mail or phone."""
        typed = self.cleaned_data["contact"].strip()
        if not typed or typed == self.about.get("person"):
            return self.about.get("person_id") if typed else None
        found = people.lookalikes(self.principal, typed if "@" in typed else "", "" if "@" in typed else typed)
        if not found:
            raise forms.ValidationError(
                _("Nobody with this e-mail address or phone number is here. Add the person first, or leave this empty.")
            )
        return found[0][0]

    def company_touched(self) -> bool:
        """Whether another name was typed, or one of several with the same name chosen."""
        return "company" in self.changed_data or picked(self, "company") is not None

    def values(self) -> dict[str, Any]:
        """Column values to store."""
        data, value = self.cleaned_data, self.cleaned_data["value"]
        values = {
            "title": data["title"],
            "value_minor": None if value is None else minor_of(value, data["currency"]),
            "currency": data["currency"],
            "stage_id": data["stage"],
            "company_id": data["company"],
            "person_id": data["contact"],
            "product_id": data["product"],
            "owner_id": data["owner"] or None,
            "expected_close_on": data["expected_close_on"],
            "source": data["source"],
            "lost_reason": data["lost_reason"],
        }
        if "opened_on" in self.changed_data and data["opened_on"]:
            values["opened_at"] = datetime.combine(data["opened_on"], time.min, UTC)
        return values

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices


def _initial(principal: access.Principal, view: DealView | None, about: dict[str, Any]) -> dict[str, Any]:
    around = {"company": about.get("company", ""), "contact": about.get("person", "")}
    if view is None:
        return around | {"owner": str(principal.staff_id or ""), "currency": settings.CONFIG.currency}
    return around | {
        "title": view.title,
        "value": None if view.value_minor is None else major_of(view.value_minor, view.currency),
        "currency": view.currency,
        "stage": str(view.stage_id),
        "product": str(view.product_id or ""),
        "owner": str(view.owner_id or ""),
        "expected_close_on": view.expected_close_on,
        "opened_on": view.opened_at.date() if view.opened_at else None,
        "source": view.source,
        "lost_reason": view.lost_reason,
    }
