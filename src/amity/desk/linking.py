"""Records of other rooms that a conversation is about: the desk keeps kind and id, the room above names them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import live, undo
from amity.base.errors import NotFound, Refused
from amity.desk import conversations, happenings
from amity.desk.conversations import ConversationView
from amity.desk.conversations_changes import tell_listeners
from amity.desk.models import Link
from amity.desk.thread import KIND

LINK = "desk.link"
Named = dict[UUID, tuple[str, str]]  # id → (name, URL)


@dataclass(frozen=True, slots=True)
class Linkable:
    """A kind of record. ``names(principal, ids)``: those in sight; ``near(principal, view, q)``: those to offer."""

    label: str | Promise
    icon: str
    names: Callable[[access.Principal, Sequence[UUID]], Named]
    near: Callable[[access.Principal, ConversationView, str], Sequence[tuple[UUID, str]]]


@dataclass(frozen=True, slots=True)
class Linked:
    """A record that a conversation is about; without ``url`` it is out of the reader's sight."""

    kind: str
    id: UUID
    label: str
    icon: str
    name: str
    url: str


_kinds: dict[str, Linkable] = {}


def register_kind(kind: str, linkable: Linkable) -> None:
    """Make a kind of record known; called by the room above in its ``apps.py``."""
    _kinds[kind] = linkable


def kinds() -> dict[str, Linkable]:
    return dict(_kinds)


def link(principal: access.Principal, conversation_id: UUID, kind: str, record_id: UUID) -> UUID:
    """Say that a conversation is about a record; returns the undo group. Raises `NotFound` for what is out of sight."""
    known = _kinds.get(kind)
    if known is None or record_id not in known.names(principal, [record_id]):
        raise NotFound(_("There is no such record, or it is not among those that you see."))
    return undo.perform(
        principal, LINK, {"id": str(conversation_id), "kind": kind, "record": str(record_id), "on": True}
    )


def unlink(principal: access.Principal, conversation_id: UUID, kind: str, record_id: UUID) -> UUID:
    """Say that it is not about it after all; returns the undo group."""
    args = {"id": str(conversation_id), "kind": kind, "record": str(record_id), "on": False}
    return undo.perform(principal, LINK, args)


def links_of(principal: access.Principal, conversation_id: UUID) -> list[Linked]:
    """What a conversation, which the reader was shown, is about. 1 query and those of the kinds in it."""
    rows = list(Link.objects.filter(conversation_id=conversation_id).order_by("at", "id").values("kind", "record_id"))
    found = []
    for kind, linkable in _kinds.items():
        ids = [row["record_id"] for row in rows if row["kind"] == kind]
        names = linkable.names(principal, ids) if ids else {}
        for each in ids:
            name, url = names.get(each, (_("Not among those that you see"), ""))
            found.append(Linked(kind, each, str(linkable.label), linkable.icon, name, url))
    return found


def conversations_about(principal: access.Principal, kind: str, record_id: UUID) -> list[ConversationView]:
    """Conversations about a record that the reader was shown, newest first, at most 20. 1 query."""
    rows = conversations.rows_of(principal).filter(links__kind=kind, links__record_id=record_id)
    return [ConversationView(**row) for row in rows.order_by("-last_at").values(*conversations.FIELDS)[:20]]


def do(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: link or unlink."""
    return _set(principal, args, on=args["on"])


def put_back(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: the other way, unless somebody else has linked it since."""
    what = {"conversation_id": args["id"], "kind": args["kind"], "record_id": args["record"]}
    mine = not args["on"] or Link.objects.filter(**what, staff_id=principal.staff_id).exists()
    if before["changed"] and mine:
        _set(principal, args, on=not args["on"])


def _set(principal: access.Principal, args: dict[str, Any], *, on: bool) -> dict[str, Any]:
    (row,) = conversations.locked(principal, [args["id"]])
    what = {"conversation": row, "kind": args["kind"], "record_id": args["record"]}
    if on:
        _link, changed = Link.objects.get_or_create(**what, defaults={"staff_id": principal.staff_id})
    else:
        changed = Link.objects.filter(**what).delete()[0] > 0
        if not changed:
            raise Refused("not_linked", _("This link is gone already."), 409)
    if changed:
        kind = "linked" if on else "unlinked"
        data = {"kind": args["kind"], "record": args["record"]}
        happenings.note(row, kind, "staff", principal.staff_id, data)
        tell_listeners(row, [kind])
        live.tell(KIND, [row.pk])
        live.tell(args["kind"], [args["record"]])
        access.record(principal, kind, "conversation", row.pk, data)
    return {"changed": changed}


def register() -> None:
    undo.register(LINK, undo.Handler(do, put_back))
