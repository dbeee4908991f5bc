"""List pages: the rooms' listings with columns of other rooms, saved views, bulk actions and CSV export."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect, QueryDict, StreamingHttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from amity.access import api as access
from amity.base import clock, csv_cells, listing, undo
from amity.base.errors import Refused
from amity.base.ids import read_id
from amity.base.pages import page as render_page
from amity.base.pages import toast, wants_part
from amity.people import api as people
from amity.sales import api as sales
from amity.web import scores

BATCH_ROWS = 500
BULK_BOUND = 20_000


def _read_task(kind: str) -> Callable[[Any, QueryDict], dict[str, Any]]:
    def read(principal: Any, posted: QueryDict) -> dict[str, Any]:
        subject = posted.get("task_subject", "").strip()
        if not subject:
            raise Refused("task_empty", _("Say what is to be done."))
        return {"kind": kind, "subject": subject, "due_on": day_of(posted.get("task_due", ""))}

    return read


def _task(kind: str) -> listing.BulkAction:
    return listing.BulkAction(
        "task",
        gettext_lazy("Add a task"),
        "checkbox",
        "tasks.edit",
        sales.TASK_ADD,
        "web/_bulk_task.html",
        _read_task(kind),
    )


_PEOPLE = people.PEOPLE.plus([scores.column("person"), scores.lead_column()], after="lead", bulk=[_task("person")])
_PEOPLE = replace(_PEOPLE, filters=(*_PEOPLE.filters, scores.lead_filter()))
LISTS: dict[str, tuple[listing.Listing, str]] = {
    "people": (_PEOPLE, "people.view"),
    "companies": (people.COMPANIES.plus(bulk=[_task("company")]), "people.view"),
    "deals": (sales.DEALS.plus([scores.column("deal")], after="value", bulk=[_task("deal")]), "deals.view"),
    "products": (sales.PRODUCTS, "deals.view"),
}


@require_GET
def show(request: access.StaffRequest, name: str) -> HttpResponse:
    """The list page, or only its table for htmx."""
    shown = _listing(request, name)
    board = sales.board_remembered(request) if name == "deals" and not wants_part(request) else ""
    if board:
        return HttpResponseRedirect(board)
    view = listing.read(shown, request.principal, request.GET)
    page = listing.page(view, request.principal)
    response = render_page(request, "web/list.html", _context(request, view, page), part="web/_list.html")
    if wants_part(request):
        response.headers["HX-Push-Url"] = _url(request.path, view.params(cursor=view.cursor))
    if request.GET.get("as") == "table":
        sales.forget_board(response)
    return response


@require_GET
def export(request: access.StaffRequest, name: str) -> StreamingHttpResponse:
    """All rows of the view as CSV, streamed; refused above the export limit; audited."""
    shown = _listing(request, name)
    access.require(request.principal, shown.export)
    view = listing.read(shown, request.principal, request.GET)
    bound: int = settings.CONFIG.export_max_rows
    count = listing.matching(view, request.principal).values("pk")[: bound + 1].count()
    if count > bound:
        message = _("At most %(bound)s rows can be exported at once. Narrow the list with filters first.")
        raise Refused("export_too_large", message % {"bound": bound})
    with transaction.atomic():
        access.record(
            request.principal, "export", name, name, {"rows": count, "filters": [each.key for each in view.active]}
        )
    lines = csv_cells.lines((str(c.label) for c in view.columns), _cells(view, request.principal))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="amity-{name}-{clock.today()}.csv"'
    return response


@require_POST
def act(request: access.StaffRequest, name: str) -> HttpResponse:
    """A bulk action on ticked rows, or on all rows of the view; more than 500 rows become jobs. Undo in the toast."""
    shown = _listing(request, name)
    asked = request.POST.get("action", "")
    action = next((each for each in shown.bulk if each.key == asked), None)
    if action is None:
        raise Refused("no_action", _("Choose what to do with the rows."), 400)
    access.require(request.principal, action.permission)
    args = action.read(request.principal, request.POST)
    here = QueryDict(request.POST.get("query", "")[:4_000])
    ids = _picked(request, shown, here)
    if len(ids) <= BATCH_ROWS:
        group = undo.perform(request.principal, action.kind, {**args, "ids": ids})
        told = ngettext("%(n)s record changed", "%(n)s records changed", len(ids)) % {"n": len(ids)}
    else:
        batches = [{**args, "ids": ids[at : at + BATCH_ROWS]} for at in range(0, len(ids), BATCH_ROWS)]
        group = undo.perform_batches(request.principal, action.kind, batches)
        told = ngettext("%(n)s record is being changed", "%(n)s records are being changed", len(ids)) % {"n": len(ids)}
    toast(request, told, undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(f"{reverse(name)}?{here.urlencode()}" if here else reverse(name))


@require_POST
def save_view(request: access.StaffRequest, name: str) -> HttpResponse:
    """Save the filters, sorting and columns on the screen under a name."""
    shown = _listing(request, name)
    view = listing.read(shown, request.principal, QueryDict(request.POST.get("query", "")[:4_000]))
    told = request.POST.get("view_name", "")
    access.save_view(request.principal, name, told, view.query(), request.POST.get("shared") == "on")
    toast(request, _("View saved"))
    return HttpResponseRedirect(_url(reverse(name), view.params()))


@require_POST
def delete_view(request: access.StaffRequest, name: str, view_id: UUID) -> HttpResponse:
    """Delete one's own saved view; Undo in the toast."""
    _listing(request, name)
    group = undo.perform(request.principal, access.VIEW_KIND, {"ids": [str(view_id)]})
    toast(request, _("View deleted"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse(name))


@require_POST
def put_back(request: access.StaffRequest, group: UUID) -> HttpResponse:
    """Undo what a toast offered to undo, and return to where the person was."""
    undo.put_back(request.principal, group)
    toast(request, _("Undone"))
    if request.headers.get("X-Requested-With") == "fetch":  # the client reloads; the next page says it
        return HttpResponse(status=204)
    return HttpResponseRedirect(_back(request))


def _listing(request: access.StaffRequest, name: str) -> listing.Listing:
    shown, permission = LISTS[name]
    access.require(request.principal, permission)
    return shown


def _picked(request: access.StaffRequest, shown: listing.Listing, here: QueryDict) -> list[str]:
    """Ids to act on, all inside the reader's row scope (the handlers check again)."""
    if request.POST.get("all") == "on":
        rows = listing.matching(listing.read(shown, request.principal, here), request.principal)
        ids = [str(pk) for pk in rows.values_list("pk", flat=True)[: BULK_BOUND + 1]]
        if len(ids) > BULK_BOUND:
            message = _("At most %(bound)s rows can be changed at once. Narrow the list with filters first.")
            raise Refused("bulk_too_large", message % {"bound": BULK_BOUND})
    else:
        ids = [each for each in request.POST.getlist("ids")[:BATCH_ROWS] if read_id(each)]
    if not ids:
        raise Refused("nothing_picked", _("Tick the rows first."))
    return ids


def _context(request: access.StaffRequest, view: listing.View, page: listing.Page) -> dict[str, Any]:
    shown, path = view.listing, request.path
    allowed = [each for each in shown.bulk if request.principal.may(each.permission)]
    create = shown.create if shown.create and request.principal.may(shown.create[2]) else None
    return {
        "listing": shown,
        "view": view,
        "page": page,
        "columns": _heads(view, path),
        "path": path,
        "rows": [(row, [(c, c.html(row)) for c in view.columns]) for row in page.rows],
        "chips": [(each, _url(path, view.params(leave_out=each.key))) for each in view.active],
        "previous_url": _url(path, view.params(cursor=page.previous)) if page.previous else "",
        "next_url": _url(path, view.params(cursor=page.next)) if page.next else "",
        "query": view.query(),
        "bulk": allowed,
        "bulk_url": reverse(f"{shown.page}_bulk") if allowed else "",
        "bulk_bound": BULK_BOUND,
        "create": create,
        "leads": people.LEAD_CHOICES,
        "consents": people.consent.choices() if shown.page == "people" and allowed else (),
        "export_url": _url(reverse(f"{shown.page}_export"), view.params())
        if request.principal.may(shown.export)
        else "",
        "views": access.saved_views(request.principal, shown.page),
        "views_url": reverse(f"{shown.page}_views"),
        "may_share": request.principal.may("views.share"),
        "prominent": [each for each in view.controls if each.prominent],
        "hidden_filters": [each for each in view.controls if not each.prominent],
        "staff": next((c.choices for c in view.controls if c.key == "owner"), ())[2:],
        "chosen": {column.key for column in view.columns},
    }


def _heads(view: listing.View, path: str) -> list[dict[str, Any]]:
    heads = []
    for column in view.columns:
        current = column.sort is not None and view.order.key == column.key
        down = not view.order.descending if current else column.down
        name = f"-{column.key}" if down else column.key
        heads.append(
            {
                "column": column,
                "current": current,
                "descending": view.order.descending,
                "url": _url(path, view.params(sort=name)) if column.sort is not None else "",
            }
        )
    return heads


def _cells(view: listing.View, principal: access.Principal) -> Iterator[list[Any]]:
    for row in listing.everything(view, principal):
        yield [column.value(row) for column in view.columns]


def _url(path: str, params: list[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(params)}" if params else path


def _back(request: access.StaffRequest) -> str:
    referer = request.headers.get("Referer", "")
    safe = url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure())
    return referer if safe else reverse("home")


def day_of(text: str) -> str:
    """A typed date as ISO text; empty when there is none or it cannot be read."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""
