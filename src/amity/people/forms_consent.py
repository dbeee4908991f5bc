"""The form of a purpose: its names and words in four languages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from amity.base.errors import Refused
from amity.people.consent_defaults import LANGUAGES
from amity.people.consent_panel import CHANNEL_LABELS
from amity.people.consent_purposes import PurposeView
from amity.people.consent_tables import Basis

_NAMES = {"en": "English", "ru": "Русский", "pl": "Polski", "de": "Deutsch"}


class PurposeForm(forms.Form):
    """What an administrator says about a purpose. ``key`` is fixed once it is there."""

    key = forms.SlugField(
        label=_("Key"), max_length=60, help_text=_("As files, sites and the API call it, e.g. newsletter.")
    )
    basis = forms.ChoiceField(
        label=_("Legal basis"), choices=Basis.choices,
        help_text=_("Contract, legal obligation: no consent is asked. Legitimate interest: until they object."),
    )  # fmt: skip
    channels = forms.MultipleChoiceField(
        label=_("Channels"), choices=list(CHANNEL_LABELS.items()), widget=forms.CheckboxSelectMultiple
    )
    double_opt_in = forms.BooleanField(
        label=_("E-mail addresses are confirmed by a link"), required=False, initial=True
    )

    def __init__(self, *args: Any, purpose: PurposeView | None = None, **kwargs: Any) -> None:
        if purpose is not None:
            kwargs["initial"] = {
                "key": purpose.key, "basis": purpose.basis, "channels": purpose.channels,
                "double_opt_in": purpose.double_opt_in,
                **{f"name_{code}": purpose.names.get(code, "") for code in LANGUAGES},
                **{f"words_{code}": purpose.words.get(code, "") for code in LANGUAGES},
            }  # fmt: skip
        super().__init__(*args, **kwargs)
        if purpose is not None:
            del self.fields["key"]
        for code in LANGUAGES:
            self.fields[f"name_{code}"] = forms.CharField(
                label=_label(_("Name"), code),
                max_length=120, required=code == "en",
            )  # fmt: skip
        for code in LANGUAGES:
            self.fields[f"words_{code}"] = forms.CharField(
                label=_label(_("Words that people agree to"), code), max_length=4_000, required=False,
                widget=forms.Textarea(attrs={"rows": 2}),
            )  # fmt: skip

    def told(self) -> dict[str, Any]:
        """What `consent_purposes.save` takes."""
        said = self.cleaned_data
        return {
            "basis": said["basis"], "channels": said["channels"], "double_opt_in": said["double_opt_in"],
            "names": {code: said[f"name_{code}"] for code in LANGUAGES},
            "words": {code: said[f"words_{code}"] for code in LANGUAGES},
        }  # fmt: skip

    def refuse(self, error: Refused) -> None:
        """Show what the room refused beside the form."""
        self.add_error(None, error.message)


def _label(text: Any, code: str) -> str:
    return f"{text} · {_NAMES[code]}"
