"""Scores beside other rooms' records: one batch per list page; reasons are fetched when somebody opens them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from amity.access import api as access
from amity.base import filters, words
from amity.base.errors import NotFound
from amity.base.listing import Column, Row
from amity.base.pages import page
from amity.base.templatetags import amity_ui as ui
from amity.intelligence import api as intelligence
from amity.people import api as people
from amity.sales import api as sales


def column(kind: str) -> Column:
    """The score of each row of a list of ``kind`` (person, deal). 1 query."""

    def load(reader: Any, rows: Sequence[Row]) -> dict[UUID, Any]:
        if not reader.may("models.view"):
            return {}
        return dict(intelligence.scores_for(kind, [row.id for row in rows]))

    return Column("score", gettext_lazy("Chance"), load=load, cell=_cell(kind), text=_value)


def lead_column() -> Column:
    """The lead score of each row of the list of people: letter of the match, figure of the behaviour. 1 query."""

    def load(reader: Any, rows: Sequence[Row]) -> dict[UUID, Any]:
        return dict(intelligence.lead_scores.standings(row.id for row in rows)) if reader.may("models.view") else {}

    return Column("lead_score", gettext_lazy("Lead score"), load=load, cell=_lead_cell, text=_lead_text, minor=True)


def lead_filter() -> filters.Choice:
    """Narrow people to those who stand in a quadrant."""

    def where(picked: list[str], reader: Any) -> Q:
        return intelligence.lead_scores.in_quadrants(picked) if reader.may("models.view") else Q(pk=None)

    label = gettext_lazy("Lead score")
    return filters.Choice("quadrant", label, "", choices=tuple(intelligence.lead_scores.QUADRANTS.items()), where=where)


@require_GET
def reasons(request: access.StaffRequest, kind: str, record_id: UUID) -> HttpResponse:
    """Why a record has its score: signed bars in words, age, and the way to the model."""
    access.require(request.principal, "models.view")
    name = (
        sales.get_deal(request.principal, record_id).name
        if kind == "deal"
        else people.get_person(request.principal, record_id).name
    )
    score = intelligence.scores_for(kind, [record_id]).get(record_id)
    if score is None:
        raise NotFound(_("This record has not been scored yet."))
    context = {"name": name, "score": score, "back": reverse(kind, args=[record_id])}
    return page(request, "web/score.html", context, part="web/_score_reasons.html")


def _cell(kind: str) -> Callable[[Row], Any]:
    def cell(row: Row) -> Any:
        view = row.loaded["score"]
        if view is None:
            return ui.NOTHING
        url = reverse(f"{kind}_score", args=[row.id])
        label = _("Chance: %(share)s. Show reasons") % {"share": words.percent(view.value)}
        bar = ui.score_bar(view.value, view.low, view.high, view.base)
        return format_html(
            '<details class="score"><summary aria-label="{}">{}{}{}</summary>'
            '<div class="score-panel" hx-get="{}" hx-trigger="toggle from:closest details once">'
            '<a href="{}">{}</a></div></details>',
            label, ui.score_value(view.value, view.low, view.high), bar, _trend(view.trend), url, url,
            _("Show reasons"),
        )  # fmt: skip

    return cell


def _lead_cell(row: Row) -> Any:
    found = row.loaded["lead_score"]
    if found is None:
        return ui.NOTHING
    told = intelligence.lead_scores.QUADRANTS[found.quadrant]
    return format_html(
        '<span class="lead-grade" title="{}">{}</span>', f"{told} · {words.exact(found.as_of)}", found.grade
    )


def _lead_text(row: Row) -> Any:
    found = row.loaded["lead_score"]
    return found.grade if found else None


def _trend(trend: float | None) -> Any:
    if not trend:
        return ""
    mark = ui.icon("trending-up", "good", _("rising")) if trend > 0 else ui.icon("trending-down", "bad", _("falling"))
    return format_html('<span class="score-trend">{}</span>', mark)


def _value(row: Row) -> Any:
    view = row.loaded["score"]
    return view.value if view else None
