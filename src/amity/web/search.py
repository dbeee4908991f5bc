"""Global search: people, companies, deals, products and pages, for the palette and as a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from amity.access import api as access
from amity.base import context
from amity.base.pages import page as render_page
from amity.base.searching import fold, prefix_query, whole_query, words_of
from amity.people import api as people
from amity.sales import api as sales

PER_KIND = 6
MAX_QUERY = 200
LOOKED_AT = 1_000


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found."""

    name: str
    sub: str
    url: str
    mark: str  # person, company, or the name of an icon


@dataclass(frozen=True, slots=True)
class Group:
    """Hits of one kind; ``more_url`` leads to the list with the same words."""

    key: str
    label: str | Promise
    hits: Sequence[Hit]
    more_url: str


@require_GET
def page(request: access.StaffRequest) -> HttpResponse:
    """Groups of hits; at most 5 queries."""
    query = request.GET.get("q", "").strip()[:MAX_QUERY]
    groups = [group for group in find(request, query) if group.hits] if query else []
    return render_page(request, "web/search.html", {"q": query, "groups": groups}, part="web/_search.html")


def find(request: access.StaffRequest, query: str) -> list[Group]:
    """Everything that the reader may see and that has all these words, the best match first. 5 queries."""
    principal = request.principal
    groups = [_pages(request, query)]
    if not words_of(query):
        return groups
    if principal.may("people.view"):
        groups += [_people(principal, query), _companies(principal, query)]
    if principal.may("deals.view"):
        groups += [_deals(principal, query), _products(query)]
    return groups


def _people(principal: access.Principal, query: str) -> Group:
    views = people.person_views(_best(people.people_rows(principal), query), PER_KIND)
    names = people.company_names([view.company_id for view in views], principal)
    hits = [
        Hit(v.name, names.get(v.company_id, "") if v.company_id else v.email, reverse("person", args=[v.id]), "person")
        for v in views
    ]
    return _group("people", _("People"), hits, query)


def _companies(principal: access.Principal, query: str) -> Group:
    views = people.company_views(_best(people.company_rows(principal), query), PER_KIND)
    return _group(
        "companies",
        _("Companies"),
        [Hit(v.name, v.city, reverse("company", args=[v.id]), "company") for v in views],
        query,
    )


def _deals(principal: access.Principal, query: str) -> Group:
    rows = _best(sales.deal_rows(principal), query).values("pk", "title", "stage__name")[:PER_KIND]
    hits = [Hit(row["title"], row["stage__name"], reverse("deal", args=[row["pk"]]), "target-arrow") for row in rows]
    return _group("deals", _("Deals"), hits, query)


def _products(query: str) -> Group:
    rows = _best(sales.product_rows(access.SYSTEM), query).values("pk", "name", "sku")[:PER_KIND]
    hits = [Hit(row["name"], row["sku"], reverse("product", args=[row["pk"]]), "package") for row in rows]
    return _group("products", _("Products"), hits, query)


def _pages(request: access.StaffRequest, query: str) -> Group:
    wanted = query.casefold()
    places = [each for place in context.rail(request) for each in (place, *place.children)]
    hits = [
        Hit(each.label, "", each.url, each.icon or "arrow-right") for each in places if wanted in each.label.casefold()
    ]
    return Group("pages", _("Pages"), hits[:PER_KIND], "")


def _best(rows: QuerySet[Any], query: str) -> QuerySet[Any]:
    """Matches: first those whose name begins as typed, then those with the very words, then the newest.

    Of each way to match the first 1,000 found are looked at: ranking half a million would take seconds.
    """
    whole = Q(search_vector=whole_query(query))
    looked_at = Q()
    for way in (whole, Q(search_vector=prefix_query(query))):
        looked_at |= Q(pk__in=rows.filter(way).order_by().values("pk")[:LOOKED_AT])
    named = When(search__startswith=" ".join(words_of(query)), then=Value(0))
    rank = Case(named, When(whole, then=Value(1)), default=Value(2), output_field=IntegerField())
    found: QuerySet[Any] = rows.model._base_manager.filter(looked_at)
    return found.order_by(rank, "-updated_at", "-pk")


def _group(name: str, label: str | Promise, hits: list[Hit], query: str) -> Group:
    more = f"{reverse(name)}?q={fold(query).replace(' ', '+')}" if len(hits) == PER_KIND else ""
    return Group(name, label, hits, more)
