"""Forms of staff and access pages."""

from __future__ import annotations

from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from amity.access.models import Role, RowScope
from amity.access.staff import choices as staff_choices
from amity.access.teams import team_choices
from amity.access.tokens import SCOPE_LABELS

_EXPIRY = [
    (30, gettext_lazy("in 30 days")),
    (90, gettext_lazy("in 90 days")),
    (365, gettext_lazy("in a year")),
    ("", gettext_lazy("never")),
]


@cache
def zones() -> list[tuple[str, str]]:
    """IANA time zones by name, without the historical aliases."""
    old = ("Etc/", "SystemV/", "US/", "posix", "right", "localtime")
    named = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(old))
    return [("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in named)]


class Preferences(forms.Form):
    """Name, language and time zone: what a member says about themself."""

    name = forms.CharField(
        label=pgettext_lazy("person", "Name"), max_length=200, widget=forms.TextInput({"autocomplete": "name"})
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=zones)


class EntryForm(Preferences):
    """A first entry with an own password (invitation)."""

    password = forms.CharField(
        label=gettext_lazy("Password"), strip=False, max_length=128,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 12 characters; a sentence is a good one."),
    )  # fmt: skip
    again = forms.CharField(
        label=gettext_lazy("Password again"), strip=False, max_length=128,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )  # fmt: skip

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("password"):
            raise ValidationError(_("The two passwords differ."))
        return again


class SetUpForm(EntryForm):
    """The first administrator."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail"), max_length=254, widget=forms.EmailInput({"autocomplete": "username"})
    )
    field_order = ("name", "email", "password", "again", "language", "time_zone")


class MemberForm(forms.Form):
    """What an administrator decides about a member."""

    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=200)
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices)
    scope = forms.ChoiceField(
        label=gettext_lazy("Sees"),
        choices=RowScope.choices,
        help_text=gettext_lazy("Whose people and deals this member sees."),
    )
    team_id = forms.TypedChoiceField(label=gettext_lazy("Team"), required=False, coerce=UUID, empty_value=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team_id"].choices = [("", _("No team")), *team_choices()]  # type: ignore[attr-defined]


class TeamForm(forms.Form):
    """A team and who leads it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    manager_id = forms.TypedChoiceField(label=gettext_lazy("Led by"), required=False, coerce=UUID, empty_value=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["manager_id"].choices = [("", _("Nobody")), *staff_choices()]  # type: ignore[attr-defined]


class TokenForm(forms.Form):
    """A key for a program."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=200,
        help_text=gettext_lazy("Which program will use it, for your own memory."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("May"), choices=list(SCOPE_LABELS.items()), widget=forms.CheckboxSelectMultiple
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("Expires"), required=False, coerce=int, empty_value=None, choices=_EXPIRY
    )
