"""The board of deals, moving cards on it, and the form at a stage gate."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from amity.access import api as access
from amity.base import listing
from amity.base.errors import NotFound, Refused
from amity.base.ids import read_id
from amity.base.pages import page, toast
from amity.sales import board as boards
from amity.sales import deals, gates, pipelines
from amity.sales.gates_form import GateForm

COOKIE, YEAR = "amity_deals", 365 * 86_400
SORTS = ("-updated_at", "-value", "expected", "opened")


def remembered(request: access.StaffRequest) -> str:
    """Where somebody goes who asks for deals as such and looked at the board last; empty for the table."""
    return reverse("deals_board") if request.COOKIES.get(COOKIE, "").startswith("board") and not request.GET else ""


def forget(response: HttpResponse) -> None:
    """From now on deals are shown as a table."""
    response.delete_cookie(COOKIE, samesite="Lax")


@require_GET
def show(request: access.StaffRequest) -> HttpResponse:
    """The board of one pipeline, or only its columns for htmx."""
    access.require(request.principal, "deals.view")
    offered = pipelines.for_reader(request.principal, pipelines.pipelines())
    last = read_id(request.COOKIES.get(COOKIE, "").partition(":")[2])
    pipeline = pipelines.chosen(request.principal, offered, read_id(request.GET.get("pipeline", "")), last)
    view = boards.read(request.principal, request.GET)
    context = _context(request, pipeline, view) | {"pipelines": offered, "board_page": True}
    response = page(request, "sales/board.html", context, part="sales/_board.html")
    response.set_cookie(COOKIE, f"board:{pipeline.id}", max_age=YEAR, httponly=True, samesite="Lax")
    return response


@require_GET
def cards(request: access.StaffRequest, stage_id: UUID) -> HttpResponse:
    """More cards of one column."""
    access.require(request.principal, "deals.view")
    pipeline, step = _step(request, stage_id)
    view = boards.read(request.principal, request.GET)
    found, marker = boards.more(request.principal, pipeline, view, step, request.GET.get("at", ""))
    context = {"cards": found, "step": step, "more_url": _more_url(step, view, marker), **_rights(request)}
    return page(request, "sales/_board_cards.html", context)


def before(principal: access.Principal, deal_id: UUID, stage_id: str) -> str:
    """Where to go before a deal is put into a stage: the form with what the stage asks for; empty when nothing."""
    found, view = read_id(stage_id), deals.get_deal(principal, deal_id)
    if found is None or found == view.stage_id:
        return ""
    return reverse("deal_gate", args=[deal_id, found]) if gates.missing(view, pipelines.step_called(found)) else ""


@require_POST
def place(request: access.StaffRequest, deal_id: UUID) -> HttpResponse:
    """Drop a card on a stage: moved, or the address of the form with what that stage asks for. Answers JSON."""
    view = deals.get_deal(request.principal, deal_id)
    access.require(request.principal, "deals.edit")
    step = _known(request.POST.get("stage", ""))
    if view.stage_id == step.id:
        return JsonResponse({"text": ""})
    if gates.missing(view, step):
        return JsonResponse({"asks": reverse("deal_gate", args=[deal_id, step.id])})
    group = gates.move(request.principal, deal_id, step)
    return JsonResponse({"text": _moved(view, step), "undo": reverse("undo", args=[group])})


@require_http_methods(["GET", "POST"])
def gate(request: access.StaffRequest, deal_id: UUID, stage_id: UUID) -> HttpResponse:
    """What a stage asks for, as a small form: fill it in, or say why not. Undo in the toast."""
    access.require(request.principal, "deals.edit")
    view, step = deals.get_deal(request.principal, deal_id), _known(str(stage_id))
    form = GateForm(request.principal, view, step, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            group = gates.move(request.principal, deal_id, step, form.given())
        except Refused as refused:
            if refused.code != "gate_reason":
                raise
            form.add_error("reason", refused.message)
        else:
            return _done(request, view, step, group)
    context = {"form": form, "record": view, "step": step, "labels": [gates.label(key) for key in form.missing]}
    status = 422 if form.errors and _fetched(request) else 200
    return page(request, "sales/gate.html", context, part="sales/_gate.html", status=status)


def _done(request: access.StaffRequest, view: deals.DealView, step: pipelines.Step, group: UUID | None) -> HttpResponse:
    back = reverse("undo", args=[group]) if group else ""
    if _fetched(request):
        return JsonResponse({"text": _moved(view, step), "undo": back})
    toast(request, _moved(view, step), undo=back)
    return HttpResponseRedirect(reverse("deal", args=[view.id]))


def _context(request: access.StaffRequest, pipeline: pipelines.PipelineView, view: listing.View) -> dict[str, Any]:
    found = boards.board(request.principal, pipeline, view)
    params = [("pipeline", str(pipeline.id)), *view.params()]
    hidden = [each for each in view.controls if each.key not in ("stage", "status")]
    chips = [(each, view.params(leave_out=each.key)) for each in view.active]
    return {
        "board": found,
        "view": view,
        "told": found.told,
        "path": request.path,
        "columns": [(each, _more_url(each.step, view, each.next)) for each in found.columns],
        "live_url": f"{reverse('deals_board')}?{urlencode(params)}",
        "table_url": f"{reverse('deals')}?{urlencode([('as', 'table'), *view.params()])}",
        "chips": [(each, f"{request.path}?{urlencode([params[0], *rest])}") for each, rest in chips],
        "prominent": [each for each in hidden if each.prominent],
        "hidden_filters": [each for each in hidden if not each.prominent],
        "sorts": [(name, label, name == view.order.name) for name, label in _sorts()],
        "closed_days": boards.CLOSED_DAYS,
        "may_create": request.principal.may("deals.edit"),
        "may_set_up": request.principal.may("deals.assign"),
        **_rights(request),
    }


def _rights(request: access.StaffRequest) -> dict[str, Any]:
    return {"may_move": request.principal.may("deals.edit")}


def _sorts() -> list[tuple[str, str]]:
    return list(zip(SORTS, (_("Updated"), _("Value"), _("Expected to close"), _("Opened")), strict=True))


def _more_url(step: pipelines.Step, view: listing.View, marker: str) -> str:
    params = [*view.params(), ("at", marker)]
    return f"{reverse('board_cards', args=[step.id])}?{urlencode(params)}" if marker else ""


def _step(request: access.StaffRequest, stage_id: UUID) -> tuple[pipelines.PipelineView, pipelines.Step]:
    for each in pipelines.for_reader(request.principal, pipelines.pipelines()):
        step = each.step(stage_id)
        if step:
            return each, step
    raise NotFound(_("This stage does not exist."))


def _known(stage_id: str) -> pipelines.Step:
    found = read_id(stage_id)
    if found is None:
        raise Refused("no_stage", _("Choose a stage."), 400)
    return pipelines.step_called(found)


def _moved(view: deals.DealView, step: pipelines.Step) -> str:
    return _("%(deal)s is now in %(stage)s") % {"deal": view.name, "stage": step.name}


def _fetched(request: access.StaffRequest) -> bool:
    return request.headers.get("X-Requested-With") == "fetch"
