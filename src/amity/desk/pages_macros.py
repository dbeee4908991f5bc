"""Pages of macros: the list, and one to be changed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from amity.access import api as access
from amity.base.errors import Refused
from amity.base.ids import read_id
from amity.base.pages import page, toast
from amity.desk import conversations, inbox, macros
from amity.desk.models import State


class MacroForm(forms.Form):
    """A macro: name, team, a text per language, actions."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=macros.MAX_NAME)
    team_id = forms.ChoiceField(label=gettext_lazy("Team"), required=False)
    state = forms.ChoiceField(label=gettext_lazy("Then put it to"), required=False)
    queue = forms.ChoiceField(label=gettext_lazy("Move to queue"), required=False)
    urgency = forms.ChoiceField(label=gettext_lazy("Urgency"), required=False)
    snooze_hours = forms.ChoiceField(label=gettext_lazy("Snooze for hours"), required=False)

    def __init__(self, principal: access.Principal, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, label in settings.LANGUAGES:
            box = forms.Textarea(attrs={"rows": 4, "lang": code})
            named = gettext_lazy("Text: {language}").format(language=label)
            self.fields[f"text_{code}"] = forms.CharField(
                label=named, required=False, max_length=macros.MAX_TEXT, widget=box
            )
        none = [("", "–")]
        self._choose("team_id", [("", _("Everybody")), *((str(pk), name) for pk, name in access.team_choices())])
        self._choose("state", [*none, *((key, str(State(key).label)) for key in macros.STATES)])
        self._choose("queue", [*none, *((str(pk), name) for pk, name in inbox.queue_choices(principal))])
        self._choose("urgency", [*none, *((str(key), label) for key, label in inbox.URGENCY.items())])
        self._choose("snooze_hours", [*none, *((str(each), str(each)) for each in macros.SNOOZES)])

    def _choose(self, name: str, choices: list[Any]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """As `macros.save` takes them."""
        told = self.cleaned_data
        numbers = {name: int(told[name]) for name in ("urgency", "snooze_hours") if told[name]}
        texts = {code: told[f"text_{code}"] for code, _label in settings.LANGUAGES}
        actions = {"state": told["state"], "queue": told["queue"], **numbers}
        return {"name": told["name"], "team_id": read_id(told["team_id"]), "texts": texts, "actions": actions}


@require_GET
def index(request: access.StaffRequest) -> HttpResponse:
    """All macros that the reader may use."""
    teams = dict(access.team_choices())
    rows = [(each, teams.get(each.team_id, "") if each.team_id else "") for each in macros.listed(request.principal)]
    context = {"macros": rows, "may_work": request.principal.may(conversations.WORK)}
    return page(request, "desk/macros.html", context)


@require_http_methods(["GET", "POST"])
def edit(request: access.StaffRequest, macro_id: UUID | None = None) -> HttpResponse:
    """Make or change a macro. Undo in the toast."""
    access.require(request.principal, macros.MANAGE)
    known = macros.get(request.principal, macro_id) if macro_id else None
    form = MacroForm(request.principal, request.POST or None, initial=_initial(known) if known else {})
    if request.method == "POST" and form.is_valid():
        try:
            group = macros.save(request.principal, macro_id, form.values())
        except Refused as refused:
            form.add_error("team_id" if refused.code == "macro_team" else None, refused.message)
        else:
            toast(request, _("Saved"), undo=reverse("undo", args=[group]))
            return HttpResponseRedirect(reverse("macros"))
    told = [f"{{{each}}}" for each in macros.PLACEHOLDERS]
    return page(request, "desk/macro.html", {"form": form, "macro": known, "placeholders": told})


@require_POST
def archive(request: access.StaffRequest, macro_id: UUID) -> HttpResponse:
    """Take a macro out of use. Undo in the toast."""
    access.require(request.principal, macros.MANAGE)
    group = macros.archive(request.principal, macro_id)
    toast(request, _("Archived"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse("macros"))


def _initial(known: macros.MacroView) -> dict[str, Any]:
    texts = {f"text_{code}": text for code, text in known.texts.items()}
    return {"name": known.name, "team_id": str(known.team_id or ""), **texts, **known.actions}
