"""Teaching the desk from its own labels: in the background, with versions, figures, and a way back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import jobs, undo
from amity.base.errors import Refused
from amity.base.ids import stable_id
from amity.base.models import JobRun
from amity.desk import understanding_intents as intents
from amity.desk import understanding_labels as labelled
from amity.desk.models import Example, Message
from amity.desk.understanding_labels import INTENT, TONE, URGENCY
from amity.intelligence import api as intelligence

KIND = "desk.learn"
KEYS = (INTENT, TONE, URGENCY)
ROLLBACK = "desk.language_version"
_FRESH = 20  # labels more than the live version learned from, at which it is learned anew by night
_WORSE = 0.02  # held-out accuracy that a version learned by night may lose and still go to work
LEAST_OTHER = 15  # labels of each tone or urgency


def start(principal: access.Principal, key: str = INTENT) -> UUID:
    """Learn in the background; one at a time. Returns the id of its progress row."""
    access.require(principal, intents.MANAGE)
    if key not in KEYS:
        raise Refused("no_such", _("There is nothing of this name to learn."))
    with transaction.atomic():
        running = under_way(key)
        if running is not None:
            return running.pk
        staff_id = str(principal.staff_id) if principal.staff_id else None
        return jobs.start(KIND, KIND, subject_id=stable_id(KIND, key), started_by=principal.staff_id, key=key,
                          staff_id=staff_id)  # fmt: skip


def under_way(key: str) -> JobRun | None:
    """The progress row of a training that waits or runs. 1 query."""
    states = (JobRun.State.WAITING, JobRun.State.RUNNING)
    return JobRun.objects.filter(kind=KIND, subject_id=stable_id(KIND, key), state__in=states).first()


def last(key: str) -> JobRun | None:
    """The newest training, however it ended. 1 query."""
    return JobRun.objects.filter(kind=KIND, subject_id=stable_id(KIND, key)).order_by("-created_at", "-id").first()


def learn(principal: access.Principal, key: str, report: jobs.Report, better: float | None = None) -> Any:
    """Learn ``key`` from everything labelled now. Raises `Refused` where that is too little."""
    report(0, None, "reading")
    rows = labelled.labels(key)
    if key == INTENT:
        intents.ensure(row.label for row in rows)
    else:
        _enough(rows)
    lesson = [(row.text, row.label, row.language) for row in rows]
    made = intelligence.language.learn(principal, key, lesson, report, better=better)
    misses = [[*_where(rows[place]), truth, said, chance] for place, truth, said, chance in made.figures["misses"]]
    intelligence.language.set_figures(made.id, {**made.figures, "misses": misses})
    return made


def learn_by_night() -> int:
    """Learn anew what got enough fresh labels; returns how many trainings were started."""
    started = 0
    for key in KEYS:
        live = intelligence.language.live(key)
        if live is not None and labelled.count(key) >= live.rows + _FRESH and under_way(key) is None:
            jobs.start(KIND, KIND, subject_id=stable_id(KIND, key), key=key, staff_id=None)
            started += 1
    return started


def least(key: str) -> float | None:
    """The accuracy that a version learned by night must reach. 1 query."""
    live = intelligence.language.live(key)
    return live.figures["accuracy"] - _WORSE if live else None


def put_to_work(principal: access.Principal, version_id: UUID) -> UUID:
    """Have another version answer; returns the undo group."""
    access.require(principal, intents.MANAGE)
    with transaction.atomic():
        before = intelligence.language.put_to_work(principal, version_id)
        key = intelligence.language.version(version_id).key
        args = {"id": str(version_id), "key": key}
        return undo.note(principal, ROLLBACK, args, str(before) if before else None)


def texts_of(misses: list[list[Any]]) -> dict[str, str]:
    """Example or message id → its text, of what is still there. 2 queries."""
    ids = [each[0] for each in misses if each[0]]
    found = {str(pk): text for pk, text in Example.objects.filter(pk__in=ids).values_list("pk", "text")}
    return found | {str(pk): text for pk, text in Message.objects.filter(pk__in=ids).values_list("pk", "text")}


def _where(row: labelled.Label) -> list[Any]:
    return [str(row.example_id or row.message_id), str(row.conversation_id) if row.conversation_id else ""]


def _enough(rows: list[labelled.Label]) -> None:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.label] = counts.get(row.label, 0) + 1
    if sum(n >= LEAST_OTHER for n in counts.values()) < 2:
        text = _("Staff must have set at least {count} conversations each of two kinds first.")
        raise Refused("too_few", text.format(count=LEAST_OTHER))


def _put_back(principal: access.Principal, args: dict[str, Any], before: Any) -> None:
    if before:
        intelligence.language.put_to_work(principal, UUID(before))
    else:
        intelligence.language.set_aside(principal, args["key"])


def register() -> None:
    undo.register(ROLLBACK, undo.Handler(None, _put_back))
