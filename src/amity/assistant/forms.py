"""Forms of the bot's editor: a flow, and the wordings of all flows."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy

from amity.assistant.script import LANGUAGES

MOST_LINES, LONGEST = 200, 200
_NAMES = dict(settings.LANGUAGES)


def lines_of(text: str) -> list[str]:
    """Lines without blanks, each cut to 200 characters, at most 200."""
    return [line.strip()[:LONGEST] for line in text.splitlines() if line.strip()][:MOST_LINES]


class WordingForm(forms.Form):
    """Wordings by key, each in four languages. Fields are ``<key>__<language>``."""

    def __init__(self, wording: dict[str, dict[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keys = list(wording)
        for key in self.keys:
            for language in LANGUAGES:
                self.fields[f"{key}__{language}"] = forms.CharField(
                    label=f"{key} · {_NAMES[language]}", max_length=2_000, initial=wording[key].get(language, ""),
                    widget=forms.Textarea(attrs={"rows": 2, "lang": language}),
                )  # fmt: skip

    def wording(self) -> dict[str, dict[str, str]]:
        """As the script keeps it."""
        told = self.cleaned_data
        return {key: {language: told[f"{key}__{language}"] for language in LANGUAGES} for key in self.keys}


class FlowForm(WordingForm):
    """A flow: whether it is on, what begins it, whether it asks for a yes, its wordings."""

    on = forms.BooleanField(label=gettext_lazy("Switched on"), required=False)
    confirm = forms.BooleanField(label=gettext_lazy("Ask for a yes before it is done"), required=False)
    intents = forms.CharField(
        label=gettext_lazy("Intents that begin it"), required=False, max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 2}), help_text=gettext_lazy("One per line, as your company calls them."),
    )  # fmt: skip

    def __init__(self, flow: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(flow["wording"], *args, **kwargs)
        self.initial = {
            **self.initial, "on": flow.get("on", True), "confirm": flow.get("confirm", False),
            "intents": "\n".join(flow.get("intents", ())),
        }  # fmt: skip
        for kind, label in (
            ("keywords", gettext_lazy("Keywords: {language}")), ("examples", gettext_lazy("Examples: {language}")),
        ):  # fmt: skip
            for language in LANGUAGES:
                self.fields[f"{kind}_{language}"] = forms.CharField(
                    label=label.format(language=_NAMES[language]), required=False, max_length=20_000,
                    initial="\n".join(flow.get(kind, {}).get(language, ())),
                    widget=forms.Textarea(attrs={"rows": 3, "lang": language}),
                )  # fmt: skip

    def changed(self, flow: dict[str, Any]) -> dict[str, Any]:
        """The flow with what was typed."""
        told = self.cleaned_data
        lists = {
            kind: {language: lines_of(told[f"{kind}_{language}"]) for language in LANGUAGES}
            for kind in ("keywords", "examples")
        }
        intents = lines_of(told["intents"])
        return {
            **flow,
            **lists,
            "on": told["on"],
            "confirm": told["confirm"],
            "intents": intents,
            "wording": self.wording(),
        }
