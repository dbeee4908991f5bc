"""The record of processing activities (art. 30) and a draft of the impact assessment (art. 35), from the models.

Both say what is so in this installation now: which tables hold what, who gets it, how long it is kept. They are a
start, to be read and completed by somebody who is responsible.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amity.people import privacy_export, privacy_words
from amity.people.models import RetentionRule
from amity.people.privacy_map import Place, places
from amity.people.privacy_retention import KINDS

_ROOMS = ("people", "events", "sales", "channels", "desk", "stores", "journeys", "intelligence", "assistant", "access")


@dataclass(frozen=True, slots=True)
class Table:
    """One table of an activity."""

    table: str
    title: str
    fields: list[str]
    fate: str
    why: str
    rows: int


@dataclass(frozen=True, slots=True)
class Activity:
    """A processing activity: what a part of Amity does with personal data."""

    key: str
    purpose: str
    ground: str
    subjects: str
    tables: list[Table]


@dataclass(frozen=True, slots=True)
class Register:
    """The record of processing activities."""

    controller: dict[str, str]
    activities: list[Activity]
    recipients: list[dict[str, str]]
    retention: list[tuple[str, str]]
    measures: list[str]


def register() -> Register:
    """The record as of now. One query for the sizes of all tables, and a few more."""
    sizes = _sizes()
    personal = [place for place in places() if place.personal.erase != "none"]
    activities = []
    for room in _ROOMS:
        own = [place for place in personal if place.label.split(".")[0] == room]
        if own:
            goal, ground = privacy_words.purpose(own[0].label)
            activities.append(Activity(room, goal, ground, _subjects(room), [_table(place, sizes) for place in own]))
    return Register(
        privacy_export.controller(), activities, privacy_export.recipients(), list(_retention()), measures()
    )


def _subjects(room: str) -> str:
    return _("Staff") if room == "access" else _("Customers, leads, visitors, contacts at companies")


def _table(place: Place, sizes: dict[str, int]) -> Table:
    fates = {"delete": "deleted", "blank": "blanked", "keep": "kept"}
    fate = str(privacy_words.FATES[fates[place.personal.erase]])
    title, why = privacy_words.title(place.table), privacy_words.why(place)
    return Table(place.table, title, list(place.personal.fields), fate, why, sizes.get(place.table, 0))


def _sizes() -> dict[str, int]:
    """Rows of every table as the planner knows them, partitions added up."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(p.relname, c.relname), sum(greatest(c.reltuples, 0))::bigint FROM pg_class c "
            "LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = i.inhparent "
            "WHERE c.relkind = 'r' GROUP BY 1"
        )
        return dict(cursor.fetchall())


def _retention() -> Iterable[tuple[str, str]]:
    known = {row.kind: row for row in RetentionRule.objects.filter(active=True)}
    for kind in KINDS.values():
        row = known.get(kind.key)
        days = row.days if row else kind.usual()
        yield str(kind.label), _days(days)
    config = settings.CONFIG
    yield _("Events as received"), _days(config.raw_retention_days)
    yield _("Events of sources without a time of their own"), _days(config.event_retention_days or None)


def _days(days: int | None) -> str:
    if days is None:
        return _("until erased")
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


def measures() -> list[str]:
    """Technical and organisational measures, art. 32: what the software does; add what your organisation does."""
    return [
        _("Access by role and row scope, one policy for pages, API and jobs; second factor for administrators."),
        _("Every change is in an append-only, hash-chained audit log whose words can be erased."),
        _("Secrets are stored sealed, passwords and API tokens as hashes only."),
        _("Erasure reaches every table, file and log; a ledger keeps erased people out of restored backups."),
        _("Restricted people are in no segment, score or message."),
        _("Consent is recorded with purpose, wording and proof; nothing is sent without it where it is needed."),
        _("Logs hold ids, no names or addresses."),
        _("Backups are readable by their owner only."),
    ]


@dataclass(frozen=True, slots=True)
class Risk:
    """A risk to people, what Amity does about it, and what is left to decide."""

    risk: str
    done: str
    open: str


def assessment() -> dict[str, Any]:
    """A draft of the impact assessment: description, necessity, risks, measures."""
    own = register()
    profiling = apps.get_model("intelligence", "ModelVersion").objects.filter(state="live").count()
    tracking = apps.get_model("events", "Source").objects.filter(enabled=True).count()
    people = next((t.rows for a in own.activities for t in a.tables if t.table == "people_person"), 0)
    return {
        "register": own,
        "people": people,
        "profiling": profiling,
        "tracking": tracking,
        "needed": [
            (_("Evaluation or scoring"), profiling > 0),
            (_("Data on a large scale (over 100,000 people)"), people > 100_000),
            (_("Observation of behaviour by tracking"), tracking > 0),
            (_("Matching of data from several sources"), True),
        ],
        "risks": _risks(),
    }


def _risks() -> list[Risk]:
    return [
        Risk(_("Data leak to the outside"), _("Roles, second factor, sealed secrets, no personal data in logs."),
             _("Who has access to the server and to backups?")),
        Risk(_("Two people are taken for one"), _("Every merge has its evidence and can be undone."),
             _("Who reviews uncertain pairs, how often?")),
        Risk(_("A score disadvantages somebody"), _("Every score shows its reasons and decides nothing by itself."),
             _("Which decisions do staff make by scores?")),
        Risk(_("Somebody is written to against their will"), _("One gate checks consent before anything is sent."),
             _("Are the texts of consent up to date?")),
        Risk(_("Data are kept longer than needed"), _("Retention rules with a dry run; erasure with a ledger."),
             _("Are the rules switched on, and are the times right?")),
        Risk(_("Data are used for something else"), _("Purposes are declared with each table; restriction on request."),
             _("Who checks exports and destinations?")),
        Risk(_("A request is answered late"), _("Requests have a due date, one month from their arrival."),
             _("Who stands in during absences?")),
    ]  # fmt: skip
