"""Versions of the script: one draft, published ones that are never changed, the newest of them live."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.assistant import checking, merging, script
from amity.assistant.models import BotScript
from amity.base import clock, undo
from amity.base.errors import NotFound, Refused

PERMISSION, CHANGE, PUBLISH = "desk.manage", "assistant.draft", "assistant.publish"
MOST = 50


@dataclass(frozen=True, slots=True)
class Version:
    """A published version, without its body."""

    version: int
    note: str
    staff_id: UUID | None
    at: datetime


def live() -> script.Script:
    """The script that customers meet: the newest published one, else the usual. 1 query."""
    newest = BotScript.objects.exclude(version=None).order_by("-version").values_list("version", flat=True).first()
    return _published(newest) if newest else script.usual()


def live_body() -> dict[str, Any]:
    """`live` as JSON. 1 query."""
    row = BotScript.objects.exclude(version=None).order_by("-version").first()
    return copy.deepcopy(row.body) if row else script.body_of_usual()


def draft() -> dict[str, Any]:
    """What is worked on: the draft, else what is live. 2 queries."""
    row = BotScript.objects.filter(version=None).first()
    return copy.deepcopy(row.body) if row else live_body()


def has_draft() -> bool:
    """Whether a draft waits to be published. 1 query."""
    return BotScript.objects.filter(version=None).exists()


def versions() -> list[Version]:
    """Published versions, the newest first, at most 50. 1 query."""
    rows = BotScript.objects.exclude(version=None).order_by("-version")
    return [Version(row.version or 0, row.note, row.staff_id, row.at) for row in rows.defer("body")[:MOST]]


def change_draft(principal: access.Principal, body: dict[str, Any] | None) -> UUID:
    """Put a body into the draft (None throws it away); returns the undo group. Raises `Refused` for what is none."""
    access.require(principal, PERMISSION)
    if body is not None:
        checked(body)
    return undo.perform(principal, CHANGE, {"body": body})


def publish(principal: access.Principal, body: dict[str, Any], note: str = "") -> UUID:
    """Make a body live as a new version; returns the undo group. Undone, what was live before is live again."""
    access.require(principal, PERMISSION)
    checked(body)
    return undo.perform(principal, PUBLISH, {"body": body, "note": note.strip()[:200]})


def body_of(version: int) -> dict[str, Any]:
    """The body of a published version; raises `NotFound`. 1 query."""
    row = BotScript.objects.filter(version=version).first()
    if row is None:
        raise NotFound(_("This version is not here."))
    return copy.deepcopy(row.body)


def checked(body: dict[str, Any]) -> script.Script:
    """The script of a body; raises `Refused` with the first thing that is wrong."""
    try:
        read = script.read(body)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused("bad_script", _("This is no script of the bot.")) from error
    for problem in [*checking.of_script(read), *(each for flow in read.flows for each in checking.problems(flow))]:
        raise Refused("bad_flow", problem.text)
    return read


def do_change(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: the script before and after."""
    access.require(principal, PERMISSION)
    before = _locked_draft() or live_body()
    _set_draft(principal, args["body"])
    access.record(principal, "changed", "bot", "draft")
    return {"before": before, "after": args["body"] or live_body()}


def undo_change(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: only this change goes; `Refused` where somebody changed the same since."""
    access.require(principal, PERMISSION)
    found = merging.back(before["before"], before["after"], _locked_draft() or live_body())
    if found is None:
        raise Refused("moved_on", _("Somebody has changed this since: it can not be undone any more."), 409)
    _set_draft(principal, None if found == live_body() else found)
    access.record(principal, "undo", "bot", "draft")


def do_publish(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: the body that was live, and the draft."""
    access.require(principal, PERMISSION)
    before = {"body": live_body(), "draft": _locked_draft()}
    _set_draft(principal, None)
    return {**before, "version": _publish(principal, args["body"], args["note"])}


def undo_publish(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: published ones are never changed, so what was live becomes one version more."""
    access.require(principal, PERMISSION)
    if BotScript.objects.aggregate(newest=Max("version"))["newest"] != before["version"]:
        raise Refused("moved_on", _("Somebody has changed this since: it can not be undone any more."), 409)
    _publish(principal, before["body"], args["note"])
    if _locked_draft() is None:  # what is worked on since stays
        _set_draft(principal, before["draft"])


def register() -> None:
    undo.register(CHANGE, undo.Handler(do_change, undo_change))
    undo.register(PUBLISH, undo.Handler(do_publish, undo_publish))


def _publish(principal: access.Principal, body: dict[str, Any], note: str) -> int:
    """The number of the new version."""
    newest = BotScript.objects.aggregate(newest=Max("version"))["newest"] or 0
    with transaction.atomic():
        BotScript.objects.create(version=newest + 1, body=body, note=note, staff_id=principal.staff_id)
    access.record(principal, "published", "bot", str(newest + 1))
    return int(newest) + 1


def _locked_draft() -> dict[str, Any] | None:
    row = BotScript.objects.select_for_update().filter(version=None).first()
    return row.body if row else None


def _set_draft(principal: access.Principal, body: dict[str, Any] | None) -> None:
    BotScript.objects.filter(version=None).delete()
    if body is not None:
        BotScript.objects.create(version=None, body=body, staff_id=principal.staff_id, at=clock.now())


@lru_cache(maxsize=4)
def _published(version: int) -> script.Script:
    return script.read(BotScript.objects.values_list("body", flat=True).get(version=version))
