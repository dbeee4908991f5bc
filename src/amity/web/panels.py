"""Record pages are made of panels: one visible tuple per record, no auto-discovery."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from amity.access import api as access
from amity.people import api as people
from amity.sales import api as sales

Load = Callable[[access.Principal, Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Panel:
    """One part of a record page. ``load`` costs a fixed number of ``queries`` whatever the record holds."""

    key: str
    title: str | Promise
    records: tuple[str, ...]
    template: str
    load: Load
    queries: int
    permission: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """A panel with what it found."""

    panel: Panel
    found: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """The record that a page is about, as panels need it."""

    kind: str  # person, company, deal
    id: UUID
    view: Any


def fill(principal: access.Principal, subject: Subject) -> list[Filled]:
    """Every panel of this kind of record that ``principal`` may see, loaded in order."""
    wanted = (each for each in PANELS if subject.kind in each.records)
    return [
        Filled(each, each.load(principal, subject))
        for each in wanted
        if not each.permission or principal.may(each.permission)
    ]


def cost(kind: str) -> int:
    """Queries of all panels of a kind of record, for a reader who may see everything."""
    return sum(each.queries for each in PANELS if kind in each.records)


def _facts(principal: access.Principal, subject: Subject) -> dict[str, Any]:
    sources = people.origin_names([subject.view.origin_id])
    return {
        "values": people.told_values(principal, subject.view),
        "source": _who(sources, subject.view.origin_id),
        "mark_url": f"{subject.kind}_mark",
        "may_edit": principal.may("people.edit"),
    }


def _identifiers(principal: access.Principal, subject: Subject) -> dict[str, Any]:
    return {"identifiers": people.identifiers_of(subject.id)}


def _computed(principal: access.Principal, subject: Subject) -> dict[str, Any]:
    found = people.computed.values_of([subject.id])[subject.id]
    return {"values": [each for each in found if each.value is not None]}


def _segments(principal: access.Principal, subject: Subject) -> dict[str, Any]:
    return {"segments": people.segments.entries_of(subject.id), "moves": people.segments.moves_of(subject.id, 8)}


def _consent(principal: access.Principal, subject: Subject) -> dict[str, Any]:
    return people.consent.panel(principal, subject.view)


def _joins(principal: access.Principal, subject: Subject) -> dict[str, Any]:
    company = subject.kind == "company"
    joins = people.merge_companies.joins_of(subject.id) if company else people.joins_of(subject.id)
    staff = access.staff_names([*(each.actor_id for each in joins), UUID(int=0)])
    told = [(each, _who(staff, each.actor_id), _why(each)) for each in joins]
    urls = {"merge_url": f"{subject.kind}_merge", "unmerge_url": f"{subject.kind}_unmerge"}
    alike = [
        (pair.right if pair.left.id == subject.id else pair.left, pair)
        for pair in people.duplicates.pairs_of(principal, subject.kind, subject.id, 3)
    ]
    found = {"joins": told, "alike": alike, "may_decide": principal.may("duplicates.decide")}
    return found | {"kind": subject.kind, "may_edit": principal.may("people.edit"), **urls}


def _why(join: people.JoinView | people.merge_companies.CompanyJoin) -> str:
    if join.policy == "device":
        return gettext("signed in on the same device")
    if join.policy == "contact":
        return gettext("the same contact: {value}").format(value=join.evidence.get("value", ""))
    return gettext("merged by hand") if join.policy == "manual" else join.policy


def _quality(principal: access.Principal, subject: Subject) -> dict[str, Any]:
    return people.quality.panel(principal, subject.id)


def _history(principal: access.Principal, subject: Subject) -> dict[str, Any]:
    changes = people.history_of(subject.id)
    staff = access.staff_names([*(each.actor_id for each in changes), UUID(int=0)])
    sources = people.origin_names(each.origin_id for each in changes)
    told = people.told_changes(principal, changes)
    return {"changes": [(each, _who(staff, each.actor_id) or _who(sources, each.origin_id)) for each in told]}


def _deals(principal: access.Principal, subject: Subject) -> dict[str, Any]:
    about = _about(subject)
    return {"deals": sales.deals_of(principal, **about), "open_value": sales.open_value(principal, **about)}


def _orders(principal: access.Principal, subject: Subject) -> dict[str, Any]:
    orders = sales.orders_of(**_about(subject))
    lines = sales.lines_of(each.id for each in orders)
    return {"orders": [(each, lines.get(each.id, [])) for each in orders]}


def _tasks(principal: access.Principal, subject: Subject) -> dict[str, Any]:
    tasks = sales.open_tasks(subject.kind, subject.id)
    staff = access.staff_names([*(each.owner_id for each in tasks), UUID(int=0)])
    return {"tasks": [(each, _who(staff, each.owner_id)) for each in tasks], "may_edit": principal.may("tasks.edit")}


def _colleagues(principal: access.Principal, subject: Subject) -> dict[str, Any]:
    return {"people": people.people_of(principal, subject.id)}


def _subsidiaries(principal: access.Principal, subject: Subject) -> dict[str, Any]:
    return {"companies": people.subsidiaries_of(principal, subject.id)}


def _moves(principal: access.Principal, subject: Subject) -> dict[str, Any]:
    moves = sales.moves_of(subject.id)
    staff = access.staff_names([*(each.actor_id for each in moves), UUID(int=0)])
    return {"moves": [(each, _who(staff, each.actor_id)) for each in moves]}


def _custom(principal: access.Principal, subject: Subject) -> dict[str, Any]:
    sources = people.origin_names([subject.view.origin_id])
    return {"custom": sorted(subject.view.custom.items()), "source": _who(sources, subject.view.origin_id)}


def _about(subject: Subject) -> dict[str, Any]:
    return {f"{subject.kind}_id": subject.id}


def _who(names: dict[UUID, str], key: UUID | None) -> str:
    return names.get(key, "") if key else ""


PROFILES = ("person", "company")
PANELS: tuple[Panel, ...] = (
    Panel("tasks", _("Open tasks"), ("person", "company", "deal"), "web/panel_tasks.html", _tasks, 2),
    Panel("deals", _("Deals"), PROFILES, "web/panel_deals.html", _deals, 2, "deals.view"),
    Panel("people", _("People"), ("company",), "web/panel_people.html", _colleagues, 1),
    Panel("orders", _("Orders"), PROFILES, "web/panel_orders.html", _orders, 2, "deals.view"),
    Panel("stages", _("Stages"), ("deal",), "web/panel_stages.html", _moves, 2),
    Panel("subsidiaries", _("Subsidiaries"), ("company",), "web/panel_subsidiaries.html", _subsidiaries, 1),
    Panel("facts", _("What we know"), ("person",), "web/panel_facts.html", _facts, 14),
    Panel("facts", _("What we know"), ("company",), "web/panel_facts.html", _facts, 12),
    Panel("custom", _("What we know"), ("deal",), "web/panel_custom.html", _custom, 2),
    Panel("computed", _("From events"), ("person",), "web/panel_computed.html", _computed, 3, "segments.view"),
    Panel("segments", _("Segments"), ("person",), "web/panel_segments.html", _segments, 2, "segments.view"),
    Panel("consent", _("Consent"), ("person",), "people/consent_panel.html", _consent, 9),
    Panel("quality", _("Data quality"), ("person",), "people/_quality_panel.html", _quality, 7),
    Panel("identifiers", _("Known by"), ("person",), "web/panel_identifiers.html", _identifiers, 3),
    Panel("joins", _("Joined from"), PROFILES, "web/panel_joins.html", _joins, 5),
    Panel("history", _("Changed values"), PROFILES, "web/panel_history.html", _history, 6),
)
