"""The table of pairs: what the matcher found is kept, brought up to date, and follows merges made elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np

from amity.base import clock
from amity.base.ids import new_id
from amity.people import duplicates_models
from amity.people.matching.compare import NAMESAKES
from amity.people.matching.stored import Scored
from amity.people.traits_store import text

CHUNK = 5_000
_BITS = float(np.log(2))
_OWN = ("birth_date", "first_name", "tax_number")  # what two of the same never differ in without a reviewer's look
_KEEP = """
INSERT INTO people_pair AS p (id, kind, left_id, right_id, probability, weight, evidence, model_version, band, state,
    found_by, created_at)
SELECT u.id, %s, u.l, u.r, u.p, u.w, u.e::jsonb, %s, u.band, 'open', u.by, %s
FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::float8[], %s::float8[], %s::text[], %s::text[], %s::text[])
    AS u (id, l, r, p, w, e, band, by)
ON CONFLICT (left_id, right_id, kind) DO UPDATE SET probability = EXCLUDED.probability, weight = EXCLUDED.weight,
    evidence = EXCLUDED.evidence, model_version = EXCLUDED.model_version, band = EXCLUDED.band, state = 'open'
WHERE p.state IN ('open', 'gone') AND p.found_by <> 'alias'
"""
_UNLIKE = """
UPDATE people_pair SET state = 'gone' WHERE kind = %s AND state = 'open' AND found_by <> 'alias'
AND (left_id = %s OR right_id = %s) AND (left_id, right_id) NOT IN (SELECT * FROM unnest(%s::uuid[], %s::uuid[]))
"""
_JOINED = """
UPDATE people_pair p SET state = 'merged', decided_at = %s FROM people_{kind} l, people_{kind} r
WHERE p.kind = %s AND p.state = 'open' AND (p.left_id = ANY(%s) OR p.right_id = ANY(%s)) AND l.id = p.left_id
AND r.id = p.right_id AND coalesce(l.merged_into_id, l.id) = coalesce(r.merged_into_id, r.id)
"""
_PARTED = """
UPDATE people_pair p SET state = CASE WHEN p.merge_id IS NULL THEN 'open' ELSE 'apart' END,
    decided_at = CASE WHEN p.merge_id IS NULL THEN NULL ELSE %s::timestamptz END
FROM people_{kind} l, people_{kind} r
WHERE p.kind = %s AND p.state = 'merged' AND (p.left_id = ANY(%s) OR p.right_id = ANY(%s)) AND l.id = p.left_id
AND r.id = p.right_id AND coalesce(l.merged_into_id, l.id) <> coalesce(r.merged_into_id, r.id)
"""
_ALIASES = """
SELECT DISTINCT least(k.login_id, k.other_id), greatest(k.login_id, k.other_id) FROM people_link k
WHERE k.other_id IS NOT NULL AND k.evidence = 'alias' AND k.other_id <> k.login_id AND NOT EXISTS (
    SELECT FROM people_pair p WHERE p.kind = 'person' AND p.left_id = least(k.login_id, k.other_id)
    AND p.right_id = greatest(k.login_id, k.other_id)) LIMIT %s
"""


class Found(NamedTuple):
    """A pair that looks the same; ``by``: who or what found it."""

    left: UUID
    right: UUID
    probability: float
    odds: float
    band: str
    evidence: list[dict[str, Any]]
    by: Any


def found(kind: str, scored: Scored, pairs: Sequence[tuple[UUID, UUID]], found_by: Any) -> Iterator[Found]:
    """Those of the scored pairs that are worth a look. 1 query."""
    taught = duplicates_models.calibration(kind)
    sure = duplicates_models.calibrated(taught, scored.odds)
    certain = duplicates_models.certain(taught, scored.odds) & ~differing(scored)
    for at in np.flatnonzero(sure >= duplicates_models.REVIEW):
        left, right = sorted(pairs[int(at)])
        band = "certain" if certain[at] else "review"
        yield Found(left, right, float(sure[at]), float(scored.odds[at]), band, scored.evidence(int(at)), found_by)


def differing(scored: Scored) -> Any:
    """Pairs never certain, whatever else agrees: two of something of which everybody has one, or numbered namesakes.

    Who is called as somebody else is gets an address with another number.
    """
    own = [at for at, name in enumerate(scored.fields) if name in _OWN]
    found = np.array([any(row[at] == "different" for at in own) for row in scored.likeness], dtype=np.bool_)
    for at in (at for at, name in enumerate(scored.fields) if name == "email"):
        found |= scored.levels[:, at] == NAMESAKES
    return found


def keep(cursor: Any, kind: str, pairs: Sequence[Found], version: str, doors: Mapping[Any, str]) -> None:
    """Write pairs; what was decided stays decided. 1 query per 5,000. ``doors``: `Found.by` as told to reviewers."""
    for start in range(0, len(pairs), CHUNK):
        part = pairs[start : start + CHUNK]
        columns: list[list[Any]] = [[new_id() for _pair in part]]
        columns += [[one.left for one in part], [one.right for one in part]]
        columns += [[one.probability for one in part], [round(one.odds / _BITS, 3) for one in part]]
        columns += [[text(one.evidence) for one in part], [one.band for one in part]]
        columns.append([doors.get(one.by, "live") for one in part])
        cursor.execute(_KEEP, [kind, version, clock.now(), *columns])


def forget_unlike(cursor: Any, kind: str, pk: UUID, still: Collection[tuple[UUID, UUID]]) -> None:
    """Open pairs of a profile that are no longer alike are gone. 1 query."""
    cursor.execute(_UNLIKE, [kind, pk, pk, [left for left, _r in still], [right for _l, right in still]])


def settle(cursor: Any, kind: str, ids: Iterable[UUID]) -> None:
    """Pairs follow merges that were made or taken back elsewhere. 2 queries."""
    ends = list(ids)
    for statement in (_JOINED, _PARTED):
        cursor.execute(statement.format(kind=kind), [clock.now(), kind, ends, ends])


def propose_aliases(cursor: Any, limit: int = 500) -> int:
    """Two user ids of which one was said to be the other become a pair for review; how many. At most 2 queries."""
    cursor.execute(_ALIASES, [limit])
    evidence = [{"field": "alias", "level": "same", "weight": 3.17}]
    pairs = [Found(left, right, 0.9, 3.17 * _BITS, "review", evidence, "alias") for left, right in cursor.fetchall()]
    keep(cursor, "person", pairs, "", {"alias": "alias"})
    return len(pairs)
