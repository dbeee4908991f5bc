"""Erasing somebody: everywhere, with a preview, a ledger, and a replay of the ledger on a restored backup.

The order matters. First the ledger's file, then files, then the database in one transaction: whatever is interrupted
can be done again, because until the end the database still knows what to look for.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock
from amity.base.errors import Refused
from amity.base.ids import new_id
from amity.events import api as events
from amity.people import (
    privacy_files,
    privacy_hanging,
    privacy_ledger,
    privacy_rows,
    privacy_stores,
    privacy_sweep,
    privacy_traces,
)
from amity.people.merge_groups import bump, lock
from amity.people.models import Device, Identifier, Import, Person
from amity.people.privacy_map import places
from amity.people.privacy_needles import Matcher, Needle
from amity.people.privacy_rows import Whose
from amity.people.privacy_subject import Subject, subject_of
from amity.people.segments_work import wait_for_erasing

Counts = Counter[tuple[str, str]]  # (table or kind of file, what was done) → how many
_AT_WORK = (Import.State.RUNNING, Import.State.CHECKING, Import.State.UNDOING)
_MEMBERS = """
UPDATE people_segment s SET members = (SELECT count(*) FROM people_segment_member m WHERE m.segment_no = s.number)
WHERE s.number = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Why:
    """Who had it done, for which reason (key of `privacy_words.REASONS`), from where (desk, api, retention)."""

    reason: str
    source: str
    by: UUID | None = None
    request_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What an erasure would do. ``whole``: there was time to look through everything."""

    counts: Counts
    files: list[privacy_files.Hits]
    whole: bool


def preview(subject: Subject, seconds: float = 15.0) -> Preview:
    """What goes, is emptied or loses the person's name; nothing is changed. Stops looking after ``seconds``."""
    deadline, counts = time.monotonic() + seconds, Counts()
    with transaction.atomic(), connection.cursor() as cursor:
        who = privacy_rows.whose(cursor, subject.ids)
        matcher = Matcher([*subject.needles, *privacy_rows.records(who)])
        for place in places():
            if n := privacy_rows.count(cursor, place, who):
                counts[place.table, privacy_rows.fate(place)] += n
        for place in privacy_sweep.swept():
            if time.monotonic() > deadline:
                return Preview(counts, [], False)
            for _found in privacy_sweep.mentions(cursor, place, matcher, who):
                done = "deleted" if place.nobodys else "blanked" if place.unnamed else "redacted"
                counts[place.table, done] += 1
        counts["procrastinate_jobs", "deleted"] += len(privacy_sweep.jobs_about(cursor, matcher))
    keys = privacy_files.keys_of(subject.ids)
    files = list(privacy_files.find(matcher, privacy_files.folders(), keys))
    return Preview(+counts, files, True)


def erase(subject: Subject, why: Why, entry_id: UUID | None = None) -> Counts:
    """Erase somebody for good; what was done. Safe to call again with the same ``entry_id`` until it has ended.

    Raises ``Refused("import_running")``: an import would write from a file that has to change.
    """
    return erase_all({entry_id or new_id(): subject}, why)


def erase_all(subjects: Mapping[UUID, Subject], why: Why) -> Counts:
    """`erase` for several people at once, by the ids of their ledger entries: everything is read through once."""
    if Import.objects.filter(state__in=_AT_WORK).exists():
        raise Refused("import_running", _("An import is under way. The erasure can be done once it has ended."), 409)
    entries = [_entry(pk, subject, why) for pk, subject in subjects.items()]
    for entry in entries:
        privacy_ledger.append(entry)
    ids = tuple(pk for subject in subjects.values() for pk in subject.ids)
    matcher = Matcher([needle for subject in subjects.values() for needle in subject.needles])
    counts = _files(matcher, privacy_files.folders(), ids)
    with transaction.atomic(), connection.cursor() as cursor:
        counts += rows(cursor, ids, matcher)
        for entry in entries:
            privacy_ledger.note(entry, told(counts) if len(entries) == 1 else {})
        erased = [(subject.root, {"id": str(subject.root)}) for subject in subjects.values()]
        events.publish_many("person.erased", erased)
    return counts


def _entry(pk: UUID, subject: Subject, why: Why) -> privacy_ledger.Entry:
    by, request = (str(each) if each else None for each in (why.by, why.request_id))
    marks = privacy_ledger.marks(subject.needles)
    return privacy_ledger.Entry(str(pk), clock.now().isoformat(), why.reason, why.source, by, request, marks)


def replay(where: privacy_files.Folders | None = None) -> Counts:
    """Erase from a restored database, and from files that come with it, whom the ledger's file knows as erased."""
    entries = privacy_ledger.missing()
    if not entries:
        return Counts()
    wanted = {mark for entry in entries for _kind, mark in entry.marks}
    mark = privacy_ledger.hasher()
    marked = lru_cache(maxsize=500_000)(lambda token: mark(token) in wanted)
    subjects = [found for pk in _marked_people(lambda each: marked(each.known_again)) if (found := subject_of(pk))]
    ids = tuple(dict.fromkeys(pk for subject in subjects for pk in subject.ids))
    matcher = Matcher([each for subject in subjects for each in subject.needles], marked)
    counts = _files(matcher, where or privacy_files.folders(), ids)
    with transaction.atomic(), connection.cursor() as cursor:
        counts += rows(cursor, ids, matcher)
        for entry in entries:
            privacy_ledger.note(entry, {}, clock.now())
    return counts


def _files(matcher: Matcher, where: privacy_files.Folders, ids: Sequence[UUID]) -> Counts:
    counts = Counts()
    for hits in privacy_files.clean(matcher, where, privacy_files.keys_of(ids)):
        counts[f"file:{hits.kind}", "removed" if hits.how == "whole" else "lines"] += hits.count
    for name, removed in privacy_stores.clean(ids).items():
        counts[f"file:{name}", "removed"] += removed
    return counts


def rows(cursor: Any, ids: Sequence[UUID], matcher: Matcher) -> Counts:
    """Everything in the database, in the caller's transaction."""
    lock(cursor)
    wait_for_erasing(cursor)
    counts = Counts()
    who = privacy_rows.whose(cursor, ids)
    wider = Matcher([*matcher.needles, *privacy_rows.records(who)], matcher.marked)
    names = privacy_traces.event_names(cursor, ids)
    cursor.execute("SELECT DISTINCT segment_no FROM people_segment_member WHERE person_id = ANY(%s)", [list(ids)])
    segments = [row[0] for row in cursor.fetchall()]
    counts["events_raw", "deleted"] += len(privacy_rows.raw_of_events(cursor, ids, delete=True))
    counts["people_importreject", "deleted"] += privacy_traces.clear_rejects(privacy_files.keys_of(ids))
    gone: dict[str, list[Any]] = {}
    for place in places():
        done, n = privacy_rows.erase(cursor, place, who, gone)
        counts[place.table, done] += n
    counts.update(privacy_hanging.loosen(cursor, gone))
    _sweep(cursor, matcher, wider, counts)
    about = [str(pk) for pk in who.all]
    counts["access_auditnote", "deleted"] += access.erase_notes(about, matcher.hit)
    counts["people_measure", "deleted"] += privacy_traces.clear_measures(cursor, names)
    counts["people_importfile", "pruned"] += privacy_traces.clear_samples()
    cursor.execute(_MEMBERS, [segments])
    privacy_traces.clear_statistics(cursor, sorted({table for (table, _done), n in counts.items() if n}))
    bump(cursor)
    return +counts


def _sweep(cursor: Any, matcher: Matcher, wider: Matcher, counts: Counts) -> None:
    """``wider``: documents are also looked through for the person's records, which are nobody else's."""
    for place in privacy_sweep.swept():
        own = wider if place.nobodys else matcher
        for found in list(privacy_sweep.mentions(cursor, place, own)):
            counts[place.table, privacy_sweep.put_right(cursor, found, own)] += 1
    counts["procrastinate_jobs", "deleted"] += privacy_sweep.clear_jobs(cursor, wider)
    counts["django_session", "pruned"] += privacy_sweep.clear_sessions(matcher)


def _marked_people(marked: Any) -> list[UUID]:
    """People who are known by something whose mark is looked for. Three scans."""
    found: dict[UUID, None] = {}
    for pk, email, phone, key in Person.objects.values_list("pk", "email", "phone", "key").iterator(chunk_size=5_000):
        known = [Needle("person", str(pk)), Needle("email", email), Needle("phone", phone)]
        known += [Needle("key", key.partition(":")[2])] if key else []
        if any(each.value and marked(each) for each in known):
            found[pk] = None
    for person, kind, value in Identifier.objects.values_list("person_id", "kind", "value").iterator(chunk_size=5_000):
        if marked(Needle(kind, value)):
            found[person] = None
    devices = Device.objects.filter(~Q(login=None)).values_list("login_id", "value")
    found |= {login: None for login, value in devices.iterator(chunk_size=5_000) if marked(Needle("device", value))}
    return list(found)


def told(counts: Counts) -> dict[str, int]:
    """Counts for a report: ``{"people_person deleted": 1, …}``; no personal data."""
    return {f"{table} {done}": n for (table, done), n in sorted(counts.items()) if n}


def untold(report: dict[str, int]) -> Counts:
    """The reverse of `told`."""
    return Counts({(name.partition(" ")[0], name.partition(" ")[2]): n for name, n in report.items()})


def as_json(preview: Preview) -> str:
    """A preview as one line, for programs."""
    return json.dumps({"rows": told(preview.counts), "files": len(preview.files), "complete": preview.whole})


__all__ = ["Counts", "Preview", "Whose", "Why", "erase", "erase_all", "preview", "replay", "rows", "told", "untold"]
