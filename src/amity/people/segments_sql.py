"""Definitions compiled to SQL: one statement over everybody, or over given people. Values are always parameters.

Each condition becomes an expression that is true or false (never null) over ``p`` (people_person) and tables joined
once per fact: what is summed up in ``people_activity``, or, where that does not tell, the events themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from amity.people import activity, literals, measures
from amity.people.computed_values import Value
from amity.people.measures import ANY, Registry, Spec
from amity.people.privacy_tables import RESTRICTED_SQL
from amity.people.segments_grammar import Custom, Did, Follow, Group, Leaf, Node, Other, Test, Trait, moment
from amity.people.segments_values import Params, Source, days_us, micros, sql_amount, sql_test, us_of

LISTED = f"p.merged_into_id IS NULL AND NOT p.anonymous AND p.archived_at IS NULL AND p.id NOT IN ({RESTRICTED_SQL})"
# What conditions call fields: column and type. Empty text counts as unknown.
FIELDS: dict[str, tuple[str, str]] = {
    "name": ("display_name", "text"), "email": ("email", "text"), "phone": ("phone", "text"),
    "given_name": ("given_name", "text"), "family_name": ("family_name", "text"), "job_title": ("job_title", "text"),
    "city": ("city", "text"), "country": ("country", "text"), "language": ("language", "text"),
    "source": ("source", "text"), "lead_status": ("lead_status", "text"), "owner_id": ("owner_id", "id"),
    "company_id": ("company_id", "id"), "created_at": ("created_at", "time"),
    "lead_created_at": ("lead_created_at", "time"), "lead_decided_at": ("lead_decided_at", "time"),
}  # fmt: skip
_SIGNS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "="}


class Kind(Protocol):
    """A kind of condition that another room owns, e.g. ``deal``; registered by `segments.register`."""

    name: str

    def check(self, body: Any, at: str) -> Any:
        """The condition's body in its normal form; raises `BadDefinition`."""

    def rows(self, body: Any, add: Callable[[Any], str], among: str | None) -> tuple[str, bool]:
        """SQL that selects ``person_id`` (each once), and whether the condition holds for all the *others* instead.

        ``add`` makes a parameter; ``among`` is one that holds the only people of interest.
        """

    def depends(self, body: Any) -> set[str]:
        """Names whose change may change the answer (``deal:*``)."""

    def sentence(self, body: Any) -> str:
        """The condition in words."""

    def fact(self, body: Any, person_id: UUID) -> str:
        """What is known of somebody, in words."""


@dataclass(slots=True)
class World:
    """What conditions refer to, as of one moment."""

    now: datetime
    registry: Registry
    computed: Mapping[str, Value]
    others: Mapping[UUID, Group]
    kinds: Mapping[str, Kind]

    def kind_of(self, name: str) -> str:
        """The type of a field, computed value or trait."""
        if name in FIELDS:
            kind = FIELDS[name][1]
            return "text" if kind == "id" else kind
        return self.computed[name].kind if name in self.computed else "text"

    def spec_of(self, leaf: Did) -> Spec:
        """The measure that a condition on events would read."""
        return Spec(leaf.event, leaf.where, leaf.sum[0] if leaf.sum else "")

    def simple(self, leaf: Did) -> bool:
        """Whether the summed-up rows tell: no window but "at all", nothing about what followed."""
        if leaf.between or leaf.follow:
            return False
        if leaf.within_days is not None and (leaf.times != ("ge", 1) or leaf.sum or leaf.first):
            return False
        spec = self.spec_of(leaf)
        if leaf.event == ANY:
            return spec.base
        return self.registry.find(spec) is not None or (spec.base and not self.registry.full)


@dataclass(slots=True)
class Query:
    """One statement being put together."""

    world: World
    among: bool = False
    params: Params = field(default_factory=Params)
    joins: dict[object, str] = field(default_factory=dict)
    aliases: dict[object, str] = field(default_factory=dict)

    def where(self, node: Node) -> str:
        """The condition of a tree."""
        if not isinstance(node, Group):
            return self.leaf(node)
        if not node.nodes:
            return "FALSE" if node.mode == "any" else "TRUE"
        glue = " AND " if node.mode == "all" else " OR "
        inner = glue.join(self.where(each) for each in node.nodes)
        return f"NOT ({inner})" if node.mode == "none" else f"({inner})"

    def leaf(self, leaf: Leaf) -> str:
        if isinstance(leaf, Trait):
            return sql_test(leaf.test, self.source(leaf.name), self.world.now, self.params)
        if isinstance(leaf, Did):
            return self._did(leaf)
        if isinstance(leaf, Other):
            return self.where(self.world.others[leaf.segment])
        return self._custom(leaf)

    def source(self, name: str) -> Source:
        """Where a field, computed value or trait is read."""
        if name in FIELDS:
            return field_source(name)
        value = self.world.computed.get(name)
        if value is None:
            return Source("text", f"(p.traits ->> {self.params.add(name)})")
        return Source(value.kind, value.sql(self.activity(value.spec), micros(self.world.now)))

    def activity(self, spec: Spec) -> str:
        """The alias of the joined row of a measure (null columns where somebody has none)."""
        number = self.world.registry.find(spec)
        return self.join(("measure", spec), lambda alias: _measure(alias, spec, number, self.world.registry))

    def join(self, key: object, made: Callable[[str], str]) -> str:
        """The alias of a table joined once."""
        if key not in self.aliases:
            alias = self.aliases[key] = f"j{len(self.aliases)}"
            self.joins[key] = made(alias)
        return self.aliases[key]

    def _did(self, leaf: Did) -> str:
        simple = self.world.simple(leaf)
        if simple and _needs_row(leaf):
            return self._row_of(leaf)
        alias = self.activity(self.world.spec_of(leaf)) if simple else self.events(leaf)
        parts = did_parts(leaf, alias, self.world.now, self.params, window=simple)
        inner = " AND ".join(parts) or "TRUE"
        return f"(({inner}) IS TRUE)" if leaf.do else f"(({inner}) IS NOT TRUE)"

    def _row_of(self, leaf: Did) -> str:
        """Only rows that pass are joined: the fewer they are, the cheaper is the join."""
        spec = self.world.spec_of(leaf)

        def made(alias: str) -> str:
            joined = _measure(alias, spec, self.world.registry.find(spec), self.world.registry)
            return " AND ".join([joined, *did_parts(leaf, alias, self.world.now, self.params, window=True)])

        alias = self.join(("passing", replace(leaf, do=True)), made)
        return f"({alias}.person_id IS {'NOT ' if leaf.do else ''}NULL)"

    def events(self, leaf: Did) -> str:
        """The alias of the events of a condition, summed up per person by this statement."""
        key = Did(
            leaf.event, True, ("ge", 1), leaf.within_days, leaf.between, leaf.where,
            (leaf.sum[0], "", 0.0) if leaf.sum else None, None, None, leaf.follow,
        )  # fmt: skip
        among = "%(members)s" if self.among else None
        return self.join(
            ("events", key),
            lambda alias: (
                f"LEFT JOIN ({events_sql(key, self.world.now, self.params, among)}) {alias} ON {alias}.person_id = p.id"
            ),
        )

    def _custom(self, leaf: Custom) -> str:
        kind = self.world.kinds[leaf.kind]
        rows, others = kind.rows(leaf.value, self.params.add, "%(ids)s" if self.among else None)
        alias = self.join(leaf, lambda alias: f"LEFT JOIN ({rows}) {alias} ON {alias}.person_id = p.id")
        return f"({alias}.person_id IS {'' if others else 'NOT '}NULL)"

    def sql(self, select: str, condition: str) -> str:
        """The whole statement; parameters are in ``params``. With ``among``: give ``ids`` and ``members`` too."""
        here = "p.id = ANY(%(ids)s) AND " if self.among else ""
        return (
            f"SELECT {select} FROM people_person p {' '.join(self.joins.values())} WHERE {here}{LISTED} AND {condition}"
        )


def _needs_row(leaf: Did) -> bool:
    """Whether the condition fails for everybody who never did it."""
    return leaf.times[0] == "ge" and leaf.times[1] > 0


def field_source(name: str) -> Source:
    """Where a field is read: empty text counts as unknown."""
    column, kind = FIELDS[name]
    if kind == "time":
        return Source("time", us_of(f"p.{column}"))
    if kind == "id":
        return Source("text", f"p.{column}::text")
    return Source("text", f"p.{column}", filled=True)


def did_parts(leaf: Did, alias: str, now: datetime, params: Params, *, window: bool) -> list[str]:
    """What must hold of a row (n, total, first_us, last_us); ``window``: the row is of all time."""
    op, n = leaf.times
    parts = []
    if op == "ge":
        if n:
            parts.append(f"{alias}.n >= {params.add(n)}")
    else:
        parts.append(f"coalesce({alias}.n, 0) {_SIGNS[op]} {params.add(n)}")
    if window and leaf.within_days is not None:
        parts.append(f"{alias}.last_us >= {params.add(micros(now) - days_us(leaf.within_days))}")
    if leaf.sum:
        _prop, op, value = leaf.sum
        parts.append(f"coalesce({alias}.total, 0)::float8 {_SIGNS[op]} {params.add(value)}::float8")
    for test, column in ((leaf.first, "first_us"), (leaf.last, "last_us")):
        if test:
            parts.append(f"{alias}.n > 0 AND {_when(test, f'{alias}.{column}', now, params)}")
    return parts


def _when(test: Test, us: str, now: datetime, params: Params) -> str:
    if test.op in ("before", "after"):
        return f"{us} {'<' if test.op == 'before' else '>'} {params.add(micros(moment(str(test.value))))}"
    assert isinstance(test.value, int | float)
    edge = params.add(micros(now) - days_us(test.value))
    return f"{us} {'>=' if test.op == 'within_days' else '<'} {edge}"


def _measure(alias: str, spec: Spec, number: int | None, registry: Registry) -> str:
    if spec.event == ANY and spec.base:
        bases = ", ".join(map(str, registry.bases)) or "0"
        rows = (
            "(SELECT person_id, sum(n) AS n, 0::numeric AS total, 0::float8 AS decayed, min(first_us) AS first_us,"
            f" max(last_us) AS last_us, NULL::text AS top FROM people_activity WHERE measure_id IN ({bases})"
            " GROUP BY 1)"
        )
        return f"LEFT JOIN {rows} {alias} ON {alias}.person_id = p.id"
    return f"LEFT JOIN people_activity {alias} ON {alias}.person_id = p.id AND {alias}.measure_id = {number or 0}"


def events_sql(leaf: Did, now: datetime, params: Params, among: str | None) -> str:
    """Events of a condition by person: n, total, first_us, last_us (of those that count)."""
    counts = _counts(leaf, now, params)
    amount = sql_amount(f"(e.data ->> {params.add(leaf.sum[0])})") if leaf.sum else "0"
    columns = f"{activity.ROOT} AS person_id, e.occurred_at AS at, {amount} AS amount"
    inner = f"SELECT {columns} {activity.rooted(among)} AND {counts}"
    if leaf.follow:
        inner = _followed(leaf, leaf.follow, now, params, counts, amount, among)
    return (
        f"SELECT person_id, count(*) AS n, sum(amount) AS total, {us_of('min(at)')} AS first_us,"
        f" {us_of('max(at)')} AS last_us FROM ({inner}) e GROUP BY 1"
    )


def _counts(leaf: Did, now: datetime, params: Params) -> str:
    parts = [measures.sql_where(leaf.where, "e.data", params)]
    if leaf.event != ANY:
        parts.append(f"e.name = {params.add(leaf.event)}")
    if leaf.within_days is not None:
        parts.append(f"e.occurred_at >= {params.add(_ago(now, leaf.within_days))}")
    if leaf.between:
        low, high = (params.add(moment(each)) for each in leaf.between)
        parts.append(f"e.occurred_at BETWEEN {low} AND {high}")
    return " AND ".join(parts)


def _followed(
    leaf: Did, follow: Follow, now: datetime, params: Params, counts: str, amount: str, among: str | None
) -> str:
    """Events with the next one of the other name after them: a running minimum, read backwards in time."""
    since = leaf.between[0] if leaf.between else None
    low = moment(since) if since else _ago(now, leaf.within_days) if leaf.within_days is not None else None
    after = "" if low is None else f" AND e.occurred_at >= {params.add(low)}"
    named = (
        "TRUE"
        if ANY in (follow.event, leaf.event)
        else f"e.name IN ({params.add(leaf.event)}, {params.add(follow.event)})"
    )
    second = "TRUE" if follow.event == ANY else f"e.name = {params.add(follow.event)}"
    rows = (
        f"SELECT {activity.ROOT} AS person_id, e.occurred_at AS at, {amount} AS amount, ({counts}) AS counts,"
        f" {second} AS second {activity.rooted(among)} AND {named}{after}"
    )
    following = (
        "SELECT *, min(at) FILTER (WHERE second) OVER (PARTITION BY person_id ORDER BY at DESC"
        f" GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS next FROM ({rows}) e"
    )
    if follow.within_days is None:
        wanted = f"next IS {'' if follow.negated else 'NOT '}NULL"
    else:
        width = f"{params.add(days_us(follow.within_days))}::bigint * interval '1 microsecond'"
        wanted = f"next <= at + {width}"
        if follow.negated:
            wanted = f"({wanted}) IS NOT TRUE AND at + {width} < {params.add(now)}"
    return f"SELECT person_id, at, amount FROM ({following}) e WHERE counts AND {wanted}"


def _ago(now: datetime, days: float) -> datetime:
    from datetime import timedelta

    return now - timedelta(microseconds=days_us(days))


def among(query: Query, ids: Sequence[UUID], members: Iterable[UUID]) -> dict[str, Any]:
    """The parameters of a statement over given people; ``members``: with all that was merged into them."""
    return {**query.params.values, "ids": literals.uuids(ids), "members": literals.uuids(members)}
