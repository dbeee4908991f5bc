"""What is known of some people, in columns: conditions are worked out for all at once (NumPy, no SQL per segment).

Every condition means exactly what its SQL in `segments_sql` means; property tests compare the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from amity.people import activity, literals, segments_columns
from amity.people.computed_values import Value
from amity.people.measures import ANY, Spec
from amity.people.segments_columns import Ints, Rows, Texts
from amity.people.segments_grammar import Custom, Did, Group, Leaf, Node, Other, Test, Trait, moment
from amity.people.segments_sql import FIELDS, LISTED, World, events_sql, field_source
from amity.people.segments_values import DAY_US, NEGATED, Params, days_us, flip, holds, micros

Bools = npt.NDArray[np.bool_]
NEVER = np.iinfo(np.int64).max
_COMPARE = {
    "gt": np.greater,
    "ge": np.greater_equal,
    "lt": np.less,
    "le": np.less_equal,
    "eq": np.equal,
    "is": np.equal,
}


@dataclass(slots=True)
class Facts:
    """Columns over ``ids``, read as they are needed for `leaves_known`."""

    cursor: Any
    world: World
    ids: list[UUID]
    listed: Bools = field(default_factory=lambda: np.zeros(0, bool))
    there: Bools = field(default_factory=lambda: np.zeros(0, bool))  # not erased meanwhile
    texts: dict[str, Texts] = field(default_factory=dict)
    rows: dict[object, Rows] = field(default_factory=dict)
    truths: dict[Leaf, Bools] = field(default_factory=dict)
    places: dict[bytes, int] = field(default_factory=dict)
    merged: dict[UUID, UUID] = field(default_factory=dict)
    relevance: dict[Did, Bools] = field(default_factory=dict)  # for whom events themselves are read

    told: str = ""  # ``ids`` as a literal

    @property
    def now_us(self) -> int:
        return micros(self.world.now)

    def read(self, leaves: Iterable[Leaf]) -> None:
        """Read what these conditions need. 2 queries."""
        leaves, self.told = list(leaves), literals.uuids(self.ids)
        self.places = {person.bytes: n for n, person in enumerate(self.ids)}
        names = {leaf.name for leaf in leaves if isinstance(leaf, Trait)}
        self._read_people(sorted(name for name in names if name in FIELDS or name not in self.world.computed))
        specs = {self.world.computed[n].spec for n in names if n in self.world.computed and n not in FIELDS}
        for leaf in leaves:
            if isinstance(leaf, Did):
                specs.add(Spec(leaf.event))
                if self.world.simple(leaf):
                    specs.add(self.world.spec_of(leaf))
        self._read_rows(specs)

    def _read_people(self, names: Sequence[str]) -> None:
        params = Params({"ids": self.told})
        columns = [field_source(n).value if n in FIELDS else f"p.traits ->> {params.add(n)}" for n in names]
        listed = ", ".join(["p.merged_into_id", f"({LISTED})", *columns])
        self.cursor.execute(
            f"SELECT uuid_send(p.id), {listed} FROM people_person p WHERE p.id = ANY(%(ids)s::uuid[])", params.values
        )
        self.listed = np.zeros(len(self.ids), bool)
        found = self.cursor.fetchall()
        at = [self.places[bytes(row[0])] for row in found]
        self.listed[at] = [row[2] for row in found]
        self.there = np.zeros(len(self.ids), bool)
        self.there[at] = True
        self.merged = {self.ids[n]: row[1] for n, row in zip(at, found, strict=True) if row[1] is not None}
        for n, name in enumerate(names, 3):
            self.texts[name] = Texts.of([row[n] for row in found], at, len(self.ids))

    def _read_rows(self, specs: set[Spec]) -> None:
        registry = self.world.registry
        anything = Spec(ANY) in specs
        numbers = {number: spec for spec in specs if (number := registry.find(spec)) is not None}
        bases = set(registry.bases)
        counts = {number for number in numbers if number in bases} | (bases if anything else set())
        for spec in specs:
            self.rows[spec] = self._empty()
        sums = sorted(numbers.keys() - counts)
        for part in segments_columns.parts(self.cursor, self.told, self.places, sorted(counts), sums):
            if part.measure in numbers:
                self.rows[numbers[part.measure]].put(part)
            if anything and part.measure in bases:
                self.rows[Spec(ANY)].add(part)

    def _empty(self) -> Rows:
        return Rows.empty(len(self.ids))

    # --- truth --------------------------------------------------------------------------------------

    def truth(self, node: Node, relevant: Bools) -> Bools:
        """Whether a tree holds, by person; only ``relevant`` people's answers are meant."""
        if isinstance(node, Group):
            return self._group(node, relevant)
        if isinstance(node, Other):
            return self.truth(self.world.others[node.segment], relevant)
        if isinstance(node, Trait):
            known = self.truths.get(node)
            if known is None:
                known = self.truths[node] = self._trait(node)
            return known
        if isinstance(node, Custom):
            return self._custom(node, relevant)
        return self._did(node, relevant)

    def _group(self, node: Group, relevant: Bools) -> Bools:
        if not node.nodes:
            return np.full(len(self.ids), node.mode != "any")
        result = self.truth(node.nodes[0], relevant).copy()
        for each in node.nodes[1:]:
            if node.mode == "all":
                result &= self.truth(each, relevant)
            else:
                result |= self.truth(each, relevant)
        return ~result if node.mode == "none" else result

    def _trait(self, leaf: Trait) -> Bools:
        if leaf.name not in self.texts:
            value = self.world.computed[leaf.name]
            known, values = self.computed(value)
            if value.kind == "text":
                return self._told(leaf.test, "text", Texts.of(list(values), range(len(values)), len(values)))
            positive = NEGATED.get(leaf.test.op)
            found = known & _compare(Test(positive or leaf.test.op, leaf.test.value), values, self.now_us)
            return ~found if positive else found
        return self._told(leaf.test, self.world.kind_of(leaf.name), self.texts[leaf.name])

    def _told(self, test: Test, kind: str, texts: Texts) -> Bools:
        answers = [holds(test, kind, value, self.world.now) for value in texts.values]
        return np.array(answers, bool)[texts.codes]

    def computed(self, value: Value) -> tuple[Bools, Any]:
        """A computed value by person: where it is known, and what it is."""
        rows = self.rows[value.spec]
        some = rows.n > 0
        if value.of in ("count", "sum"):
            return np.ones(len(self.ids), bool), rows.n.astype(np.float64) if value.of == "count" else rows.total
        if value.of == "average":
            return some, rows.total / np.maximum(rows.n, 1)
        if value.of == "most_frequent":
            return some, rows.top
        if value.of == "decayed":
            half, age = activity.half_us(value.spec), (self.now_us - rows.last_us).astype(np.float64)
            faint = (np.abs(rows.decayed) < 1e-30) | (age > 100 * half) | ~some
            faded = rows.decayed * np.exp2(-np.where(faint, 0, age) / half)
            return np.ones(len(self.ids), bool), np.where(faint, 0.0, faded)
        us = rows.first_us if value.of.endswith("first") else rows.last_us
        if value.kind == "time":
            return some, us
        return some, (self.now_us - us) / DAY_US

    def _did(self, leaf: Did, relevant: Bools) -> Bools:
        simple = self.world.simple(leaf)
        rows = self.rows[self.world.spec_of(leaf)] if simple else self._events(leaf, relevant)
        inner = _did_holds(leaf, rows, self.now_us, window=simple)
        return inner if leaf.do else ~inner

    def _events(self, leaf: Did, relevant: Bools) -> Rows:
        """Sums over the events themselves, for those who may have any that count. 1 query for a kind of condition."""
        key = events_key(leaf)
        known = self.rows.get(key)
        if known is not None:
            return known
        rows = self.rows[key] = self._empty()
        maybe = self.relevance.get(key, relevant).copy()
        if self.world.registry.find(Spec(leaf.event)) is not None or leaf.event == ANY:
            base = self.rows[Spec(leaf.event)]
            maybe &= base.n > 0
            if leaf.within_days is not None:
                maybe &= base.last_us >= self.now_us - days_us(leaf.within_days)
        if maybe.any():
            chosen = [self.ids[at] for at in np.flatnonzero(maybe).tolist()]
            members = literals.uuids(activity.members_of(self.cursor, chosen))
            params = Params({"members": members})
            self.cursor.execute(events_sql(key, self.world.now, params, "%(members)s"), params.values)
            for person, n, total, first_us, last_us in self.cursor.fetchall():
                at = self.places.get(person.bytes)
                if at is not None and maybe[at]:
                    rows.n[at], rows.total[at], rows.first_us[at], rows.last_us[at] = n, total, first_us, last_us
        return rows

    def _custom(self, leaf: Custom, relevant: Bools) -> Bools:
        known = self.truths.get(leaf)
        if known is not None:
            return known
        params = Params({"ids": self.told})
        sql, others = self.world.kinds[leaf.kind].rows(leaf.value, params.add, "%(ids)s")
        self.cursor.execute(sql, params.values)
        found = np.zeros(len(self.ids), bool)
        for (person,) in self.cursor.fetchall():
            found[self.places[person.bytes]] = True
        result = self.truths[leaf] = ~found if others else found
        return result

    # --- time ---------------------------------------------------------------------------------------

    def due(self, leaf: Leaf, relevant: Bools) -> Ints:
        """When time alone may change the answer next (µs), by person; too early does no harm, too late would."""
        if isinstance(leaf, Trait):
            return self._trait_due(leaf)
        if isinstance(leaf, Did):
            return self._did_due(leaf, relevant)
        return np.full(len(self.ids), NEVER)

    def _trait_due(self, leaf: Trait) -> Ints:
        if leaf.name in self.texts:
            kind, texts = self.world.kind_of(leaf.name), self.texts[leaf.name]
            moments = [flip(leaf.test, kind, value, self.world.now) for value in texts.values]
            return np.array([NEVER if at is None else at for at in moments], np.int64)[texts.codes]
        value = self.world.computed[leaf.name]
        rows = self.rows[value.spec]
        if value.kind == "time":
            us = rows.first_us if value.of == "first" else rows.last_us
            return _after(np.where(rows.n > 0, us, NEVER), self.now_us, _width(leaf.test))
        return _computed_due(value, rows, leaf.test, self.now_us)

    def _did_due(self, leaf: Did, relevant: Bools) -> Ints:
        simple = self.world.simple(leaf)
        rows = self.rows[self.world.spec_of(leaf)] if simple else self._events(leaf, relevant)
        some = rows.n > 0
        found = np.full(len(self.ids), NEVER)
        if leaf.within_days is not None:
            us = rows.last_us if simple else rows.first_us
            found = np.minimum(found, _after(np.where(some, us, NEVER), self.now_us, days_us(leaf.within_days)))
        for test, us in ((leaf.first, rows.first_us), (leaf.last, rows.last_us)):
            if test and test.op.endswith("within_days"):
                found = np.minimum(found, _after(np.where(some, us, NEVER), self.now_us, _width(test)))
        if leaf.follow and leaf.follow.negated and leaf.follow.within_days is not None:
            base, width = self.rows[Spec(leaf.event)], days_us(leaf.follow.within_days)
            due = _after(np.where(base.n > 0, base.last_us, NEVER), self.now_us, width)
            step = np.where(due == NEVER, NEVER, np.minimum(due, self.now_us + _LOOK_AGAIN))
            found = np.minimum(found, np.where(base.n > 1, step, due))
        return found


# Somebody with several events may have an earlier one whose wait ends before the last one's: look each hour.
_LOOK_AGAIN = DAY_US // 24


def events_key(leaf: Did) -> Did:
    """What of a condition decides which events count: the rest is asked of the sums."""
    total = (leaf.sum[0], "", 0.0) if leaf.sum else None
    return Did(leaf.event, True, ("ge", 1), leaf.within_days, leaf.between, leaf.where, total, None, None, leaf.follow)


def _did_holds(leaf: Did, rows: Rows, now_us: int, *, window: bool) -> Bools:
    op, n = leaf.times
    found: Bools = _COMPARE[op](rows.n, n)
    if window and leaf.within_days is not None:
        found &= (rows.n > 0) & (rows.last_us >= now_us - days_us(leaf.within_days))
    if leaf.sum:
        _prop, op, value = leaf.sum
        found &= _COMPARE[op](rows.total, value)
    for test, us in ((leaf.first, rows.first_us), (leaf.last, rows.last_us)):
        if test:
            found &= (rows.n > 0) & _when(test, us, now_us)
    return found


def _when(test: Test, us: Ints, now_us: int) -> Bools:
    if test.op in ("before", "after"):
        edge = micros(moment(str(test.value)))
        return us < edge if test.op == "before" else us > edge
    edge = now_us - _width(test)
    return us >= edge if test.op == "within_days" else us < edge


def _compare(test: Test, values: Any, now_us: int) -> Bools:
    """A positive test of numbers or times."""
    op, wanted = test.op, test.value
    if op == "known":
        return np.ones(len(values), bool)
    if op == "one_of":
        assert isinstance(wanted, tuple)
        return np.isin(values, [float(each) for each in wanted])
    if op == "between":
        assert isinstance(wanted, tuple)
        low, high = (micros(moment(each)) if isinstance(each, str) else float(each) for each in wanted)
        return np.asarray((values >= low) & (values <= high))
    if op == "within_days":
        return np.asarray((values >= now_us - _width(test)) & (values <= now_us))
    if op in ("before", "after"):
        return _when(test, values, now_us)
    assert isinstance(wanted, int | float)
    return np.asarray(_COMPARE[op](values, float(wanted)))


def _width(test: Test) -> int:
    assert isinstance(test.value, int | float)
    return days_us(test.value)


def _after(us: Ints, now_us: int, width: int) -> Ints:
    """The moment just after ``width`` has passed since ``us``, where that is still to come."""
    known = us != NEVER
    end = np.where(known, us, 0) + width + 1
    ahead = np.where(us > now_us, us, end)  # what lies in the future counts from then
    return np.where(known & (ahead > now_us), ahead, NEVER)


def _computed_due(value: Value, rows: Rows, test: Test, now_us: int) -> Ints:
    levels = test.value if isinstance(test.value, tuple) else (test.value,)
    found = np.full(len(rows.n), NEVER)
    for level in levels:
        if isinstance(level, int | float):
            for at in np.flatnonzero(rows.n > 0):
                due = value.flips(_One(rows, int(at)), float(level), now_us)
                if due is not None:
                    found[at] = min(int(found[at]), due)
    return found


class _One:
    """One person's row of `Rows`."""

    def __init__(self, rows: Rows, at: int) -> None:
        self.n, self.total, self.decayed = int(rows.n[at]), float(rows.total[at]), float(rows.decayed[at])
        self.first_us, self.last_us, self.top = int(rows.first_us[at]), int(rows.last_us[at]), rows.top[at]
