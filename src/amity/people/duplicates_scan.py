"""The scan of the whole base: candidates, a model learned of the base, groups, checks against merging too much, pairs.

It may be stopped and started at any time: what it writes replaces what it wrote before, decisions stay.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
import polars as pl
from django.db import connection, transaction

from amity.access import api as access
from amity.base import jobs
from amity.people import duplicates_base, duplicates_models, duplicates_pairs
from amity.people.duplicates_pairs import Found
from amity.people.matching import blocks, clusters, learned
from amity.people.matching.candidates import candidates
from amity.people.matching.columns import Ints
from amity.people.matching.model import Doubles
from amity.people.matching.stored import Scored, Stored, of_base
from amity.people.matching.tables import Records
from amity.people.matching.whole import whole

SCAN_KIND = "people.duplicates_scan"
_LEAST = 1_000  # profiles from which the base is worth learning from; smaller ones are scored by the usual model
_SMALL = 30_000  # profiles up to which every record's nearest by letters are candidates too
_AT_ONCE = 250_000  # pairs scored at a time
_LARGEST = 12  # profiles in one group, beyond which nothing in it is certain
_FEW = 3  # profiles in a group in which one may well be a bad copy
_DIFFERING = -10.0  # log odds that a pair counts for in a group, where it differs in what is everybody's own
_AGAINST = -4.0  # log odds of a pair within a group, below which nothing in it is certain
_GONE = """
UPDATE people_pair SET state = 'gone' WHERE kind = %s AND state = 'open' AND found_by <> 'alias' AND model_version <> %s
"""


@dataclass(frozen=True)
class Scan:
    """What a scan found: ``ids`` of the records, pairs ``(n, 2)`` worth a look with their scores."""

    ids: list[UUID]
    model: Stored
    pairs: Ints
    scored: Scored
    certain: Any
    probability: Doubles


def start_scan(principal: access.Principal) -> UUID:
    """Scan people and companies in the background; returns the job's progress row. One at a time: a second waits."""
    access.require(principal, "people.edit")
    return jobs.start(SCAN_KIND, "people.duplicates_scan", started_by=principal.staff_id)


def scan_all(report: jobs.Report) -> None:
    """Scan every kind, keep the pairs; then what policy allows is merged (`duplicates_merging`)."""
    from amity.people import duplicates_merging

    for kind in duplicates_base.kinds():
        write(kind, scan(kind, report), report)
        duplicates_merging.merge_certain(kind, report)


def scan(kind: str, report: jobs.Report = lambda done, total, stage: None) -> Scan:
    """Find the duplicates among all listed profiles of a kind. A million people take about three minutes."""
    report(0, None, "reading")
    ids, base = read(kind)
    report(0, base.total, "comparing")
    found = candidates(base, whole(base) if 1 < base.total <= _SMALL else None)
    enough = base.total >= _LEAST and len(found)
    model = of_base(kind, learned.train(base, found), base) if enough else duplicates_models.prior(kind)
    taught = duplicates_models.calibration(kind)
    kept = [_worth(model, base, part, taught, report) for part in _parts(found)]
    pairs = np.concatenate([found[:0], *kept])
    report(base.total, base.total, "grouping")
    scored = model.scored(base, pairs)
    certain = duplicates_models.certain(taught, scored.odds) & ~duplicates_pairs.differing(scored)
    joined = together(model, base, pairs[certain])
    every, certain = _with(base, pairs, joined)
    scored = scored if len(every) == len(pairs) else model.scored(base, every)
    sure = duplicates_models.calibrated(taught, scored.odds)
    return Scan(
        ids, model, every, scored, certain, np.where(certain, np.maximum(sure, duplicates_models.CERTAIN), sure)
    )


def scan_person_base() -> list[tuple[str, str, str]]:
    """Scan the people and keep the pairs, for measuring; returns ``(left, right, band)``."""
    found = scan("person")
    write("person", found)
    ends = [(str(found.ids[a]), str(found.ids[b])) for a, b in found.pairs.tolist()]
    bands = ["certain" if one else "review" for one in found.certain.tolist()]
    return [(left, right, band) for (left, right), band in zip(ends, bands, strict=True)]


def read(kind: str) -> tuple[list[UUID], Records]:
    """All listed profiles in comparable form. 1 query."""
    out = io.BytesIO()
    query = f"COPY ({duplicates_base.select(kind)}) TO STDOUT (FORMAT csv)"
    with connection.cursor() as cursor, cursor.copy(query) as rows:
        for part in rows:
            out.write(part)
    names = ["id", *duplicates_base.RAW[kind]]
    table = pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    if out.tell():
        out.seek(0)
        table = pl.read_csv(out, has_header=False, new_columns=names, infer_schema=False).fill_null("")
    return [UUID(each) for each in table["id"].to_list()], blocks.of_table(kind, table)


def together(model: Stored, base: Records, pairs: Ints) -> Ints:
    """The pairs ``(n, 2)`` that become one when the certain pairs do: all within groups that hold together.

    A chain of certain pairs may join two that nobody would take for the same. Such a group is cut where the pairs
    across speak against it on average; in what does not hold together then, or is too large, nothing is certain.
    """
    alone = base.total + np.arange(base.total, dtype=np.int64)
    first, bad = _groups(model, base, pairs)
    found = [clusters.pairs_of(np.where(bad, alone, first))]
    within = bad[pairs[:, 0]]
    if within.any():
        members = np.unique(pairs[within])
        odds = lambda some: _bounded_odds(model, base, members[some])  # noqa: E731
        cut = np.full(base.total, -1)
        own = pairs[within]
        places = np.searchsorted(members, own)
        cut[members] = clusters.groups(len(members), places, np.ones(len(own)), odds)
        again = own[cut[own[:, 0]] == cut[own[:, 1]]]
        second, worse = _groups(model, base, again)
        found.append(clusters.pairs_of(np.where(worse, alone, second)))
    return np.concatenate(found)


def _groups(model: Stored, base: Records, pairs: Ints) -> tuple[Ints, Any]:
    """The group of every record that these pairs chain, and whether it does not hold together ``(total,)``."""
    groups = clusters.chained(base.total, pairs)
    sizes = np.bincount(groups, minlength=1)
    bad = sizes > _LARGEST
    members = np.flatnonzero((sizes[groups] > 2) & ~bad[groups])
    within = clusters.pairs_of(groups[members])
    for part in _parts(members[within]):
        scored = model.scored(base, part)
        weak = (scored.odds < _AGAINST) & (sizes[groups[part[:, 0]]] > _FEW)
        against = weak | duplicates_pairs.differing(scored)
        bad[groups[part[against, 0]]] = True
    return groups, bad[groups]


def _bounded_odds(model: Stored, base: Records, pairs: Ints) -> Doubles:
    """Log odds of pairs; those that differ in what is everybody's own speak against the group as much as one can."""
    scored = model.scored(base, pairs)
    return np.where(duplicates_pairs.differing(scored), np.minimum(scored.odds, _DIFFERING), scored.odds)


def write(kind: str, scan: Scan, report: jobs.Report = lambda done, total, stage: None) -> int:
    """Keep the pairs and put the model in force; open pairs of before that are no longer alike are gone."""
    version = scan.model.version
    with transaction.atomic(), connection.cursor() as cursor:
        written = 0
        for part in _founds(scan):
            duplicates_pairs.keep(cursor, kind, part, version, {"scan": "scan"})
            written += len(part)
            report(written, len(scan.pairs), "writing")
        cursor.execute(_GONE, [kind, version])
        duplicates_models.store(scan.model)
    return written


def _with(base: Records, pairs: Ints, joined: Ints) -> tuple[Ints, Any]:
    """Both together, in order, and which are ``joined``."""
    one, two = (each[:, 0] * base.total + each[:, 1] for each in (pairs, joined))
    packed = np.union1d(one, two)
    return np.column_stack([packed // base.total, packed % base.total]), np.isin(packed, two)


def _parts(pairs: Ints) -> Iterator[Ints]:
    for start in range(0, len(pairs), _AT_ONCE):
        yield pairs[start : start + _AT_ONCE]


def _worth(model: Stored, base: Records, pairs: Ints, taught: dict[str, Any], report: jobs.Report) -> Ints:
    """Those of the pairs that are worth a reviewer's look."""
    odds = model.odds(base, pairs)
    report(int(pairs[-1, 0]), base.total, "comparing")
    return pairs[duplicates_models.calibrated(taught, odds) >= duplicates_models.REVIEW]


def _founds(scan: Scan) -> Iterator[list[Found]]:
    for start in range(0, len(scan.pairs), duplicates_pairs.CHUNK):
        part = []
        for at in range(start, min(start + duplicates_pairs.CHUNK, len(scan.pairs))):
            left, right = sorted((scan.ids[scan.pairs[at, 0]], scan.ids[scan.pairs[at, 1]]))
            band = "certain" if scan.certain[at] else "review"
            odds = float(scan.scored.odds[at])
            part.append(Found(left, right, float(scan.probability[at]), odds, band, scan.scored.evidence(at), "scan"))
        yield part
