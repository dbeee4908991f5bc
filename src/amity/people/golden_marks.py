"""Pinning and verifying values, and choosing another of the values that are known: by hand, with undo.

A mark stands in the profile's ``origins`` beside the value that it is about, at the row that says the value, so that it
goes where the value goes when profiles become one or part. `GoldenMark` keeps who set it and who ended it.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, undo
from amity.base.errors import Refused
from amity.people.golden import CHECKED, PIN, mark_of
from amity.people.golden_rows import Rows, origin_of, rows_of
from amity.people.golden_tables import GoldenMark
from amity.people.profiles import get_company, get_person
from amity.people.traits import State

MARK_KIND = "people.golden_mark"
MARKS = (PIN, CHECKED)


def mark(principal: access.Principal, kind: str, profile_id: UUID, key: str, what: str, *, on: bool = True) -> UUID:
    """Pin (`PIN`) or verify (`CHECKED`) the value that a profile shows, or end that; returns the undo group. Audited.

    ``key``: a column, or ``:name`` of a custom field. Raises ``Refused``: ``golden_mark``,
    ``golden_empty``; `NotFound`.
    """
    args = {"kind": kind, "id": str(profile_id), "key": key, "what": what, "on": on}
    return undo.perform(principal, MARK_KIND, args)


def choose(
    principal: access.Principal, kind: str, profile_id: UUID, key: str, value: Any, source: str, at: str
) -> UUID:
    """Let another known value hold, and pin it, with its source and age; returns the undo group. Audited."""
    chosen = {"value": value, "source": source, "at": at}
    args = {"kind": kind, "id": str(profile_id), "key": key, "what": PIN, "on": True, "chosen": chosen}
    return undo.perform(principal, MARK_KIND, args)


def do_mark(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler."""
    if args["what"] not in MARKS:
        raise Refused("golden_mark", _("A value is pinned or verified."))
    rows = _open(principal, args)
    key, name = args["key"], args["key"].lstrip(":")
    home = rows.rows[rows.id] if "chosen" in args else rows.home_of(key)
    if "chosen" not in args and home.values.get(key) in (None, ""):
        raise Refused("golden_empty", _("There is no value to pin or verify here."))
    before = {"home": str(home.id), "value": undo.plain(home.values.get(key)), "origin": home.origins.get(name)}
    _set(principal, home, key, args)
    rows.store(home)
    marked = _note(principal, args, home, key)
    detail = {"field": name, "mark": args["what"], "on": args["on"]}
    access.record(principal, "mark", args["kind"], rows.id, detail)
    return before | {"after": home.origins.get(name), "mark": marked}


def put_back(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: the value is as free, or as fixed, as it was, unless somebody changed it since."""
    key, name = args["key"], args["key"].lstrip(":")
    rows = _open(principal, args)
    home = rows.rows.get(UUID(before["home"]))
    now = home.origins.get(name) if home else None
    if home is None or now is None or now[:2] != before["after"][:2]:
        raise Refused("golden_changed", _("This value was changed since; nothing was undone."), 409)
    if now == before["after"]:
        if "chosen" in args:
            _put(home, key, before["value"])
        home.origins.pop(name, None)
        if before["origin"] is not None:
            home.origins[name] = before["origin"]
    else:  # something was held back meanwhile, and stays
        _set(principal, home, key, {"what": args["what"], "on": not args["on"]})
    rows.store(home)
    GoldenMark.objects.filter(pk=before["mark"]).delete()
    if args["what"] in mark_of(before["origin"]):  # what was ended, or said once more, holds again
        rows_of_it = GoldenMark.objects.filter(profile_id=home.id, name=name, kind=args["what"])
        newest = list(rows_of_it.order_by("-pk").values_list("pk", flat=True)[:1])
        GoldenMark.objects.filter(pk__in=newest).update(ended_at=None, ended_by=None)
    access.record(principal, "undo", args["kind"], rows.id, {"field": name, "mark": args["what"]})


def _open(principal: access.Principal, args: dict[str, Any]) -> Rows:
    access.require(principal, "people.edit")
    seen = get_company if args["kind"] == "company" else get_person
    return rows_of(args["kind"], seen(principal, UUID(args["id"])).id)


def _set(principal: access.Principal, home: State, key: str, args: dict[str, Any]) -> None:
    """The mark beside the value; of a chosen value also the value."""
    name = key.lstrip(":")
    if "chosen" in args:
        chosen = args["chosen"]
        _put(home, key, chosen["value"])
        home.origins[name] = [chosen["source"], chosen["at"], ""]
    origin = origin_of(home, key)
    marks = {k: v for k, v in mark_of(origin).items() if k != args["what"]}
    if args["on"]:
        marks[args["what"]] = [str(principal.staff_id or ""), clock.now().isoformat()]
    plain = [*origin[:2], origin[2] if len(origin) > 2 and origin[2] else ""]
    home.origins[name] = [*plain, marks] if marks else plain


def _put(home: State, key: str, value: Any) -> None:
    if value is None and key[0] == ":":
        home.values.pop(key, None)
    elif key.endswith("_id"):
        home.values[key] = UUID(value) if value else None
    else:
        home.values[key] = value


def _note(principal: access.Principal, args: dict[str, Any], home: State, key: str) -> str:
    name = key.lstrip(":")
    GoldenMark.objects.filter(profile_id=home.id, name=name, kind=args["what"], ended_at=None).update(
        ended_at=clock.now(), ended_by=principal.staff_id
    )
    if not args["on"]:
        return str(UUID(int=0))
    row = GoldenMark.objects.create(
        profile_kind=args["kind"], profile_id=home.id, name=name, value=undo.plain(home.values.get(key)),
        kind=args["what"], actor_id=principal.staff_id,
    )  # fmt: skip
    return str(row.pk)
