"""A text field that suggests while one types: a plain field without JavaScript, a combobox with it (suggest.ts).

The server behind ``url_name`` answers htmx with a list of options for what was typed (parameter: the field's name).
What is chosen goes back beside the text as ``<name>_pick``; it counts only as long as the text still says the same.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from amity.base.ids import read_id

PAUSE_MS = 150


class SuggestInput(forms.TextInput):
    """The control; one per field of a page."""

    def __init__(self, url_name: str, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.url_name, self.picked = url_name, ""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """The text; the choice is kept for when the form is shown again."""
        self.picked = str(data.get(f"{name}_pick", ""))[:36]
        return super().value_from_datadict(data, files, name)

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """The field, where its choice is kept, and where suggestions appear."""
        own = {**(attrs or {})}
        box = f"{own.get('id') or f'id_{name}'}_found"
        own |= {
            "autocomplete": "off",
            "data-suggest": "",
            "hx-get": reverse(self.url_name),
            "hx-trigger": f"input changed delay:{PAUSE_MS}ms",
            "hx-target": f"#{box}",
            "hx-sync": "this:replace",
        }
        return format_html(
            '<div class="suggest">{}<input type="hidden" name="{}_pick" value="{}" data-suggest-pick>'
            '<div id="{}" class="suggest-found" hidden></div>'
            '<span class="visually-hidden" role="status"></span></div>',
            super().render(name, value, own, renderer),
            name,
            self.picked,
            box,
        )


def picked(form: forms.Form, name: str) -> UUID | None:
    """The id that was chosen from the suggestions of a field, if any."""
    return read_id(form.data.get(f"{form.add_prefix(name)}_pick", ""))
