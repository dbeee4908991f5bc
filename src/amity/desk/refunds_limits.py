"""Up to what each role may approve refunds: kept by the manager, audited, undone.

A role without any limit approves everything; with one, nothing in currencies that have none. Only an administrator
lets their own role approve more.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import undo, words
from amity.base.errors import Refused
from amity.desk import complaints
from amity.desk.models import RefundLimit
from amity.desk.refunds import MAX_AMOUNT, limits

KIND, RIGHT = "desk.refund.limits", "desk.manage"


def roles() -> list[tuple[str, str]]:
    """Roles that may approve refunds at all, with their labels."""
    known = {"administrator": _("Administrator"), "manager": _("Manager")}
    return [(role, known.get(role, role)) for role, may in access.PERMISSIONS.items() if complaints.DECIDE in may]


def shown() -> list[dict[str, Any]]:
    """Limits as the page shows them. 1 query."""
    names = dict(roles())
    return [
        {
            **row, "label": names.get(row["role"], row["role"]),
            "plain": words.plain_money(row["amount_minor"], row["currency"]),
        }
        for row in limits()
    ]  # fmt: skip


def set_limit(principal: access.Principal, role: str, currency: str, amount_minor: int | None) -> Any:
    """Set a limit in minor units, or take it away (None); returns the undo group. Raises `Refused`."""
    access.require(principal, RIGHT)
    currency = currency.strip().upper()
    if role not in dict(roles()):
        raise Refused("bad_role", _("This role does not approve refunds."))
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha()):
        raise Refused("bad_amount", _("Give an amount above zero and its currency."))
    if amount_minor is not None and not 0 <= amount_minor <= MAX_AMOUNT:
        raise Refused("bad_amount", _("Give an amount above zero and its currency."))
    return undo.perform(principal, KIND, {"role": role, "currency": currency, "amount": amount_minor})


def do(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: the amount before, None where there was none."""
    access.require(principal, RIGHT)
    if principal.role == args["role"] != "administrator" and _raises(args):
        raise Refused("own_limit", _("Only an administrator can let your own role approve more."), 403)
    before = _amount(args)
    _set(args, args["amount"])
    access.record(principal, "save", "refund_limit", args["role"], {"was": before, **args})
    return {"amount": before}


def put_back(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: as it was, unless somebody changed it since."""
    access.require(principal, RIGHT)
    if _amount(args) == args["amount"]:
        _set(args, before["amount"])
        access.record(principal, "undo", "refund_limit", args["role"], {"currency": args["currency"]})


def _raises(args: dict[str, Any]) -> bool:
    """Whether the role could approve more afterwards than now; its limits are locked. 1 query."""
    rows = RefundLimit.objects.select_for_update().filter(role=args["role"]).order_by("currency")
    own = dict(rows.values_list("currency", "amount_minor"))
    if args["amount"] is None:
        return set(own) == {args["currency"]}
    return bool(own) and args["amount"] > own.get(args["currency"], 0)


def _amount(args: dict[str, Any]) -> int | None:
    rows = RefundLimit.objects.select_for_update().filter(role=args["role"], currency=args["currency"])
    return rows.values_list("amount_minor", flat=True).first()


def _set(args: dict[str, Any], amount: int | None) -> None:
    rows = RefundLimit.objects
    if amount is None:
        rows.filter(role=args["role"], currency=args["currency"]).delete()
    else:
        rows.update_or_create(role=args["role"], currency=args["currency"], defaults={"amount_minor": amount})
