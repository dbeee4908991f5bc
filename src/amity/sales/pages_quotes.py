"""Pages of quotes: list, draft with lines, sending, answering; and the page that the customer sees."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from amity.access import api as access
from amity.base.errors import Refused
from amity.base.pages import page, toast
from amity.people import api as people
from amity.sales import letterheads, quotes, quotes_answers, quotes_forms, quotes_sending
from amity.sales.catalogue import product_choices
from amity.sales.deals import deals_by_id
from amity.sales.models import Quote
from amity.sales.quotes import QuoteView


@require_GET
def index(request: access.StaffRequest) -> HttpResponse:
    """The newest quotes in sight, by state. 3 queries, however many there are."""
    principal, status = request.principal, request.GET.get("status", "")
    found = quotes.quotes(principal, status)
    names = people.names([each.person_id for each in found], principal)
    firms = people.company_names([each.company_id for each in found], principal)
    none = UUID(int=0)
    rows = [
        (each, " · ".join(filter(None, (firms.get(each.company_id or none), names.get(each.person_id or none)))))
        for each in found
    ]
    return page(request, "sales/quotes.html", {"rows": rows, "status": status, "states": Quote.Status.choices})


@require_POST
def new(request: access.StaffRequest, kind: str, record_id: UUID) -> HttpResponse:
    """A draft for a record. Undo in the toast."""
    made, group = quotes.create(request.principal, kind, record_id)
    toast(request, _("Quote started"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse("quote", args=[made]))


@require_http_methods(["GET", "POST"])
def show(request: access.StaffRequest, quote_id: UUID) -> HttpResponse:
    """A quote; a draft is changed here, lines and all. Undo in the toast."""
    if request.method == "POST":
        access.require(request.principal, quotes.EDIT)
        return _save(request, quotes.get_quote(request.principal, quote_id))
    return _page(request, quotes.get_quote(request.principal, quote_id))


@require_GET
def paper(request: access.StaffRequest, quote_id: UUID) -> HttpResponse:
    """The quote as PDF."""
    return _pdf(quotes.get_quote(request.principal, quote_id))


@require_POST
def send(request: access.StaffRequest, quote_id: UUID) -> HttpResponse:
    """Give it its number and mail it, or only mark it as sent (given by hand)."""
    by_mail = "mail" in request.POST
    outcome = quotes_sending.send(request.principal, quote_id, by_mail, request.POST.get("words", "")[:5_000])
    if outcome is not None and outcome.state == "refused":
        toast(request, _("Not mailed: {why}").format(why=outcome.why), level=30)
    else:
        toast(request, _("On its way") if outcome else _("Marked as sent"))
    return HttpResponseRedirect(reverse("quote", args=[quote_id]))


@require_POST
def answer(request: access.StaffRequest, quote_id: UUID) -> HttpResponse:
    """Write down what the customer said; a yes makes an order. Undo in the toast."""
    access.require(request.principal, quotes.EDIT)
    said = request.POST.get("answer")
    if said not in ("yes", "no"):
        return HttpResponseRedirect(reverse("quote", args=[quote_id]))
    accepted = said == "yes"
    group = quotes_answers.answer(request.principal, quote_id, accepted, request.POST.get("by", ""))
    toast(request, _("Order made") if accepted else _("Declined"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse("quote", args=[quote_id]))


@require_POST
def version(request: access.StaffRequest, quote_id: UUID) -> HttpResponse:
    """A draft of the next version."""
    made = quotes.new_version(request.principal, quote_id)
    return HttpResponseRedirect(reverse("quote", args=[made]))


@require_POST
def archive(request: access.StaffRequest, quote_id: UUID) -> HttpResponse:
    """Take a draft away. Undo in the toast."""
    group = quotes.archive(request.principal, quote_id)
    toast(request, _("Archived"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse("quotes"))


@never_cache
@require_http_methods(["GET", "POST"])
def public(request: HttpRequest, token: str) -> HttpResponse:
    """What the customer sees: the lines, the sum, and two buttons. Nothing changes on GET."""
    view = quotes_answers.read_link(token)
    with translation.override(view.language):
        if request.method == "POST":
            _answered(token, view, request.POST.get("answer"), request.POST.get("by", ""))
            return HttpResponseRedirect(reverse("quote_public", args=[token]))
        context = {"record": view, "lines": quotes.lines_of(view.id), "token": token, "us": letterheads.paper()}
        return _private(render(request, "sales/quote_public.html", context))


@never_cache
@require_GET
def public_paper(request: HttpRequest, token: str) -> HttpResponse:
    """The PDF for the customer."""
    return _private(_pdf(quotes_answers.read_link(token)))


def _answered(token: str, view: QuoteView, said: str | None, by: str) -> None:
    """Only a yes or a no is an answer; the second click of two finds it given."""
    if said not in ("yes", "no") or view.status != Quote.Status.SENT:
        return
    try:
        quotes_answers.answer_by_link(token, said == "yes", by)
    except Refused as refused:
        if refused.code != "quote_not_open":
            raise


def _save(request: access.StaffRequest, view: QuoteView) -> HttpResponse:
    form, rows = quotes_forms.quote_form(view, request.POST), quotes_forms.typed_rows(request.POST)
    if form.is_valid():
        values = form.values()
        try:
            lines = quotes_forms.wanted_of(rows, values["currency"])
            group = quotes.change(request.principal, view.id, values, lines)
        except Refused as error:
            form.add_error(None, error.message)
        else:
            toast(request, _("Saved"), undo=reverse("undo", args=[group]))
            return HttpResponseRedirect(reverse("quote", args=[view.id]))
    return _page(request, view, form, rows)


def _page(request: access.StaffRequest, view: QuoteView, form: Any = None, rows: Any = None) -> HttpResponse:
    principal, none = request.principal, UUID(int=0)
    lines = quotes.lines_of(view.id)
    person = people.names([view.person_id], principal).get(view.person_id or none)
    firm = people.company_names([view.company_id], principal).get(view.company_id or none)
    deals = deals_by_id(principal, [view.deal_id]) if view.deal_id else {}
    context = {
        "record": view, "lines": lines, "person": person, "company": firm, "deal": deals.get(view.deal_id or none),
        "may_edit": principal.may(quotes.EDIT), "waiting": view.status == Quote.Status.SENT,
    }  # fmt: skip
    if view.draft and context["may_edit"]:
        context |= {
            "form": form or quotes_forms.quote_form(view),
            "rows": rows or quotes_forms.rows_of(lines, view.currency),
            "products": [name for _pk, name in product_choices()],
            "rates": [quotes_forms.plain(Decimal(r) / 100) for r in letterheads.letterhead().rates],
        }
    elif view.status == Quote.Status.SENT:
        context["link"] = quotes_answers.link_of(view.id)
    return page(request, "sales/quote.html", context)


def _pdf(view: QuoteView) -> HttpResponse:
    response = HttpResponse(quotes_sending.pdf_of(view), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{quotes_sending.file_name(view)}"'
    return response


def _private(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response
