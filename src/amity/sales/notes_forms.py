"""The form of a note and of a call note; one form, so that a call is written down in one go."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from amity.base import clock
from amity.sales.notes import MAX_MINUTES, MAX_TEXT, FollowUp, NoteView
from amity.sales.notes_models import Note

_WHEN = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class NoteForm(forms.Form):
    """What was said. ``follow_*``: the task that follows, asked only when a note is new."""

    body = forms.CharField(
        label=_("What was said"), max_length=MAX_TEXT, required=False, widget=forms.Textarea(attrs={"rows": 6})
    )
    happened_at = forms.DateTimeField(label=_("When"), required=False, widget=_WHEN)
    follow_subject = forms.CharField(
        label=_("What is to be done"), max_length=300, required=False, help_text=_("Becomes a task of yours.")
    )
    follow_due = forms.DateField(label=_("Due on"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, view: NoteView | None, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", _initial(view, list(self.base_fields)))
        super().__init__(*args, **kwargs)
        if view is not None:
            for name in ("follow_subject", "follow_due"):
                del self.fields[name]
        self.fields["body"].widget.attrs["autofocus"] = True

    def values(self) -> dict[str, Any]:
        """What to store; a time that was not touched stays to the second."""
        said = {name: value for name, value in self.cleaned_data.items() if not name.startswith("follow_")}
        if "happened_at" not in self.changed_data:
            said.pop("happened_at")
        return said

    def follow(self) -> FollowUp:
        """The task that follows."""
        return FollowUp(self.cleaned_data.get("follow_subject", ""), self.cleaned_data.get("follow_due"))


class CallForm(NoteForm):
    """A call: who called, how it ended, how long, what was said and promised."""

    direction = forms.ChoiceField(label=_("Who called"), choices=Note.Direction.choices, required=False)
    outcome = forms.ChoiceField(label=_("How it ended"), choices=Note.Outcome.choices)
    minutes = forms.IntegerField(label=_("Minutes"), min_value=0, max_value=MAX_MINUTES, required=False)
    promised = forms.CharField(
        label=_("What was promised"), max_length=MAX_TEXT, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    field_order = ("outcome", "direction", "body", "promised", "minutes", "happened_at", "follow_subject", "follow_due")


def form_of(kind: str, view: NoteView | None, data: Any = None) -> NoteForm:
    """The form of a note of this kind."""
    return CallForm(view, data) if kind == Note.Kind.CALL else NoteForm(view, data)


def _initial(view: NoteView | None, names: list[str]) -> dict[str, Any]:
    if view is None:
        return {"happened_at": clock.now().replace(second=0, microsecond=0), "direction": "out", "outcome": "reached"}
    return {name: getattr(view, name) for name in names if hasattr(view, name)}
