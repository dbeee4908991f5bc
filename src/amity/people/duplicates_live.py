"""One record against the base: what is typed into a form now, what was made or changed a minute ago.

Candidates share a key with the record (`matching.fields.keys_of`); triggers note every profile that changed, and a job
files its keys anew and matches it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from amity.access import api as access
from amity.people import duplicates_base, duplicates_models, duplicates_pairs
from amity.people.duplicates_evidence import Evidence
from amity.people.matching import fields
from amity.people.matching.stored import Scored, Stored
from amity.people.models import Company, Person

MOST_PER_KEY = 300  # profiles that share a key: more say nothing
MOST_COMPARED = 120
BATCH = 500
BACKLOG = 20_000  # changed profiles from which a scan is quicker than matching one by one
_TAKE = """
DELETE FROM people_matchdue WHERE id IN (SELECT id FROM people_matchdue LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING kind, profile_id
"""
_FILE = """
INSERT INTO people_matchkey (id, kind, keys) SELECT u.id, %s, string_to_array(u.keys, ',')::bigint[]
FROM unnest(%s::uuid[], %s::text[]) AS u (id, keys)
ON CONFLICT (id) DO UPDATE SET keys = EXCLUDED.keys WHERE people_matchkey.keys <> EXCLUDED.keys
"""
_DOORS = """
SELECT p.id, CASE WHEN p.origin_id IS NULL THEN 'form'
    WHEN EXISTS (SELECT FROM people_import i WHERE i.id = p.origin_id) THEN 'import' ELSE 'live' END
FROM people_{kind} p WHERE p.id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Likeness:
    """A profile that looks like the record. ``probability`` 0–1; weights of ``evidence`` in bits."""

    id: UUID
    name: str
    probability: float
    evidence: tuple[Evidence, ...]


def like(
    record: Mapping[str, str],
    kind: str = "person",
    limit: int = 5,
    exclude: Collection[UUID] = (),
    principal: access.Principal | None = None,
) -> list[Likeness]:
    """Profiles that are probably the same as the record, the most probable first. 3–4 queries, within 50 ms.

    ``record``: what is known of ``name``, ``first_name``, ``last_name``, ``email``, ``phone``, ``city``, ``street``,
    ``postcode``, ``birth_date``, ``company`` (people), ``website``, ``tax_number`` (companies). ``principal``: only
    profiles in their sight.
    """
    told = {name: str(value) for name, value in record.items() if value}
    values = fields.NORMAL[kind](told)
    with connection.cursor() as cursor:
        ids = [pk for pk in candidates(cursor, kind, values) if pk not in exclude]
        others = duplicates_base.records(cursor, kind, ids)
    if not others:
        return []
    found = duplicates_models.current(kind).score(values, list(others.values()))
    sure = duplicates_models.probabilities(kind, found.odds)
    ranked = sorted(zip(others, range(len(others)), strict=True), key=lambda one: -sure[one[1]])
    chosen = {pk: at for pk, at in ranked[: limit * 3] if sure[at] >= duplicates_models.REVIEW}
    seen = _seen(kind, list(chosen), principal)
    return [
        Likeness(pk, _name(kind, seen[pk]), float(sure[at]), _told(values, seen[pk], found, at))
        for pk, at in chosen.items()
        if pk in seen
    ][:limit]


def candidates(cursor: Any, kind: str, values: Mapping[str, str]) -> list[UUID]:
    """Profiles that share keys with a record, those that share the most first. 1 query."""
    keys = fields.keys_of(kind, values)
    if not keys:
        return []
    cursor.execute("SELECT key, id FROM people_match_candidates(%s::bigint[], %s)", [keys, MOST_PER_KEY])
    by_key: dict[int, list[UUID]] = {}
    for key, pk in cursor.fetchall():
        by_key.setdefault(key, []).append(pk)
    shared = Counter(pk for ids in by_key.values() if len(ids) <= MOST_PER_KEY for pk in ids)
    if not shared:  # everything is common: better some than none
        shared = Counter(pk for ids in by_key.values() for pk in ids)
    return [pk for pk, _n in shared.most_common(MOST_COMPARED)]


def follow(limit: int = BATCH) -> int:
    """Match profiles that were made or changed; how many were due. One transaction, safe to run beside others."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TAKE, [limit])
        due: dict[str, set[UUID]] = {}
        taken = cursor.fetchall()
        for kind, pk in taken:
            due.setdefault(kind, set()).add(pk)
        for kind, ids in due.items():
            _match(cursor, kind, sorted(ids))
    return len(taken)


def file_keys(limit: int = 10_000) -> int:
    """Only file the keys of changed profiles (a scan matches them); how many were due."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TAKE, [limit])
        taken = cursor.fetchall()
        for kind in {kind for kind, _pk in taken}:
            ids = sorted({pk for each, pk in taken if each == kind})
            refile(cursor, kind, ids, duplicates_base.records(cursor, kind, ids))
    return len(taken)


def file_all() -> int:
    """File the keys of all profiles that are due; how many were."""
    done = 0
    while filed := file_keys():
        done += filed
    return done


def refile(cursor: Any, kind: str, ids: Sequence[UUID], values: Mapping[UUID, Mapping[str, str]]) -> None:
    """Keep the keys of these profiles; unlisted ones have none. 2 queries."""
    cursor.execute("DELETE FROM people_matchkey WHERE id = ANY(%s)", [[pk for pk in ids if pk not in values]])
    keys = [",".join(map(str, fields.keys_of(kind, each))) for each in values.values()]
    cursor.execute(_FILE, [kind, list(values), keys])


def _match(cursor: Any, kind: str, ids: Sequence[UUID]) -> None:
    duplicates_pairs.settle(cursor, kind, ids)
    values = duplicates_base.records(cursor, kind, ids)
    refile(cursor, kind, ids, values)
    cursor.execute(_DOORS.format(kind=kind), [list(values)])
    doors = dict(cursor.fetchall())
    model = duplicates_models.current(kind)
    found: dict[tuple[UUID, UUID], duplicates_pairs.Found] = {}
    for pk, one in values.items():
        for pair in _pairs_of(cursor, kind, model, pk, one):
            found[pair.left, pair.right] = pair
        duplicates_pairs.forget_unlike(cursor, kind, pk, {pair for pair in found if pk in pair})
    duplicates_pairs.keep(cursor, kind, list(found.values()), model.version, doors)


def _pairs_of(
    cursor: Any, kind: str, model: Stored, pk: UUID, values: Mapping[str, str]
) -> Iterable[duplicates_pairs.Found]:
    others = duplicates_base.records(cursor, kind, [each for each in candidates(cursor, kind, values) if each != pk])
    if not others:
        return []
    scored = model.score(values, list(others.values()))
    return duplicates_pairs.found(kind, scored, [(pk, other) for other in others], found_by=pk)


def _seen(kind: str, ids: Sequence[UUID], principal: access.Principal | None) -> dict[UUID, Any]:
    rows: Any = Company.objects if kind == "company" else Person.objects.select_related("company")
    found = rows.filter(pk__in=ids)
    return {row.pk: row for row in (found.filter(access.rows_of(principal)) if principal else found)}


def _name(kind: str, row: Any) -> str:
    from amity.people.profiles import told_name

    return str(row.name) if kind == "company" else told_name(vars(row))


def _told(values: Mapping[str, str], row: Any, found: Scored, at: int) -> tuple[Evidence, ...]:
    from amity.people.duplicates_evidence import value_of

    told = [
        Evidence(one["field"], values.get(one["field"], ""), value_of(row, one["field"]), one["level"], one["weight"])
        for one in found.evidence(at)
    ]
    return tuple(sorted(told, key=lambda one: (-abs(one.weight), one.field)))
