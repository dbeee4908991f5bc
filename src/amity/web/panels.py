"""Record pages are made of panels: one visible tuple per record, no auto-discovery."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from amity.access import api as access
from amity.desk import api as desk
from amity.intelligence import api as intelligence
from amity.people import api as people
from amity.sales import api as sales

Found = dict[str, Any]
Asks = people.Asking[Found]
Load = Callable[[access.Principal, Any], Found | Asks]
NAMES = {"person": 4, "company": 5, "deal": 5}  # queries for the names of all panels together


@dataclass(frozen=True, slots=True)
class Panel:
    """One part of a record page. ``load`` costs at most ``queries`` whatever the record holds, and may ask for names.

    Less than that only where there is nothing to be read. ``place``: ``top`` (scores), ``side`` (what to do next), or
    ``under`` the timeline. ``needs``: what it must have found, one of them, to be seen; a panel in which something can
    be done needs nothing.
    """

    key: str
    title: str | Promise
    records: tuple[str, ...]
    template: str
    load: Load
    queries: int
    permission: str = ""
    place: str = "side"
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filled:
    """A panel with what it found."""

    panel: Panel
    found: Found

    @property
    def silent(self) -> bool:
        """Nothing to say, and nothing to be done."""
        return bool(self.panel.needs) and not any(self.found.get(name) for name in self.panel.needs)


@dataclass(frozen=True, slots=True)
class Subject:
    """The record that a page is about, as panels need it. ``members``: it, and all that were merged into it."""

    kind: str  # person, company, deal
    id: UUID
    view: Any
    members: Sequence[UUID]


def subject_of(kind: str, view: Any) -> Subject:
    """A record that the reader was shown. 1 query, none for a deal."""
    if kind == "person":
        return Subject(kind, view.id, view, people.whole(view.id))
    return Subject(kind, view.id, view, people.merge_companies.members_of(view.id) if kind == "company" else [view.id])


def fill(
    principal: access.Principal, subject: Subject, around: people.Wanted, keys: Sequence[str] = ()
) -> tuple[people.Names, list[Filled]]:
    """Every panel of this kind of record that ``principal`` may see, in order; and the names of what is ``around``.

    ``keys``: only these panels.
    """
    shown = [
        each
        for each in PANELS
        if subject.kind in each.records
        and (not each.permission or principal.may(each.permission))
        and (not keys or each.key in keys)
    ]
    loaded = [_asking(each.load(principal, subject)) for each in shown]
    names, *found = people.told_together(principal, [_around(around), *loaded])
    return names, [Filled(panel, each) for panel, each in zip(shown, found, strict=True)]


def _around(wanted: people.Wanted) -> people.Asking[Any]:
    return (yield wanted)


def _asking(loaded: Found | Asks) -> people.Asking[Any]:
    if not isinstance(loaded, dict):
        return (yield from loaded)
    yield people.Wanted()
    return loaded


def cost(kind: str) -> int:
    """Queries of all panels of a kind of record, names included, for a reader who may see everything."""
    return sum(each.queries for each in PANELS if kind in each.records) + NAMES[kind]


def _facts(principal: access.Principal, subject: Subject) -> Asks:
    view = subject.view
    shown = people.values_of(view, subject.members)
    names = yield people.wanted_by_values(shown) + people.Wanted(sources=[view.origin_id])
    return {
        "values": people.told_values(shown, names),
        "source": _who(names.sources, view.origin_id),
        "mark_url": f"{subject.kind}_mark",
        "may_edit": principal.may("people.edit"),
    }


def _identifiers(principal: access.Principal, subject: Subject) -> Found:
    return {"identifiers": people.identifiers_of(subject.members)}


def _computed(principal: access.Principal, subject: Subject) -> Found:
    found = people.computed.values_of([subject.id])[subject.id]
    return {"values": [each for each in found if each.value is not None]}


def _segments(principal: access.Principal, subject: Subject) -> Found:
    return {"segments": people.segments.entries_of(subject.id), "moves": people.segments.moves_of(subject.id, 8)}


def _consent(principal: access.Principal, subject: Subject) -> Asks:
    return people.consent.panel(principal, subject.view)


def _joins(principal: access.Principal, subject: Subject) -> Asks:
    company = subject.kind == "company"
    joins = people.merge_companies.joins_of(subject.id) if company else people.joins_of(subject.members)
    urls = {"merge_url": f"{subject.kind}_merge", "unmerge_url": f"{subject.kind}_unmerge"}
    alike = [
        (pair.right if pair.left.id == subject.id else pair.left, pair)
        for pair in people.duplicates.pairs_of(principal, subject.kind, subject.id, 3)
    ]
    names = yield people.Wanted(staff=[each.actor_id for each in joins])
    told = [(each, _who(names.staff, each.actor_id), _why(each)) for each in joins]
    found = {"joins": told, "alike": alike, "may_decide": principal.may("duplicates.decide")}
    return found | {"kind": subject.kind, "may_edit": principal.may("people.edit"), **urls}


def _why(join: people.JoinView | people.merge_companies.CompanyJoin) -> str:
    if join.policy == "device":
        return gettext("signed in on the same device")
    if join.policy == "contact":
        return gettext("the same contact: {value}").format(value=join.evidence.get("value", ""))
    return gettext("merged by hand") if join.policy == "manual" else join.policy


def _quality(principal: access.Principal, subject: Subject) -> Asks:
    return people.quality.panel(principal, subject.view)


def _history(principal: access.Principal, subject: Subject) -> Asks:
    changes = people.history_of(subject.id)
    by = people.Wanted(staff=[each.actor_id for each in changes], sources=[each.origin_id for each in changes])
    names = yield people.wanted_by(changes) + by
    told = people.told_changes(changes, names)
    who = [_who(names.staff, each.actor_id) or _who(names.sources, each.origin_id) for each in told]
    return {"changes": list(zip(told, who, strict=True))}


def _deals(principal: access.Principal, subject: Subject) -> Found:
    about = _about(subject)
    return {"deals": sales.deals_of(principal, **about), "open_value": sales.open_value(principal, **about)}


def _customer(principal: access.Principal, subject: Subject) -> Found:
    found = intelligence.customers_for([subject.id]).get(subject.id)
    leaving = intelligence.churn_risks([subject.id]).get(subject.id)
    return {"customer": found, "leaving": leaving, "risk_label": gettext("Churn risk")}


def _offers(principal: access.Principal, subject: Subject) -> Found:
    return {"url": reverse(f"{subject.kind}_offers", args=[subject.id])}  # fetched after the page


def _orders(principal: access.Principal, subject: Subject) -> Found:
    orders = sales.orders_of(**_about(subject))
    lines = sales.lines_of(each.id for each in orders)
    return {"orders": [(each, lines.get(each.id, [])) for each in orders]}


def _tasks(principal: access.Principal, subject: Subject) -> Asks:
    tasks = sales.open_tasks(subject.kind, subject.id)
    names = yield people.Wanted(staff=[each.owner_id for each in tasks])
    told = [(each, _who(names.staff, each.owner_id)) for each in tasks]
    return {"tasks": told, "may_edit": principal.may("tasks.edit")}


def _notes(principal: access.Principal, subject: Subject) -> Asks:
    notes = sales.notes_of(principal, subject.kind, subject.members)
    names = yield people.Wanted(staff=[each.author_id for each in notes])
    told = [(each, _who(names.staff, each.author_id)) for each in notes]
    return {"notes": told, "may_edit": principal.may("tasks.edit")}


def _talks(principal: access.Principal, subject: Subject) -> Found:
    of = desk.conversations.of_person if subject.kind == "person" else desk.conversations.of_company
    may_write = subject.kind == "person" and bool(subject.view.email) and principal.may("desk.reply")
    return {"conversations": of(principal, subject.members, 8), "may_write": may_write}


def _meetings(principal: access.Principal, subject: Subject) -> Found:
    found = sales.meetings_of(principal, subject.kind, subject.members)
    guests = sales.guests_of([each.id for each in found])
    return {"rows": [(each, guests.get(each.id, [])) for each in found], "may_edit": principal.may("tasks.edit")}


def _quotes(principal: access.Principal, subject: Subject) -> Found:
    return {"quotes": sales.quotes(principal, limit=20, **_about(subject)), "may_edit": principal.may("deals.edit")}


def _relations(principal: access.Principal, subject: Subject) -> Asks:
    return sales.relations_around(principal, subject.kind, subject.view)


def _standing(principal: access.Principal, subject: Subject) -> Asks:
    standing = sales.standing_of(subject.view)
    gap = standing.gap if standing else None
    names = yield people.Wanted(staff=[gap.actor_id] if gap else [])
    who = _who(names.staff, gap.actor_id) if gap else ""
    return {"standing": standing, "who": who, "record": subject.view, "may_edit": principal.may("deals.edit")}


def _colleagues(principal: access.Principal, subject: Subject) -> Found:
    return {"people": people.people_of(principal, subject.id)}


def _subsidiaries(principal: access.Principal, subject: Subject) -> Found:
    return {"companies": people.subsidiaries_of(principal, subject.id)}


def _moves(principal: access.Principal, subject: Subject) -> Asks:
    moves = sales.moves_of(subject.id)
    names = yield people.Wanted(staff=[each.actor_id for each in moves])
    return {"moves": [(each, _who(names.staff, each.actor_id)) for each in moves]}


def _by_date(principal: access.Principal, subject: Subject) -> Found:
    return sales.by_date(principal, subject.view)


def _custom(principal: access.Principal, subject: Subject) -> Asks:
    names = yield people.Wanted(sources=[subject.view.origin_id])
    return {"custom": sorted(subject.view.custom.items()), "source": _who(names.sources, subject.view.origin_id)}


def _about(subject: Subject) -> dict[str, Any]:
    return {f"{subject.kind}_id": subject.id}


def _who(names: Mapping[UUID, str], key: UUID | None) -> str:
    return names.get(key, "") if key else ""


PROFILES = ("person", "company")
PANELS: tuple[Panel, ...] = (
    Panel(
        "lead_score",
        _("Lead score"),
        ("person",),
        "intelligence/lead_panel.html",
        intelligence.lead_scores.panel,
        5,
        "models.view",
        "top",
    ),
    Panel(
        "reach",
        _("Best time to reach them"),
        ("person",),
        "intelligence/lead_reach.html",
        intelligence.lead_scores.reach_panel,
        2,
        needs=("best",),
    ),
    Panel("tasks", _("Open tasks"), ("person", "company", "deal"), "web/panel_tasks.html", _tasks, 1),
    Panel("notes", _("Notes and calls"), ("person", "company", "deal"), "sales/panel_notes.html", _notes, 1),
    Panel("conversations", _("Conversations"), PROFILES, "desk/panel_conversations.html", _talks, 1, "desk.view"),
    Panel("meetings", _("Meetings"), ("person", "company", "deal"), "sales/panel_meetings.html", _meetings, 2),
    Panel("quotes", _("Quotes"), ("person", "company", "deal"), "sales/panel_quotes.html", _quotes, 1, "deals.view"),
    Panel("deals", _("Deals"), PROFILES, "web/panel_deals.html", _deals, 2, "deals.view"),
    Panel("people", _("People"), ("company",), "web/panel_people.html", _colleagues, 1),
    Panel("orders", _("Orders"), PROFILES, "web/panel_orders.html", _orders, 2, "deals.view", needs=("orders",)),
    Panel(
        "customer",
        _("As a customer"),
        PROFILES,
        "web/panel_customer.html",
        _customer,
        2,
        "models.view",
        needs=("customer", "leaving"),
    ),
    Panel("offers", _("What to offer next"), ("person", "deal"), "web/panel_offers.html", _offers, 0, "models.view"),
    Panel("by_date", _("Won by when"), ("deal",), "sales/panel_by_date.html", _by_date, 12, place="top"),
    Panel("standing", _("In this stage"), ("deal",), "sales/standing_panel.html", _standing, 5),
    Panel(
        "relations",
        _("Who knows whom"),
        ("person",),
        "sales/relations_panel.html",
        _relations,
        4,
        "deals.view",
        place="under",
    ),
    Panel(
        "relations",
        _("Who knows whom"),
        ("company",),
        "sales/relations_panel.html",
        _relations,
        5,
        "deals.view",
        place="under",
    ),
    Panel(
        "relations",
        _("Who knows whom"),
        ("deal",),
        "sales/relations_panel.html",
        _relations,
        3,
        "deals.view",
        place="under",
    ),
    Panel("stages", _("Stages"), ("deal",), "web/panel_stages.html", _moves, 1, needs=("moves",)),
    Panel(
        "subsidiaries",
        _("Subsidiaries"),
        ("company",),
        "web/panel_subsidiaries.html",
        _subsidiaries,
        1,
        needs=("companies",),
    ),
    Panel("facts", _("What we know"), PROFILES, "web/panel_facts.html", _facts, 4, place="under"),
    Panel(
        "custom", _("What we know"), ("deal",), "web/panel_custom.html", _custom, 0, place="under", needs=("custom",)
    ),
    Panel(
        "computed",
        _("From events"),
        ("person",),
        "web/panel_computed.html",
        _computed,
        3,
        "segments.view",
        place="under",
        needs=("values",),
    ),
    Panel(
        "segments",
        _("Segments"),
        ("person",),
        "web/panel_segments.html",
        _segments,
        2,
        "segments.view",
        needs=("segments", "moves"),
    ),
    Panel("consent", _("Consent"), ("person",), "people/consent_panel.html", _consent, 4),
    Panel("quality", _("Data quality"), ("person",), "people/_quality_panel.html", _quality, 3),
    Panel(
        "identifiers", _("Known by"), ("person",), "web/panel_identifiers.html", _identifiers, 1, needs=("identifiers",)
    ),
    Panel("joins", _("Joined from"), PROFILES, "web/panel_joins.html", _joins, 3),
    Panel(
        "history",
        _("Changed values"),
        PROFILES,
        "web/panel_history.html",
        _history,
        1,
        place="under",
        needs=("changes",),
    ),
)
