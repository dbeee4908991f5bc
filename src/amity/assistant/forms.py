"""Forms of the bot's editor: a flow, and the wordings of all flows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from amity.assistant import checking, editing, labels
from amity.assistant.script import LANGUAGES

MOST_LINES, LONGEST = 200, 200
NAMES = dict(settings.LANGUAGES)


def lines_of(text: str) -> list[str]:
    """Lines without blanks, each cut to 200 characters, at most 200."""
    return [line.strip()[:LONGEST] for line in text.splitlines() if line.strip()][:MOST_LINES]


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that unfold together, in named parts. ``open``: shown at once."""

    name: str
    parts: Sequence[tuple[str, Sequence[forms.BoundField]]]
    open: bool


class WordingForm(forms.Form):
    """Wordings by key, each in four languages. Fields are ``<key>__<language>``."""

    use_required_attribute = False  # a browser cannot point at an empty field that is folded away: the server does

    def __init__(
        self, wording: dict[str, dict[str, str]], *args: Any, required: bool = True,
        name_of: Callable[[str], str] = labels.of_script, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.keys = list(wording)
        for key in self.keys:
            for language in LANGUAGES:
                self.fields[f"{key}__{language}"] = forms.CharField(
                    label=f"{name_of(key)} · {NAMES[language]}", max_length=2_000,
                    initial=wording[key].get(language, ""), required=required,
                    widget=forms.Textarea(attrs={"rows": 2, "lang": language}),
                )  # fmt: skip

    def wording(self) -> dict[str, dict[str, str]]:
        """As the script keeps it."""
        told = self.cleaned_data
        return {key: {language: told[f"{key}__{language}"] for language in LANGUAGES} for key in self.keys}

    def groups(self) -> list[Group]:
        """The wordings by topic; a topic with a mistake stands open."""
        return [
            _group(name, [(labels.of_script(key), self._in_all_languages(key)) for key in keys])
            for name, keys in labels.by_topic(self.keys)
        ]

    def _in_all_languages(self, key: str) -> list[forms.BoundField]:
        return [self[f"{key}__{language}"] for language in LANGUAGES]


def _group(name: str, parts: Sequence[tuple[str, Sequence[forms.BoundField]]], *, shown: bool = False) -> Group:
    wrong = any(bound.errors for _name, fields in parts for bound in fields)
    return Group(name, parts, shown or wrong)


def end_choices() -> list[tuple[str, str]]:
    """What can stand at the end of a flow, in words."""
    told = {
        "tool:order_status": _("Tell the state of an order"), "tool:invoice_copy": _("Send a copy of an invoice"),
        "tool:change_address": _("Change the address"), "tool:appointment": _("Book an appointment"),
        "answer": _("Answer from knowledge"), "hand_over:flow": _("Hand over to a person"),
        "hand_over:complaint": _("Write down a complaint and hand over"),
    }  # fmt: skip
    return [(each, told[each]) for each in editing.ENDS]


def _texts(label: str, language: str, initial: str, rows: int = 2) -> forms.CharField:
    return forms.CharField(
        label=label.format(language=NAMES[language]), required=False, max_length=20_000, initial=initial,
        widget=forms.Textarea(attrs={"rows": rows, "lang": language}),
    )  # fmt: skip


class FlowForm(WordingForm):
    """A flow: what begins it, whether it asks for a proof and a yes, its end and its wordings."""

    on = forms.BooleanField(label=gettext_lazy("Switched on"), required=False)
    about = forms.CharField(label=gettext_lazy("What it is for"), required=False, max_length=300)
    end = forms.ChoiceField(label=gettext_lazy("At the end"))
    personal = forms.BooleanField(label=gettext_lazy("Only after a proof of who it is"), required=False)
    confirm = forms.BooleanField(label=gettext_lazy("Ask for a yes before it is done"), required=False)
    intents = forms.CharField(
        label=gettext_lazy("Intents that begin it"), required=False, max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 2}), help_text=gettext_lazy("One per line, as your company calls them."),
    )  # fmt: skip

    def __init__(self, flow: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        of_steps = {f"{kind}_{each['name']}" for kind in ("ask", "again") for each in flow["slots"]}
        wording = {key: texts for key, texts in flow["wording"].items() if key not in of_steps}
        super().__init__(wording, *args, required=False, name_of=labels.of_flow, **kwargs)
        end: Any = self.fields["end"]
        end.choices = end_choices()
        self.initial = {
            **self.initial, "on": flow.get("on", True), "about": flow.get("about", ""), "end": editing.end_of(flow),
            "personal": flow.get("personal", False), "confirm": flow.get("confirm", False),
            "intents": "\n".join(flow.get("intents", ())),
        }  # fmt: skip
        for kind, label in (
            ("keywords", _("Keywords: {language}")), ("examples", _("Examples: {language}")),
        ):  # fmt: skip
            for language in LANGUAGES:
                told = "\n".join(flow.get(kind, {}).get(language, ()))
                self.fields[f"{kind}_{language}"] = _texts(label, language, told, 3)

    def groups(self) -> list[Group]:
        """What begins it and what it says, by language, the reader's first and open."""
        reader = (get_language() or "")[:2]
        first = reader if reader in LANGUAGES else LANGUAGES[0]
        return [
            _group(NAMES[each], [("", self._in(each))], shown=each == first)
            for each in sorted(LANGUAGES, key=lambda language: language != first)
        ]

    def _in(self, language: str) -> list[forms.BoundField]:
        said = [self[f"{key}__{language}"] for key in self.keys]
        return [*said, *(self[f"{kind}_{language}"] for kind in ("keywords", "examples"))]

    def of_all_languages(self) -> list[forms.BoundField]:
        """Fields that are the same in every language."""
        return [self[name] for name in type(self).base_fields]

    def changed(self, flow: dict[str, Any]) -> dict[str, Any]:
        """The flow with what was typed."""
        told = self.cleaned_data
        found = {
            **flow, **_begins(told), "on": told["on"], "about": told["about"], "confirm": told["confirm"],
            "personal": told["personal"], "intents": lines_of(told["intents"]),
            "wording": {**flow["wording"], **self.wording()},
        }  # fmt: skip
        if told["end"] != editing.end_of(flow):
            found = editing.with_end(found, told["end"])
        return editing.confirmed(found)

    def blame(self, problems: Sequence[checking.Problem]) -> None:
        """Say each problem at the field where it can be put right."""
        for each in problems:
            self.add_error(each.field if each.field in self.fields else None, each.text)


class NewFlowForm(forms.Form):
    """A flow to be made: what it is called, what begins it, what is done at its end."""

    about = forms.CharField(label=gettext_lazy("What it is for"), required=False, max_length=300)
    end = forms.ChoiceField(label=gettext_lazy("At the end"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        end: Any = self.fields["end"]
        end.choices = end_choices()
        for language in LANGUAGES:
            self.fields[f"name_{language}"] = forms.CharField(
                label=_("Name: {language}").format(language=NAMES[language]), required=False, max_length=80,
                widget=forms.TextInput(attrs={"lang": language}),
            )  # fmt: skip
            self.fields[f"examples_{language}"] = _texts(_("Examples: {language}"), language, "", 3)

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if not any(told.get(f"name_{each}") for each in LANGUAGES):
            self.add_error(f"name_{LANGUAGES[0]}", _("Give the flow a name in at least one language."))
        for each in LANGUAGES:
            if told.get(f"name_{each}") and not lines_of(told.get(f"examples_{each}", "")):
                self.add_error(f"examples_{each}", _("Write what customers say, one per line."))
        return told

    def made(self, body: dict[str, Any]) -> dict[str, Any]:
        """The flow that was described."""
        told = self.cleaned_data
        names = {each: told[f"name_{each}"] for each in LANGUAGES}
        flow = editing.new_flow(body, names, told["end"], _begins({**told, **_NONE})["examples"])
        return {**flow, "about": told["about"]}


class SlotForm(forms.Form):
    """Something that a flow asks for: what it is called, its type, the question for it and how it is asked again."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=30)
    kind = forms.ChoiceField(label=gettext_lazy("Type"))

    def __init__(self, flow: dict[str, Any], slot: str, *args: Any, **kwargs: Any) -> None:
        known = next((each for each in flow["slots"] if each["name"] == slot), {"name": "", "kind": "text"})
        super().__init__(*args, **kwargs)
        self.initial = {**known, **self.initial}
        self.others = [each["name"] for each in flow["slots"] if each["name"] != slot]
        kind: Any = self.fields["kind"]
        kind.choices = list(labels.KINDS.items())
        for key, label in (("ask", _("Question: {language}")), ("again", _("Asked again: {language}"))):
            texts = flow["wording"].get(f"{key}_{slot}", {})
            for language in editing.spoken_by(flow):
                self.fields[f"{key}_{language}"] = _texts(label, language, texts.get(language, ""))

    def clean_name(self) -> str:
        """A name of Latin letters: it stands in wordings between curly brackets."""
        told = str(self.cleaned_data["name"]).strip()
        plain = editing.plain_key(told)
        if plain in self.others:
            raise forms.ValidationError(_("Two steps ask for the same thing."))
        if plain in checking.TAKEN:
            raise forms.ValidationError(_("“{name}” cannot be used as a name here.").format(name=plain))
        return plain

    def words(self, key: str) -> dict[str, str]:
        """``ask`` or ``again`` in each language."""
        return {each: self.cleaned_data.get(f"{key}_{each}", "") for each in LANGUAGES}


_NONE = {f"keywords_{each}": "" for each in LANGUAGES}


def _begins(told: dict[str, Any]) -> dict[str, dict[str, list[str]]]:
    return {
        kind: {language: lines_of(told[f"{kind}_{language}"]) for language in LANGUAGES}
        for kind in ("keywords", "examples")
    }
