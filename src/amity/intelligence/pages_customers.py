"""The page of what is learned from purchases: its window, its test beside a naive rule, and learning anew."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from amity.access import api as access
from amity.base import words
from amity.base.pages import page, toast
from amity.intelligence import customers_jobs
from amity.intelligence import customers_store as store
from amity.intelligence.models import CustomerValue

_FIGURES = {
    "purchases": gettext_lazy("Purchases per customer, error"),
    "revenue": gettext_lazy("Revenue per customer, error"),
    "next_log_loss": gettext_lazy("Whether one buys, log loss"),
    "next_auc": gettext_lazy("Who buys rather, AUC"),
}


@require_GET
def show(request: access.StaffRequest) -> HttpResponse:
    """Value and recommendations: cards, tests, versions. 6 queries."""
    access.require(request.principal, "models.view")
    value, goods = store.live(store.VALUE), store.live(store.PRODUCTS)
    context = {
        "value": value,
        "figures": _figures(value),
        "risks": sorted((value.card.get("risks") or {}).items(), key=lambda item: int(item[0])) if value else [],
        "computed": CustomerValue.objects.filter(current=True).count(),
        "goods": goods,
        "tested": sorted((goods.card.get("tested") or {}).items(), key=lambda item: -item[1]) if goods else [],
        "versions": store.history(store.VALUE, 10),
        "under_way": customers_jobs.under_way(),
        "may_train": request.principal.may("models.train"),
    }
    return page(request, "intelligence/customer_models.html", context)


@require_POST
def learn(request: access.StaffRequest) -> HttpResponse:
    """Learn anew as a job."""
    customers_jobs.start(request.principal)
    toast(request, _("Learning has started"))
    return HttpResponseRedirect(reverse("customer_models"))


def _figures(version: store.CustomerVersion | None) -> list[dict[str, Any]]:
    """The test beside the naive rule, as the table shows it; money in major units."""
    found = []
    for each in (version.card.get("figures") or []) if version else []:
        scale = 100 if each["name"] == "revenue" else 1
        own, naive = (words.number(round(each[side] / scale, 3)) for side in ("own", "naive"))
        better = each["own"] > each["naive"] if each["name"] == "next_auc" else each["own"] < each["naive"]
        found.append({"label": _FIGURES[each["name"]], "own": own, "naive": naive, "better": better})
    return found
