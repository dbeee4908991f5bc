"""Every component of the interface kit on one page, with hard content: long words, errors, empty and extreme values.

Served at /gallery while ``AMITY_DEBUG`` is on; rendered and checked by the tests in every language.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from amity.base import clock, pages


class GalleryForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=_("Name"), max_length=80)
    email = forms.EmailField(label=_("E-mail"), help_text=_("Where the invitation goes."))
    stage = forms.ChoiceField(label=_("Stage"), choices=[("", "—"), ("open", _("Open")), ("won", _("Won"))])
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    when = forms.DateField(label=_("Date"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    channel = forms.ChoiceField(
        label=_("Channel"), choices=[("mail", _("E-mail")), ("phone", _("Phone"))], widget=forms.RadioSelect
    )
    agree = forms.BooleanField(label=_("Tell me when it is done"), required=False)


def context() -> dict[str, Any]:
    """What the gallery shows; no database."""
    now = clock.now()
    long_word = "Rechtsschutzversicherungsgesellschaften GmbH & Co. KG"
    rows = [
        ("Anna Kowalska", "Przedsiębiorstwo Wielobranżowe Źdźbło", 125_000_00, 0.72, 0.61, 0.81, "won", 3),
        (
            "Константин Константинопольский",
            "ООО «Электромонтажспецстройкомплект»",
            8_450_50,
            0.31,
            0.12,
            0.55,
            "open",
            190,
        ),
        ("", long_word, None, 0.04, 0.01, 0.09, "lost", 40_000),
        ("李小龍", "Acme", 99, None, None, None, "open", 900_000),
    ]
    keys = ("name", "company", "value", "score", "low", "high", "status", "age")
    records: list[dict[str, Any]] = [dict(zip(keys, row, strict=True)) for row in rows]
    for record in records:
        record["seen"] = now - timedelta(minutes=record.pop("age"))
    reasons = [
        {"text": "Visited the price page 4 times in the last week", "effect": 0.21},
        {"text": "Same industry as 31 customers who bought", "effect": 0.11},
        {"text": "No answer to the last two mails", "effect": -0.14},
        {"text": "Außendienstmitarbeiterterminvereinbarung fehlt", "effect": -0.05},
    ]
    broken = GalleryForm({"name": "", "email": "anna@", "stage": "", "note": "", "channel": ""})
    return {"records": records, "reasons": reasons, "now": now, "broken": broken, "trend": [3, 4, 4, 6, 5, 8, 9, 12]}


def page(request: HttpRequest) -> HttpResponse:
    """The gallery, with one toast to undo and one error."""
    pages.toast(request, "Anna Kowalska was archived.", undo="/gallery")
    pages.toast(request, "The file could not be read: it is empty.", level=messages.ERROR)
    return pages.page(request, "base/gallery.html", context())
