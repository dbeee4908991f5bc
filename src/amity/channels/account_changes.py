"""Changes to a channel's account, undoable value by value: mailboxes, chats, and accounts of adapters alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from amity.access import api as access
from amity.base import undo
from amity.channels.receiving_models import Account

PERMISSION, KIND = "channels.manage", "channels.account"
COLUMNS = ("name", "address", "enabled")
_READ_AT = ("host", "port", "user", "folder")  # a mailbox that is elsewhere now is read from its beginning


def change(principal: access.Principal, account_id: UUID, values: Mapping[str, Any]) -> UUID:
    """Set columns of `COLUMNS` and, by any other name, settings (None takes one away); returns the undo group.

    Audited. The caller has checked the values.
    """
    return undo.perform(principal, KIND, {"id": str(account_id), "values": dict(values)})


def do(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: what was before, by name, of the values that changed."""
    access.require(principal, PERMISSION)
    row = Account.objects.select_for_update().get(pk=args["id"])
    now = _values(row)
    before = {name: now.get(name) for name, value in args["values"].items() if now.get(name) != value}
    _set(principal, row, {name: args["values"][name] for name in before})
    return before


def put_back(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: values that somebody changed since stay as they are."""
    access.require(principal, PERMISSION)
    row = Account.objects.select_for_update().filter(pk=args["id"]).first()
    if row is None:
        return
    now = _values(row)
    _set(principal, row, {name: was for name, was in before.items() if now.get(name) == args["values"][name]})


def register() -> None:
    """Make the change known to undo."""
    undo.register(KIND, undo.Handler(do, put_back))


def _values(row: Account) -> dict[str, Any]:
    return {**row.settings, **{name: getattr(row, name) for name in COLUMNS}}


def _set(principal: access.Principal, row: Account, values: Mapping[str, Any]) -> None:
    if not values:
        return
    place = _place(row)
    for name in set(COLUMNS) & set(values):
        setattr(row, name, values[name])
    settings = {**row.settings, **{name: value for name, value in values.items() if name not in COLUMNS}}
    row.settings = {name: value for name, value in settings.items() if value is not None}
    if _place(row) != place:
        row.mark = {}
    row.save(update_fields=[*COLUMNS, "settings", "mark"])
    access.record(principal, "changed", "account", row.pk, {"fields": sorted(values)})


def _place(row: Account) -> tuple[Any, ...]:
    return tuple(row.settings.get(name) for name in _READ_AT)
