"""What people did, summed up as it comes in: one row per person and measure, always equal to counting the log again.

Rows belong to the profile that survives: a merge adds the rows of what was merged, an unmerge counts both again.
Writers hold a shared lock until they commit; who needs to see all of them through (`quiet`) takes it alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from typing import Any
from uuid import UUID

from amity.people import literals, measures
from amity.people.measures import Registry, Spec
from amity.people.segments_values import DAY_US, Params, amount_of, micros, sql_amount, text_of, us_of

LOCK = 0x41435459
MAX_TALLIED = 200  # characters of a counted value
_int = attrgetter("int")

_UPSERT_COUNTS = """
INSERT INTO people_activity AS a (person_id, measure_id, n, total, decayed, first_us, last_us)
SELECT p, m, n, 0, 0, f, l FROM unnest(%s::uuid[], %s::int[], %s::bigint[], %s::bigint[], %s::bigint[]) v(p, m, n, f, l)
ON CONFLICT (person_id, measure_id) DO UPDATE SET n = a.n + excluded.n,
  first_us = least(a.first_us, excluded.first_us), last_us = greatest(a.last_us, excluded.last_us)"""
_UPSERT = """
INSERT INTO people_activity AS a (person_id, measure_id, n, total, decayed, first_us, last_us)
SELECT * FROM unnest(%s::uuid[], %s::int[], %s::bigint[], %s::numeric[], %s::float8[], %s::bigint[], %s::bigint[])
ON CONFLICT (person_id, measure_id) DO UPDATE SET n = a.n + excluded.n, total = a.total + excluded.total,
  first_us = least(a.first_us, excluded.first_us), last_us = greatest(a.last_us, excluded.last_us)"""
# Forward decay (Cormode et al., 2009): both sums are brought to the later of the two moments.
_LATER = "greatest(a.last_us, excluded.last_us)"
_DECAY = ", decayed = " + " + ".join(
    f"CASE WHEN abs({row}.decayed) < 1e-30 OR {_LATER} - {row}.last_us > 100 * {{half}} THEN 0"
    f" ELSE {row}.decayed * power(2, ({row}.last_us - {_LATER}) / {{half}}::float8) END"
    for row in ("a", "excluded")
)
_TALLY = """
INSERT INTO people_tally AS t (person_id, measure_id, value, n)
SELECT * FROM unnest(%s::uuid[], %s::int[], %s::text[], %s::bigint[])
ON CONFLICT (person_id, measure_id, value) DO UPDATE SET n = t.n + excluded.n"""
_TOP = """
UPDATE people_activity a SET top = (
  SELECT value FROM people_tally t WHERE t.person_id = a.person_id AND t.measure_id = a.measure_id
  ORDER BY n DESC, value COLLATE "C" LIMIT 1)
WHERE a.measure_id = ANY(%s) AND a.person_id = ANY(%s)"""
_TOP_OF_ALL = _TOP.rpartition(" AND a.person_id")[0].replace("ANY(%s)", "%s")
_ROOTS = "SELECT id, merged_into_id FROM people_person WHERE merged_into_id IS NOT NULL AND id = ANY(%s)"


@dataclass(slots=True)
class Sum:
    """What one batch adds to one row."""

    n: int
    total: Decimal
    decayed: float
    first: int
    last: int


class Names:
    """Measures known to this process; what another transaction has not committed yet is never remembered."""

    def __init__(self) -> None:
        self.version = -1
        self.registry = Registry()

    def at(self, version: int, names: set[str]) -> Registry:
        """The measures as of ``version``, with base measures for all ``names`` (made where missing)."""
        if version != self.version or not names <= self.registry.by_event.keys():
            self.registry, self.version = measures.load(), version
        missing = names - self.registry.by_event.keys()
        if not missing or self.registry.full:
            return self.registry
        room = measures.MAX_NAMES - len(self.registry.bases)
        measures.ensure(Spec(name) for name in sorted(missing)[:room])
        return measures.load()


_names = Names()


def record(cursor: Any, landed: Sequence[Any]) -> dict[UUID, set[str]]:
    """Add a batch of facts that landed (`events.Landed`); whom they are about by now → ``event:`` names.

    4 queries, about 8 µs a fact. Call it once per fact, in the transaction that appends it.
    """
    about = [row for row in landed if row.person_id is not None]
    homes = {row.person_id for row in about}
    recording = Recording(cursor, roots_of(cursor, homes) if homes else {}, {name_of(row.fact) for row in about})
    recording.count(landed)
    return recording.write()


class Recording:
    """A batch that is counted, by another thread if need be while its rows are on their way into the log, then added.

    ``roots``: what those whom the rows are about are part of by now, where that is somebody else; ``names``: what the
    rows are called (`name_of`), none if they are about nobody.
    """

    def __init__(self, cursor: Any, roots: Mapping[UUID, UUID], names: set[str]) -> None:
        """2 queries."""
        self._cursor = cursor
        self._by_name: dict[UUID, dict[str, list[int]]] = {}  # person → event → how many, first, last (µs)
        self._sums: dict[tuple[UUID, int], Sum] = {}
        self._tallies: dict[tuple[UUID, int, str], int] = {}
        self._roots = roots
        self._registry = Registry()
        self._counted: list[str] = []
        if names:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK])
            cursor.execute("SELECT coalesce(max(version), 0) FROM people_segment_version")
            version = cursor.fetchone()[0]
            self._registry = _names.at(version, names)

    def count(self, landed: Iterable[Any]) -> None:
        """Count these rows, all there are; needs no database."""
        for row in landed:
            if row.person_id is not None:
                self._add(self._roots.get(row.person_id, row.person_id), row.fact)
        counts: list[tuple[UUID, int, list[int]]] = []
        base = self._registry.base_of
        for person in sorted(self._by_name, key=_int):
            found = [(base[name], known) for name, known in self._by_name[person].items() if name in base]
            counts += [(person, measure, known) for measure, known in sorted(found)]
        self._counted = _columns(counts)

    def write(self) -> dict[UUID, set[str]]:
        """Add what was counted; whom it is about by now → ``event:`` names. 1 query, more where more is summed."""
        _upsert_counts(self._cursor, self._counted)
        if self._sums:
            _write(self._cursor, self._registry, self._sums, self._tallies)
        told = {name: f"event:{name}" for name in {name for names in self._by_name.values() for name in names}}
        return {person: {told[name] for name in names} for person, names in self._by_name.items()}

    def _add(self, person: UUID, fact: Any) -> None:
        name = fact.name[:200] or fact.kind
        at = micros(fact.occurred_at)
        names = self._by_name.get(person)
        if names is None:
            names = self._by_name[person] = {}
        known = names.get(name)
        if known is None:
            names[name] = [1, at, at]
        else:
            known[0] += 1
            if at < known[1]:
                known[1] = at
            elif at > known[2]:
                known[2] = at
        if special := self._registry.special_of(name):
            _add(self._sums, self._tallies, person, fact, at, special)


def name_of(fact: Any) -> str:
    """The name under which a fact stands in the log."""
    return str(fact.name[:200] or fact.kind)


def roots_of(cursor: Any, ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Of profiles that were merged: the one that survives. 1 query."""
    cursor.execute(_ROOTS, [literals.uuids(ids)])
    return dict(cursor.fetchall())


def absorb(cursor: Any, merged: Mapping[UUID, UUID]) -> None:
    """Add what merged profiles did to those that survive (loser → winner). 4 queries."""
    if not merged:
        return
    cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK])
    registry = measures.load()
    losers = sorted(merged)
    cursor.execute(
        "DELETE FROM people_activity WHERE person_id = ANY(%s)"
        " RETURNING person_id, measure_id, n, total, decayed, first_us, last_us",
        [losers],
    )
    sums: dict[tuple[UUID, int], Sum] = {}
    for loser, measure, *facts in cursor.fetchall():
        _join(sums, (merged[loser], measure), Sum(*facts), registry.specs.get(measure))
    cursor.execute(
        "DELETE FROM people_tally WHERE person_id = ANY(%s) RETURNING person_id, measure_id, value, n", [losers]
    )
    tallies: dict[tuple[UUID, int, str], int] = {}
    for loser, measure, value, n in cursor.fetchall():
        key = (merged[loser], measure, value)
        tallies[key] = tallies.get(key, 0) + n
    _write(cursor, registry, sums, tallies)


def rebuild(cursor: Any, people: Iterable[UUID]) -> None:
    """Count the events of these profiles (and of all that is merged into them) again. 3 queries and 1 per measure.

    Waits until every writer has committed and keeps others out until the caller's transaction ends.
    """
    ids = sorted(set(people))
    if not ids:
        return
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    members = members_of(cursor, ids)
    cursor.execute("DELETE FROM people_activity WHERE person_id = ANY(%s)", [members])
    cursor.execute("DELETE FROM people_tally WHERE person_id = ANY(%s)", [members])
    registry = measures.load()
    _count(cursor, registry, list(registry.specs), members)


def count_past(cursor: Any, registry: Registry, wanted: Sequence[int]) -> None:
    """Count all events of these measures anew; the caller holds `LOCK` alone. About 2 s per ten million events."""
    cursor.execute("DELETE FROM people_activity WHERE measure_id = ANY(%s)", [list(wanted)])
    cursor.execute("DELETE FROM people_tally WHERE measure_id = ANY(%s)", [list(wanted)])
    _count(cursor, registry, wanted, None)


def count_everything(cursor: Any) -> None:
    """Fill the sums from a log that nobody has counted yet (after a first import); the caller holds `LOCK` alone."""
    cursor.execute("SELECT DISTINCT name FROM events_event WHERE person_id IS NOT NULL LIMIT %s", [measures.MAX_NAMES])
    measures.ensure(Spec(row[0]) for row in cursor.fetchall())
    registry = measures.load()
    count_past(cursor, registry, list(registry.specs))


def _count(cursor: Any, registry: Registry, wanted: Sequence[int], members: Sequence[UUID] | None) -> None:
    columns = "person_id, measure_id, n, total, decayed, first_us, last_us"
    for sql, params in counted(registry, wanted, members):
        cursor.execute(f"INSERT INTO people_activity ({columns}) {sql}", params)
    for number in wanted:
        spec = registry.specs[number]
        if spec.tally:
            sql, params = tallied(number, spec, members)
            cursor.execute(f"INSERT INTO people_tally (person_id, measure_id, value, n) {sql}", params)
            if members is None:
                cursor.execute(_TOP_OF_ALL, [number])
            else:
                cursor.execute(_TOP, [[number], list(members)])


def members_of(cursor: Any, ids: Sequence[UUID]) -> list[UUID]:
    """These profiles and all that was merged into them. 1 query."""
    cursor.execute("SELECT id FROM people_person WHERE merged_into_id = ANY(%s)", [literals.uuids(ids)])
    return [*ids, *(row[0] for row in cursor.fetchall())]


@contextmanager
def quiet(cursor: Any) -> Iterator[None]:
    """Inside, no transaction that records or evaluates is on its way; those to come wait. Held on the session."""
    cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    try:
        yield
    finally:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


_ROOTED = (
    "FROM events_event e LEFT JOIN people_person m ON m.id = e.person_id AND m.merged_into_id IS NOT NULL"
    " {join} WHERE e.person_id IS NOT NULL"
)
_BASES = "JOIN people_measure b ON b.event = e.name AND b.id = ANY(%(bases)s)"
ROOT = "coalesce(m.merged_into_id, e.person_id)"


def rooted(among: str | None, join: str = "") -> str:
    """SQL: events of everybody (or of the profiles of parameter ``among``), ``m`` being what they were merged into."""
    return _ROOTED.format(join=join) + (f" AND e.person_id = ANY({among})" if among else "")


def counted(
    registry: Registry, wanted: Sequence[int], members: Sequence[UUID] | None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Queries that give the rows of ``people_activity`` anew: one for all base measures, one for each other."""
    bases = [number for number in wanted if registry.specs[number].base]
    among = "%(members)s" if members is not None else None
    given = {} if members is None else {"members": list(members)}
    if bases:
        yield (
            f"SELECT {ROOT}, b.id, count(*), 0, 0, {us_of('min(e.occurred_at)')}, {us_of('max(e.occurred_at)')}"
            f" {rooted(among, _BASES)} GROUP BY 1, 2",
            {**given, "bases": bases},
        )
    for number in wanted:
        spec = registry.specs[number]
        if not spec.base:
            yield _counted_one(number, spec, among, given)


def _counted_one(number: int, spec: Spec, among: str | None, given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    params = Params(dict(given))
    amount = sql_amount(f"(e.data ->> {params.add(spec.total_of)})") if spec.total_of else "0"
    weight = amount if spec.total_of else "1"
    where = measures.sql_where(spec.where, "e.data", params)
    name = "" if spec.event == measures.ANY else f" AND e.name = {params.add(spec.event)}"
    decayed = "0"
    if spec.half_life_days:
        half = params.add(half_us(spec))
        faded = f"weight::float8 * power(2, (us - last_us) / {half}::float8)"
        decayed = f"sum(CASE WHEN abs(weight) < 1e-30 OR last_us - us > 100 * {half} THEN 0 ELSE {faded} END)"
    sql = (
        f"SELECT person_id, {number}, count(*), sum(amount), {decayed}, min(us), max(us) FROM ("
        f"SELECT *, max(us) OVER (PARTITION BY person_id) AS last_us FROM ("
        f"SELECT {ROOT} AS person_id, {us_of('e.occurred_at')} AS us, {amount} AS amount, {weight} AS weight"
        f" {rooted(among)}{name} AND {where}) e) e GROUP BY 1"
    )
    return sql, params.values


def tallied(number: int, spec: Spec, members: Sequence[UUID] | None) -> tuple[str, dict[str, Any]]:
    """The query that gives the rows of ``people_tally`` of one measure anew."""
    params = Params({} if members is None else {"members": list(members)})
    value = f"left(e.data ->> {params.add(spec.tally)}, {MAX_TALLIED})"
    where = measures.sql_where(spec.where, "e.data", params)
    name = "" if spec.event == measures.ANY else f" AND e.name = {params.add(spec.event)}"
    among = "%(members)s" if members is not None else None
    return (
        f"SELECT {ROOT}, {number}, {value}, count(*) {rooted(among)}{name} AND {where} AND {value} <> '' GROUP BY 1, 3",
        params.values,
    )


def half_us(spec: Spec) -> float:
    """The half-life in microseconds."""
    assert spec.half_life_days
    return spec.half_life_days * DAY_US


def _add(
    sums: dict[tuple[UUID, int], Sum],
    tallies: dict[tuple[UUID, int, str], int],
    person: UUID,
    fact: Any,
    at: int,
    special: Iterable[tuple[int, Spec]],
) -> None:
    """Count a fact for measures that are more than a number of events."""
    properties = fact.traits if fact.kind in ("identify", "group") else fact.properties
    for measure, spec in special:
        if spec.counts(properties):
            key = (person, measure)
            amount = amount_of(text_of(properties.get(spec.total_of))) if spec.total_of else _ZERO
            weight = (float(amount) if spec.total_of else 1.0) if spec.half_life_days else 0.0
            _join(sums, key, Sum(1, amount, weight, at, at), spec)
            value = (text_of(properties.get(spec.tally)) or "")[:MAX_TALLIED] if spec.tally else ""
            if value:
                tallies[(*key, value)] = tallies.get((*key, value), 0) + 1


_ZERO = Decimal(0)


def _join(sums: dict[tuple[UUID, int], Sum], key: tuple[UUID, int], more: Sum, spec: Spec | None) -> None:
    known = sums.get(key)
    if known is None:
        sums[key] = more
        return
    if spec is not None and spec.half_life_days:
        last, half = max(known.last, more.last), half_us(spec)
        known.decayed = known.decayed * 2 ** ((known.last - last) / half) + more.decayed * 2 ** (
            (more.last - last) / half
        )
    known.n += more.n
    known.total += more.total
    known.first, known.last = min(known.first, more.first), max(known.last, more.last)


def _write(
    cursor: Any, registry: Registry, sums: dict[tuple[UUID, int], Sum], tallies: dict[tuple[UUID, int, str], int]
) -> None:
    decaying = {number for number, spec in registry.specs.items() if spec.half_life_days}
    plain = set(registry.bases)
    keys = sorted(sums, key=lambda key: (key[0].int, key[1]))
    counts = [(key, sums[key]) for key in keys if key[1] in plain]
    _upsert_counts(cursor, _columns([(key[0], key[1], [row.n, row.first, row.last]) for key, row in counts]))
    _upsert(cursor, _UPSERT, [key for key in keys if key[1] not in decaying and key[1] not in plain], sums)
    halves: dict[float, set[int]] = {}
    for measure in {key[1] for key in keys} & decaying:
        halves.setdefault(half_us(registry.specs[measure]), set()).add(measure)
    for half, measured in sorted(halves.items()):
        sql = _UPSERT + _DECAY.format(half=repr(half))
        _upsert(cursor, sql, [key for key in keys if key[1] in measured], sums)
    if tallies:
        rows = sorted(tallies)
        people, numbers, values = zip(*rows, strict=True)
        cursor.execute(_TALLY, [list(people), list(numbers), list(values), [tallies[row] for row in rows]])
        cursor.execute(_TOP, [sorted(set(numbers)), sorted(set(people))])


def _upsert(cursor: Any, sql: str, keys: Sequence[tuple[UUID, int]], sums: dict[tuple[UUID, int], Sum]) -> None:
    if not keys:
        return
    found = [sums[key] for key in keys]
    columns = (
        (key[1] for key in keys), (s.n for s in found), (s.total for s in found), (s.decayed for s in found),
        (s.first for s in found), (s.last for s in found),
    )  # fmt: skip
    cursor.execute(sql, [literals.uuids(key[0] for key in keys), *map(literals.numbers, columns)])


def _columns(rows: Sequence[tuple[UUID, int, list[int]]]) -> list[str]:
    """Person, measure and (number, first, last), in the order of the index, as arrays of `_UPSERT_COUNTS`."""
    if not rows:
        return []
    people, measured = literals.uuids(row[0] for row in rows), literals.numbers(row[1] for row in rows)
    return [people, measured, *(literals.numbers(row[2][n] for row in rows) for n in range(3))]


def _upsert_counts(cursor: Any, columns: list[str]) -> None:
    if columns:
        cursor.execute(_UPSERT_COUNTS, columns)
