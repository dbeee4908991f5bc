"""Whether pairs of which the matcher is certain become one without asking: per kind, changeable, with undo."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from amity.access import api as access
from amity.base import clock, undo
from amity.people.duplicate_models import MatchPolicy

POLICY_KIND = "people.match_policy"
PERMISSION = "duplicates.decide"


def merges_certain(kind: str) -> bool:
    """Whether certain pairs of this kind are merged by themselves. 1 query."""
    return bool(MatchPolicy.objects.filter(kind=kind).values_list("merge_certain", flat=True).first())


def set_merges_certain(principal: access.Principal, kind: str, on: bool) -> UUID:
    """Change it; returns the undo group. Audited. What was merged meanwhile stays, and can be undone one by one."""
    return undo.perform(principal, POLICY_KIND, {"kind": kind, "on": on})


def do_set(principal: access.Principal, args: dict[str, Any]) -> bool:
    """`undo` handler; returns what it was."""
    access.require(principal, PERMISSION)
    before = merges_certain(args["kind"])
    changes = {"merge_certain": args["on"], "changed_by": principal.staff_id, "changed_at": clock.now()}
    MatchPolicy.objects.update_or_create(kind=args["kind"], defaults=changes)
    access.record(principal, "change", "match_policy", args["kind"], {"merge_certain": args["on"]})
    return before


def put_back(principal: access.Principal, args: dict[str, Any], before: bool) -> None:
    """`undo` handler."""
    do_set(principal, {"kind": args["kind"], "on": before})
