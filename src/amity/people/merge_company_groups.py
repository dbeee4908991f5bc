"""Companies that are one, worked out anew from the merges that hold: who survives, what it shows, what goes along."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from amity.base import clock, undo
from amity.base.errors import Refused
from amity.people import company_holders
from amity.people.company_holders import Moves
from amity.people.finding import company_search
from amity.people.merge_groups import find
from amity.people.models import Company, CompanyMerge, CompanyOwn

MOST = 1_000
_SHOWN = (
    "name", "domain", "industry", "city", "country", "phone", "email", "employees", "revenue_minor", "currency",
    "founded_year",
)  # fmt: skip
_TOGETHER = {"revenue_minor": ("currency",)}
_OWN = (*_SHOWN, "parent_id", "owner_id", "team_id", "traits", "origins", "search", "archived_at")
Values = dict[str, Any]


def regroup(cursor: Any, seeds: Iterable[UUID]) -> Moves:
    """Bring companies connected with ``seeds`` in line with the merges that hold; which member went where.

    ``seeds`` must hold both ends of every merge that was made or revoked. About 10 queries and those of the holders.
    """
    edges, nodes = _connected(set(seeds))
    rows = {row.pk: row for row in Company.objects.select_for_update().filter(pk__in=nodes).order_by("pk")}
    before = {pk: row.merged_into_id or pk for pk, row in rows.items()}
    after = _survivors(rows, edges)
    owns = {own.company_id: _read(own.values) for own in CompanyOwn.objects.filter(company_id__in=nodes)}
    _absorb(rows, owns, before)
    names = {pk: row.name for pk, row in rows.items()}
    _show(rows, owns, after)
    moves = {pk: (before[pk], after[pk]) for pk in rows}
    company_holders.move(cursor, moves, {pk for pk in rows if rows[pk].name != names[pk]}, set(rows))
    return moves


def together(own: Values, others: Iterable[tuple[Company, Values]]) -> Values:
    """What a survivor shows: its own values, its gaps filled with what the others said last.

    What somebody emptied by hand (it has an origin of its own) is no gap.
    """
    emptied = {name for name in (*_SHOWN, "owner_id") if own[name] in (None, "") and name in own["origins"]}
    shown = {**own, "traits": dict(own["traits"]), "origins": dict(own["origins"])}
    for row, values in sorted(others, key=lambda one: (one[0].observed_at, one[0].pk), reverse=True):
        mark = [str(row.origin_id) if row.origin_id else "manual", row.observed_at.astimezone(UTC).isoformat()]
        for name in (*_SHOWN, "owner_id"):
            if name in emptied or name == "currency":
                continue
            if shown[name] in (None, "") and values[name] not in (None, ""):
                shown[name] = values[name]
                shown["origins"][name] = values["origins"].get(name, mark)
                shown |= {extra: values[extra] for extra in _TOGETHER.get(name, ())}
                if name == "owner_id":
                    shown["team_id"] = values["team_id"]
        for name, value in values["traits"].items():
            if name not in shown["traits"]:
                shown["traits"][name] = value
                shown["origins"][name] = values["origins"].get(name, mark)
    if any(shown[name] != own[name] for name in _SHOWN):
        shown["search"] = company_search(shown)
    return shown


def _connected(seeds: set[UUID]) -> tuple[list[CompanyMerge], set[UUID]]:
    edges: dict[UUID, CompanyMerge] = {}
    nodes, fresh = set(seeds), set(seeds)
    while fresh:
        found = CompanyMerge.objects.filter(Q(loser_id__in=fresh) | Q(winner_id__in=fresh), revoked_at=None)
        new = [edge for edge in found if edge.pk not in edges]
        edges |= {edge.pk: edge for edge in new}
        fresh = {end for edge in new for end in (edge.loser_id, edge.winner_id)} - nodes
        nodes |= fresh
        if len(nodes) > MOST:
            raise Refused("merge_too_big", f"More than {MOST:,} companies would become one.")
    return list(edges.values()), nodes


def _survivors(rows: Iterable[UUID], edges: Iterable[CompanyMerge]) -> dict[UUID, UUID]:
    """Each member with who survives: the winner that was named last."""
    parent = {pk: pk for pk in rows}
    ordered = sorted(edges, key=lambda edge: (edge.created_at, edge.pk))
    for edge in ordered:
        parent[find(parent, edge.loser_id)] = find(parent, edge.winner_id)
    named = {find(parent, edge.winner_id): edge.winner_id for edge in ordered}
    return {pk: named.get(find(parent, pk), pk) for pk in parent}


def _absorb(rows: Mapping[UUID, Company], owns: dict[UUID, Values], before: Mapping[UUID, UUID]) -> None:
    """What was typed into, imported onto or told of a company since it was merged is its own."""
    for pk, own in owns.items():
        row = _of(rows[pk])
        if before[pk] != pk:
            own |= {name: row[name] for name in _OWN if name != "archived_at"}
            continue
        expected = _shown_by(pk, rows, owns, [m for m in rows if before[m] == pk])
        for name in _OWN:
            if name not in ("traits", "origins", "search") and _differ(row, expected, name):
                own[name] = row[name]
                _own_origin(own, row, name)
        for name in row["traits"].keys() | expected["traits"].keys():
            if row["traits"].get(name) != expected["traits"].get(name) or _origins_differ(row, expected, name):
                own["traits"] = {key: value for key, value in own["traits"].items() if key != name}
                own["traits"] |= {name: row["traits"][name]} if name in row["traits"] else {}
                _own_origin(own, row, name)
        if row["search"] != expected["search"]:
            own["search"] = company_search(own)


def _differ(row: Values, expected: Values, name: str) -> bool:
    """Whether a column was given another value, or the same one again by somebody else."""
    return bool(row[name] != expected[name]) or _origins_differ(row, expected, name)


def _origins_differ(row: Values, expected: Values, name: str) -> bool:
    return bool(row["origins"].get(name) != expected["origins"].get(name))


def _own_origin(own: Values, row: Values, name: str) -> None:
    kept = {key: value for key, value in own["origins"].items() if key != name}
    own["origins"] = kept | ({name: row["origins"][name]} if name in row["origins"] else {})


def _shown_by(pk: UUID, rows: Mapping[UUID, Company], owns: Mapping[UUID, Values], members: list[UUID]) -> Values:
    others = [(rows[m], owns.get(m) or _of(rows[m])) for m in members if m != pk]
    shown = together(owns.get(pk) or _of(rows[pk]), others)
    if shown["parent_id"] in members:
        shown["parent_id"] = None
    return shown


def _show(rows: Mapping[UUID, Company], owns: dict[UUID, Values], after: Mapping[UUID, UUID]) -> None:
    """Write what every row shows now: survivors all together, the others themselves, out of the lists."""
    groups: dict[UUID, list[UUID]] = defaultdict(list)
    for pk, now in after.items():
        groups[now].append(pk)
    kept = {m: owns.get(m) or _of(rows[m]) for members in groups.values() if len(members) > 1 for m in members}
    changed = []
    for survivor, members in groups.items():
        for pk in members:
            own = kept.get(pk) or owns.get(pk) or _of(rows[pk])
            shown = _shown_by(pk, rows, owns, members) if pk == survivor else own
            if pk != survivor:
                shown = shown | {"archived_at": own["archived_at"] or rows[pk].archived_at or clock.now()}
            into = None if pk == survivor else survivor
            if into != rows[pk].merged_into_id or any(shown[name] != getattr(rows[pk], name) for name in _OWN):
                changed.append(_set(rows[pk], shown, into))
    Company.objects.bulk_update(changed, [*_field_names(), "merged_into"], batch_size=200)
    CompanyOwn.objects.filter(company_id__in=rows).delete()
    CompanyOwn.objects.bulk_create([CompanyOwn(company_id=pk, values=_plain(own)) for pk, own in kept.items()])


def _set(row: Company, shown: Values, into: UUID | None) -> Company:
    for name in _OWN:
        setattr(row, name, shown[name])
    row.merged_into_id = into
    return row


def _field_names() -> list[str]:
    return [name.removesuffix("_id") for name in _OWN]


def _of(row: Company) -> Values:
    return {name: getattr(row, name) for name in _OWN}


def _plain(own: Values) -> Values:
    return {name: undo.plain(value) for name, value in own.items()}


def _read(values: Mapping[str, Any]) -> Values:
    own = dict(values)
    for name in ("parent_id", "owner_id", "team_id"):
        own[name] = UUID(own[name]) if own[name] else None
    own["archived_at"] = datetime.fromisoformat(own["archived_at"]) if own["archived_at"] else None
    return own
