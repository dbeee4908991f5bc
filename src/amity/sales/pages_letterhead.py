"""The page of our own name, address and logo."""

from __future__ import annotations

from decimal import Decimal

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from amity.access import api as access
from amity.base.errors import Refused
from amity.base.pages import page, toast
from amity.sales import letterheads
from amity.sales.quotes_forms import LetterheadForm, plain


@require_http_methods(["GET", "POST"])
def edit(request: access.StaffRequest) -> HttpResponse:
    """What stands on quotes. Undo in the toast (the logo apart)."""
    access.require(request.principal, letterheads.PERMISSION)
    row = letterheads.letterhead()
    initial = {name: getattr(row, name) for name in letterheads.WORDS}
    initial["rates"] = "; ".join(plain(Decimal(each) / 100) for each in row.rates)
    form = LetterheadForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data.pop("logo")
        logo = given.read(600_000) if given else b"" if "no_logo" in request.POST else None
        try:
            group = letterheads.change(request.principal, form.cleaned_data, logo)
        except Refused as error:
            form.add_error("logo", error.message)
        else:
            toast(request, _("Saved"), undo=reverse("undo", args=[group]))
            return HttpResponseRedirect(reverse("letterhead"))
    return page(request, "sales/letterhead.html", {"form": form, "has_logo": bool(row.logo)})
