"""The page of the routing simulator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods

from amity.access import api as access
from amity.base import words
from amity.base.pages import page, toast
from amity.desk import routing, routing_cleaning, routing_forms, routing_words, simulator_runs
from amity.desk.simulator_runs import RunView

NAMES = {
    "now": _l("As it is now"), "changed": _l("As typed"), "round_robin": _l("In turn"),
    "least_loaded": _l("Who has most room"),
}  # fmt: skip
FIGURES = {
    "breaches": _l("Promises broken"), "urgent_breaches": _l("Urgent promises broken"),
    "wait_median": _l("Wait, median"), "wait_p90": _l("Wait, 9 of 10 below"), "handle": _l("Handling, mean"),
    "continuity": _l("Same agent as last time"), "evenness": _l("Evenness of load, 0 to 1"),
}  # fmt: skip
_SHARES = ("breaches", "urgent_breaches", "continuity")
SOURCES = {"log": _l("The last 30 days, from the log"), "made": _l("30 made-up days")}


@require_http_methods(["GET", "POST"])
def show(request: access.StaffRequest) -> HttpResponse:
    """Runs with their tables; a POST starts one. 4 queries."""
    access.require(request.principal, simulator_runs.RIGHT)
    steering = routing.settings()
    if request.method == "POST":
        told = routing_cleaning.cleaned("settings", routing_forms.values_of("settings", request.POST))["weights"]
        hold = told.pop("hold", steering.hold)
        told.pop("valuable_from", None)
        simulator_runs.start(request.principal, request.POST.get("source", "made"), told, hold)
        toast(request, _("It runs; the page shows what comes out."))
        return HttpResponseRedirect(reverse("desk_simulator"))
    runs = simulator_runs.runs(request.principal)
    staff = access.staff_names(each.staff_id for each in runs)
    context = {
        "runs": [(each, SOURCES[each.source], _name(staff, each.staff_id), _table(each)) for each in runs],
        "weights": [(name, label, steering.weights[name]) for name, label in routing_words.WEIGHTS.items()],
        "hold": steering.hold, "sources": list(SOURCES.items()), "ways": list(NAMES.values()),
    }  # fmt: skip
    return page(request, "desk/simulator.html", context)


def _name(names: Mapping[UUID, str], pk: UUID | None) -> str:
    return names.get(pk, "") if pk else ""


def _table(run: RunView) -> list[tuple[str, list[str]]]:
    """Rows of (figure, one text per way)."""
    ways: Any = run.found.get("ways", {})
    if not ways or not all(ways.values()):
        return []
    return [(str(label), [_told(name, ways[way][name]) for way in NAMES]) for name, label in FIGURES.items()]


def _told(name: str, figure: dict[str, float]) -> str:
    """A value with its interval: per cent, minutes, or a plain number."""
    if name in _SHARES:
        factor, unit = 100.0, " %"
    else:
        factor, unit = (1.0, "") if name == "evenness" else (1 / 60, " min")
    digits = 2 if name == "evenness" else 1
    least, most = 0.0, 1.0 if name in (*_SHARES, "evenness") else float("inf")
    ends = (min(max(figure[each], least), most) for each in ("value", "low", "high"))
    value, low, high = (words.number(round(each * factor, digits)) for each in ends)
    return f"{value}{unit} [{low} – {high}]"
