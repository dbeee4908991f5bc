"""Forms of people and companies: fields, custom fields, and what they change."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.access import api as access
from amity.base.listing import told
from amity.base.suggesting import SuggestInput, picked
from amity.people.finding import company_meant
from amity.people.models import LeadStatus
from amity.people.profiles import CompanyView, PersonView

TRAIT = "trait:"
MAX_SHOWN_TRAITS = 100


class ProfileForm(forms.Form):
    """What forms of both have in common: owner and custom fields. Subclasses name their plain fields in ``plain``."""

    plain: tuple[str, ...] = ()
    owner = forms.ChoiceField(label=gettext_lazy("Owner"), required=False)

    def __init__(
        self, principal: access.Principal, view: PersonView | CompanyView | None, *args: Any, **kwargs: Any
    ) -> None:
        kwargs.setdefault("initial", self._initial(principal, view))
        super().__init__(*args, **kwargs)
        self.principal, self.view = principal, view
        owner = cast(forms.ChoiceField, self.fields["owner"])
        owner.choices = [("", _("Nobody")), *((str(pk), name) for pk, name in access.staff_choices())]
        for name, value in list((view.traits if view else {}).items())[:MAX_SHOWN_TRAITS]:
            label = name.replace("_", " ")
            self.fields[TRAIT + name] = forms.CharField(
                label=label, required=False, max_length=2_000, initial=_typed(value)
            )
        self.fields["new_trait"] = forms.CharField(label=_("New custom field"), required=False, max_length=60)
        self.fields["new_value"] = forms.CharField(label=_("Its value"), required=False, max_length=2_000)

    def _initial(self, principal: access.Principal, view: Any) -> dict[str, Any]:
        if view is None:
            return {"owner": str(principal.staff_id or "")}
        return {name: getattr(view, name) for name in self.plain} | {"owner": str(view.owner_id or "")}

    def values(self) -> dict[str, Any]:
        """Column values to store."""
        data = self.cleaned_data
        return {name: data[name] for name in self.plain} | {"owner_id": data["owner"] or None}

    def traits(self) -> dict[str, Any]:
        """Custom fields that were changed, in the type they had; None removes."""
        before = self.view.traits if self.view else {}
        changed = {}
        for key, text in self.cleaned_data.items():
            name = key.removeprefix(TRAIT)
            if key.startswith(TRAIT) and text.strip() != _typed(before.get(name)):
                changed[name] = _like(before.get(name), text.strip())
        new = self.cleaned_data["new_trait"].strip()
        if new and self.cleaned_data["new_value"].strip():
            changed[new] = _like(None, self.cleaned_data["new_value"].strip())
        return changed


class PersonForm(ProfileForm):
    """A person."""

    plain = (
        "given_name",
        "family_name",
        "email",
        "phone",
        "job_title",
        "city",
        "country",
        "language",
        "source",
        "lead_status",
    )
    given_name = forms.CharField(label=gettext_lazy("First name"), max_length=120, required=False)
    family_name = forms.CharField(label=gettext_lazy("Last name"), max_length=160, required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254, required=False)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=40, required=False)
    company = forms.CharField(
        label=gettext_lazy("Company"),
        max_length=300,
        required=False,
        widget=SuggestInput("company_suggestions"),
        help_text=gettext_lazy("The name of a company that is in Amity already."),
    )
    job_title = forms.CharField(label=gettext_lazy("Job title"), max_length=160, required=False)
    city = forms.CharField(label=gettext_lazy("City"), max_length=120, required=False)
    country = forms.RegexField(
        r"^[A-Za-z]{2}$",
        label=gettext_lazy("Country"),
        required=False,
        help_text=gettext_lazy("Two letters, such as DE or PL."),
    )
    language = forms.CharField(label=gettext_lazy("Language"), max_length=8, required=False)
    source = forms.CharField(label=gettext_lazy("Source"), max_length=120, required=False)
    lead_status = forms.ChoiceField(
        label=gettext_lazy("Lead status"), choices=LeadStatus.choices, initial=LeadStatus.NONE
    )

    def clean_company(self) -> UUID | None:
        """The id behind the typed name."""
        name = self.cleaned_data["company"].strip()
        if not name:
            return None
        found = company_meant(self.principal, name, picked(self, "company"))
        if found is None:
            raise forms.ValidationError(
                _("No company of this name is here. Add it under Companies first, or leave this empty.")
            )
        return found

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not any(data.get(name) for name in ("given_name", "family_name", "email", "phone")):
            raise forms.ValidationError(_("Give at least a name, an e-mail address or a phone number."))
        return data

    def values(self) -> dict[str, Any]:
        values = super().values()
        touched = "company" in self.changed_data or picked(self, "company") is not None
        if self.view is None or touched:  # one that the editor does not see stays
            values["company_id"] = self.cleaned_data["company"]
        if self.view is not None and not {"given_name", "family_name"} & set(self.changed_data):
            del values["given_name"], values["family_name"]
        return values


class CompanyForm(ProfileForm):
    """A company."""

    plain = ("name", "domain", "industry", "email", "phone", "city", "country", "employees", "founded_year", "currency")
    name = forms.CharField(label=gettext_lazy("Name"), max_length=300)
    domain = forms.CharField(label=gettext_lazy("Website"), max_length=253, required=False)
    industry = forms.CharField(label=gettext_lazy("Industry"), max_length=120, required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254, required=False)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=40, required=False)
    city = forms.CharField(label=gettext_lazy("City"), max_length=120, required=False)
    country = forms.RegexField(
        r"^[A-Za-z]{2}$",
        label=gettext_lazy("Country"),
        required=False,
        help_text=gettext_lazy("Two letters, such as DE or PL."),
    )
    employees = forms.IntegerField(label=gettext_lazy("Employees"), min_value=0, max_value=10_000_000, required=False)
    revenue = forms.DecimalField(
        label=gettext_lazy("Annual revenue"), min_value=0, max_digits=15, decimal_places=2, required=False
    )
    currency = forms.RegexField(r"^[A-Za-z]{3}$", label=gettext_lazy("Currency"), required=False)
    founded_year = forms.IntegerField(label=gettext_lazy("Founded in"), min_value=1000, max_value=2200, required=False)

    def _initial(self, principal: access.Principal, view: Any) -> dict[str, Any]:
        initial = super()._initial(principal, view)
        if view is None:
            return initial | {"currency": settings.CONFIG.currency}
        return initial | {"revenue": None if view.revenue_minor is None else view.revenue_minor / 100}

    def values(self) -> dict[str, Any]:
        revenue = self.cleaned_data["revenue"]
        return super().values() | {
            "revenue_minor": None if revenue is None else int(revenue * 100),
            "currency": self.cleaned_data["currency"].upper(),
        }


def _typed(value: Any) -> str:
    """A custom field's value as it stands in its input."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(told(value))


def _like(before: Any, text: str) -> Any:
    """``text`` in the type of the value it replaces; text where that does not fit; None when empty."""
    if not text:
        return None
    if isinstance(before, bool):
        return text.lower() in ("true", "yes", "1", _("yes").lower())
    if isinstance(before, list):
        return [part.strip() for part in text.split(",") if part.strip()]
    return _number_like(before, text) if isinstance(before, int | float) else text


def _number_like(before: float, text: str) -> int | float | str:
    try:
        return int(text) if isinstance(before, int) else float(text.replace(",", "."))
    except ValueError:
        return text
