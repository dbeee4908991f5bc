"""The graph of who knows whom around a record: a small picture, and the same as a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import cos, pi, sin
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock
from amity.events import api as events
from amity.people import api as people
from amity.sales.models import ContactRole, Deal, TieKind
from amity.sales.relations import NO_DEAL, ContactView, TieView, contacts_of, ties_of

WIDTH, HEIGHT = 520, 300
MAX_NODES = 12
QUIET_DAYS = 30
UNANSWERED = 2  # of ours since their last word


@dataclass(frozen=True, slots=True)
class Node:
    """A person in the picture, at pixels ``x``, ``y``. ``quiet``: days since they stopped answering, else None."""

    id: UUID
    name: str
    x: int
    y: int
    roles: tuple[str, ...]
    quiet: int | None
    focus: bool

    @property
    def short(self) -> str:
        return self.name if len(self.name) <= 22 else f"{self.name[:21]}…"

    @property
    def label_y(self) -> int:
        return self.y + 30


@dataclass(frozen=True, slots=True)
class Edge:
    """A line between two people. ``tie`` None: not typed by anybody, but seen (``evidence``)."""

    first: Node
    second: Node
    label: str
    evidence: str
    tie: TieView | None

    @property
    def middle(self) -> tuple[int, int]:
        return (self.first.x + self.second.x) // 2, (self.first.y + self.second.y) // 2 - 4


def around(principal: access.Principal, kind: str, view: Any) -> people.Asking[dict[str, Any]]:
    """Everybody around a person, company or deal. At most 5 queries, names apart."""
    deals, seeds = _seeds(principal, kind, view)
    contacts = contacts_of(deals)
    if kind != "company":
        seeds = list(dict.fromkeys([*seeds, *(each.person_id for each in contacts)]))[:MAX_NODES]
    ties = ties_of(seeds)
    wanted = dict.fromkeys([*seeds, *(pk for tie in ties for pk in (tie.first, tie.second))])
    names = yield people.Wanted(people=[*wanted, NO_DEAL])  # asked where nobody is, too: a page costs the same
    shown = [pk for pk in wanted if pk in names.people][:MAX_NODES]
    linked = {pk for tie in ties for pk in (tie.first, tie.second)} | {each.person_id for each in contacts}
    focus = view.id if kind == "person" else None
    shown = [pk for pk in shown if pk in linked or pk == focus or kind == "deal"]
    nodes = _placed(shown, names.people, contacts if kind == "deal" else (), events.heard(shown), focus)
    edges = [*_typed(ties, nodes), *_seen(contacts, nodes, deals, {(tie.first, tie.second) for tie in ties})]
    return {
        "nodes": list(nodes.values()), "edges": edges, "kind": kind, "record": view,
        "contacts": [(each, nodes[each.person_id]) for each in contacts if each.person_id in nodes and kind == "deal"],
        "quiet": [node for node in nodes.values() if node.quiet is not None],
        "roles": ContactRole.choices, "ties": TieKind.choices,
        "may_edit": principal.may("deals.edit" if kind == "deal" else "people.edit"),
        "width": WIDTH, "height": HEIGHT, "drawn": len(nodes) > 1,
    }  # fmt: skip


def _seeds(principal: access.Principal, kind: str, view: Any) -> tuple[dict[UUID, str], list[UUID]]:
    """Deals around a record, by title, and the people to begin with. At most 2 queries."""
    if kind == "deal":
        return {view.id: view.title}, [view.person_id] if view.person_id else []
    rows = Deal.objects.filter(access.rows_of(principal), archived_at=None)
    if kind == "company":
        found = [each.id for each in people.people_of(principal, view.id)]
        rows = rows.filter(company_id=view.id)
    else:
        found, rows = [view.id], rows.filter(contacts__person_id=view.id)
    return dict(rows.order_by("-updated_at").values_list("pk", "title")[:20]), found[:40]


def _placed(
    ids: Sequence[UUID], names: Mapping[UUID, str], contacts: Iterable[ContactView],
    heard: Mapping[UUID, events.Heard], focus: UUID | None,
) -> dict[UUID, Node]:  # fmt: skip
    """Everybody on an ellipse, the person whom it is about in the middle."""
    ring = [pk for pk in ids if pk != focus]
    roles: dict[UUID, list[str]] = {}
    for each in contacts:
        roles.setdefault(each.person_id, []).append(each.label)
    nodes = {}
    for pk in ids:
        at = 2 * pi * ring.index(pk) / len(ring) - pi / 2 if pk != focus else 0.0
        reach = 0 if pk == focus else 1
        x, y = WIDTH / 2 + reach * 180 * cos(at), HEIGHT / 2 - 10 + reach * 105 * sin(at)
        nodes[pk] = Node(
            pk, names[pk], round(x), round(y), tuple(roles.get(pk, ())), _quiet(heard.get(pk)), pk == focus
        )
    return nodes


def _quiet(heard: events.Heard | None) -> int | None:
    """Days since the last word of somebody who answered once, and whom we have written to since in vain."""
    if heard is None or heard.last_in is None or heard.unanswered < UNANSWERED:
        return None
    days = (clock.now() - heard.last_in).days
    return days if days >= QUIET_DAYS else None


def _typed(ties: Iterable[TieView], nodes: Mapping[UUID, Node]) -> list[Edge]:
    both = [tie for tie in ties if tie.first in nodes and tie.second in nodes]
    return [Edge(nodes[tie.first], nodes[tie.second], tie.label, tie.note, tie) for tie in both]


def _seen(
    contacts: Iterable[ContactView], nodes: Mapping[UUID, Node], deals: Mapping[UUID, str],
    known: set[tuple[UUID, UUID]],
) -> list[Edge]:  # fmt: skip
    """People of the same deal are seen together, unless somebody said what they are to each other."""
    by_deal: dict[UUID, list[UUID]] = {}
    for each in contacts:
        if each.person_id in nodes and each.person_id not in by_deal.setdefault(each.deal_id, []):
            by_deal[each.deal_id].append(each.person_id)
    found: dict[tuple[UUID, UUID], Edge] = {}
    for deal, persons in by_deal.items():
        told = _("Both take part in “{deal}”").format(deal=deals.get(deal) or _("Untitled deal"))
        for i, first in enumerate(persons):
            for second in persons[i + 1 :]:
                if (first, second) not in known and (second, first) not in known and (second, first) not in found:
                    found.setdefault((first, second), Edge(nodes[first], nodes[second], "", told, None))
    return list(found.values())
