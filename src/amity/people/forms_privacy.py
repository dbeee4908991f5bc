"""Forms of the privacy desk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from amity.people.models import PrivacyRequest
from amity.people.privacy_words import REASONS, RESTRICTIONS


class RequestForm(forms.Form):
    """What somebody asks for."""

    kind = forms.ChoiceField(label=_("What is asked for"), choices=PrivacyRequest.Kind.choices)
    received_on = forms.DateField(
        label=_("Received on"), required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("The month to answer in runs from this day. Empty: today."),
    )  # fmt: skip
    note = forms.CharField(
        label=_("Note"), required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("How it came and what exactly is wanted. It goes with the person."),
    )  # fmt: skip


class EraseForm(forms.Form):
    """The decision to erase."""

    reason = forms.ChoiceField(
        label=_("Reason"), choices=[(key, REASONS[key]) for key in REASONS if key != "retention"]
    )
    typed = forms.CharField(label=_("Type the person's name"), max_length=300)

    def __init__(self, data: Any = None, *, name: str = "") -> None:
        super().__init__(data)
        self.fields["typed"].help_text = name


class RestrictForm(forms.Form):
    """Why the use of data is restricted."""

    reason = forms.ChoiceField(label=_("Reason"), choices=list(RESTRICTIONS.items()))
    note = forms.CharField(label=_("Note"), required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 2}))


class DeskForm(forms.Form):
    """How the desk works here."""

    controller = forms.CharField(
        label=_("Controller"), required=False, max_length=300, help_text=_("Name and address of your organisation.")
    )
    contact = forms.CharField(label=_("Data protection officer"), required=False, max_length=300)
    grace_days = forms.IntegerField(
        label=_("Days that an erasure waits after it was decided"), min_value=0, max_value=30,
        help_text=_("0: it begins at once. Until it begins it can be taken back."),
    )  # fmt: skip
    second_person = forms.BooleanField(label=_("A second person has to confirm every erasure"), required=False)
    returning = forms.ChoiceField(
        label=_("When an erased person comes again in an import"),
        choices=[("flag", _("Take them, and note it in the ledger")), ("refuse", _("Refuse the row"))],
    )


class CopyForm(forms.Form):
    """What a pseudonymised copy is for."""

    purpose = forms.CharField(
        label=_("Purpose"), max_length=120,
        help_text=_("Copies for the same purpose call a person the same, copies for different ones never do."),
    )  # fmt: skip
    k = forms.IntegerField(
        label=_("Smallest group"), min_value=2, max_value=1_000, initial=5,
        help_text=_("Nobody shares country, city, language, industry and year with fewer people than that."),
    )  # fmt: skip
    with_events = forms.BooleanField(label=_("With events: kind, name and week"), required=False, initial=True)
