"""The inbox: views on the left, the list, and the conversation that is open; bulk changes and saved views."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zlib import crc32

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from amity.access import api as access
from amity.base import undo
from amity.base.errors import Refused
from amity.base.ids import read_id
from amity.base.pages import page, toast, wants_part
from amity.channels import api as channels
from amity.desk import conversations, conversations_merging, inbox
from amity.desk.conversations_changes import MOST
from amity.desk.inbox_doing import changed


@never_cache
@require_GET
def show(request: access.StaffRequest) -> HttpResponse:
    """The inbox, or its list and views alone for htmx; next to nothing where the page has them already (``since``)."""
    access.require(request.principal, conversations.SEE)
    context = list_of(request)
    if not wants_part(request):
        context |= _beside(request, context["asked"])
    elif request.GET.get("since", "") == context["since"]:
        return render(request, "desk/_inbox_same.html", context)
    return page(request, "desk/inbox.html", context, part="desk/_inbox_list.html")


@never_cache
@require_GET
def more(request: access.StaffRequest) -> HttpResponse:
    """Older rows of the list."""
    access.require(request.principal, conversations.SEE)
    asked = inbox.read(request.GET)
    rows, marker = inbox.rows(request.principal, asked)
    context = {"rows": rows, "asked": asked, "more_url": _more_url(asked, marker), **words()}
    return page(request, "desk/_inbox_rows.html", context)


@require_POST
def act(request: access.StaffRequest) -> HttpResponse:
    """Change the ticked conversations, or merge them into the one that was ticked first. Undo in the toast."""
    access.require(request.principal, conversations.WORK)
    ids = [pk for each in request.POST.getlist("ids")[:MOST] if (pk := read_id(each))]
    if not ids:
        raise Refused("nothing_picked", _("Tick the rows first."))
    if request.POST.get("what") == "merge":
        into, *others = _oldest_first(request.principal, ids)
        group = conversations_merging.merge(request.principal, into, others)
    else:
        group = changed(request.principal, ids, request.POST.get("what", ""), request.POST.get("value", ""))
    told = ngettext("%(n)s conversation changed", "%(n)s conversations changed", len(ids)) % {"n": len(ids)}
    toast(request, told, undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(f"{reverse('inbox')}?{inbox.read(QueryDict(request.POST.get('query', ''))).query()}")


@require_POST
def save_view(request: access.StaffRequest) -> HttpResponse:
    """Keep what the list shows under a name."""
    access.require(request.principal, conversations.SEE)
    asked = inbox.read(QueryDict(request.POST.get("query", "")[:2_000]))
    shared = request.POST.get("shared") == "on"
    access.save_view(request.principal, inbox.PAGE, request.POST.get("view_name", ""), asked.query(), shared)
    toast(request, _("View saved"))
    return HttpResponseRedirect(f"{reverse('inbox')}?{asked.query()}")


@require_POST
def delete_view(request: access.StaffRequest, view_id: UUID) -> HttpResponse:
    """Delete one's own saved view; Undo in the toast."""
    access.require(request.principal, conversations.SEE)
    group = undo.perform(request.principal, access.VIEW_KIND, {"ids": [str(view_id)]})
    toast(request, _("View deleted"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse("inbox"))


def context_of(request: access.StaffRequest) -> dict[str, Any]:
    """Views, list, and what stands around them. 10 queries."""
    context = list_of(request)
    return context | _beside(request, context["asked"])


def list_of(request: access.StaffRequest) -> dict[str, Any]:
    """Views and list, with a mark of what they show. 7 queries, one more where the list is empty."""
    asked = inbox.read(request.GET)
    rows, marker = inbox.rows(request.principal, asked)
    usual, queues = inbox.shelves(request.principal, asked)
    here = next((each for each in (*usual, *queues) if each.on), None)
    return {
        "asked": asked, "rows": rows, "more_url": _more_url(asked, marker), "usual": usual, "queues": queues,
        "query": asked.query(), "since": _mark(rows, [*usual, *queues]),
        "here": _("Search") if asked.q else (here.label if here else ""),
        "filters": dict(asked.filters), "may_work": request.principal.may(conversations.WORK),
        "unconnected": not (rows or asked.q or asked.filters or channels.connected()),
        "may_connect": request.principal.may("channels.manage"), **words(),
    }  # fmt: skip


def _beside(request: access.StaffRequest, asked: inbox.Asked) -> dict[str, Any]:
    """Saved views and what is chosen from. 3 queries."""
    principal = request.principal
    saved = access.saved_views(principal, inbox.PAGE) if principal.staff_id else []
    return {
        "saved": [(each, each.query == asked.query()) for each in saved],
        "may_share": principal.may("views.share"), "may_manage": principal.may("desk.manage"),
        "colleagues": access.staff_choices(), "queue_choices": inbox.queue_choices(principal),
    }  # fmt: skip


def _mark(rows: Iterable[inbox.Row], shelves: Iterable[inbox.Shelf]) -> str:
    """A number that changes with anything that list and views show. Pure."""
    told = [*rows, *((each.key, str(each.label), each.count, each.on) for each in shelves)]
    return f"{crc32(repr(told).encode()):x}"


def words() -> dict[str, Any]:
    """What channels, urgency and tones are called."""
    return {"channels": inbox.CHANNELS, "urgencies": inbox.URGENCY, "tones": inbox.TONES}


def _more_url(asked: inbox.Asked, marker: str) -> str:
    return f"{reverse('inbox_more')}?{asked.query()}&{urlencode({'at': marker})}" if marker else ""


def _oldest_first(principal: access.Principal, ids: list[UUID]) -> list[UUID]:
    rows = conversations.rows_of(principal).filter(pk__in=ids)
    return list(rows.order_by("started_at", "id").values_list("pk", flat=True)) or ids
