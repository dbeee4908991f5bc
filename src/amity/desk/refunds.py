"""Refunds: proposed by one person, approved by another, paid once. All of it is audited and in the conversation's log.

proposed → approved → paid; refused; taken (back by who proposed it). Who approves holds ``complaints.decide``, is not
who proposed (checked under a lock of the row, and by the table itself), and has a limit high enough. What is refunded
for an order never exceeds what it cost, where the order is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Sum
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from amity.access import api as access
from amity.base import clock, live, undo
from amity.base.errors import NotFound, Refused
from amity.base.ids import read_id
from amity.desk import complaints, conversations, happenings
from amity.desk.models import Conversation, Refund, RefundLimit
from amity.desk.thread import KIND as TALK

KIND, RIGHT = "desk.refund", complaints.DECIDE
COUNTED = ("proposed", "approved", "paid")  # against what the order cost
MAX_AMOUNT, MAX_WORDS = 10**12, 2_000
STATES: dict[str, Promise] = {
    "proposed": lazy("Proposed"), "approved": lazy("Approved"), "refused": lazy("Refused"), "paid": lazy("Paid"),
    "taken": lazy("Taken back"),
}  # fmt: skip
MOVES = ("approve", "refuse", "take", "pay")
TOUCHED = ("state", "decided_by_id", "decided_at", "why", "paid_at", "paid_ref")


@dataclass(frozen=True, slots=True)
class RefundView:
    """A refund; ``amount_minor`` in minor units of ``currency``."""

    id: UUID
    complaint_id: UUID | None
    conversation_id: UUID | None
    person_id: UUID | None
    order_id: UUID | None
    amount_minor: int
    currency: str
    reason: str
    state: str
    proposed_by_id: UUID | None
    proposed_at: datetime
    decided_by_id: UUID | None
    decided_at: datetime | None
    why: str
    paid_at: datetime | None
    paid_ref: str

    @property
    def state_label(self) -> str:
        return str(STATES[self.state])


@dataclass(frozen=True, slots=True)
class OrderFact:
    """An order that can be refunded, as the room above tells it."""

    id: UUID
    name: str
    total_minor: int | None
    currency: str


Orders = Callable[[access.Principal, UUID | None, UUID | None], Sequence[OrderFact]]
_orders: list[Orders] = []
FIELDS = tuple(RefundView.__dataclass_fields__)


def register_orders(orders: Orders) -> None:
    """Say where orders come from: ``orders(principal, person_id, order_id)``, newest first; the room above calls it."""
    _orders[:] = [orders]


def orders_of(principal: access.Principal, person_id: UUID | None, order_id: UUID | None = None) -> list[OrderFact]:
    """Orders of a person (or one of them) that ``principal`` sees."""
    return list(_orders[0](principal, person_id, order_id)) if _orders and person_id else []


def of_conversation(principal: access.Principal, conversation_id: UUID) -> list[RefundView]:
    """Refunds of a conversation that the reader was shown, newest first. 1 query."""
    access.require(principal, complaints.SEE)
    return _views(Refund.objects.filter(_sight(principal), conversation_id=conversation_id))


def waiting(principal: access.Principal) -> list[RefundView]:
    """Refunds that wait for somebody: proposed, or approved and not paid. At most 100, newest first. 1 query."""
    access.require(principal, complaints.SEE)
    return _views(Refund.objects.filter(_sight(principal), state__in=("proposed", "approved")))


def get(principal: access.Principal, refund_id: UUID) -> RefundView:
    """One refund; raises `NotFound`. 1 query."""
    access.require(principal, complaints.SEE)
    found = _views(Refund.objects.filter(_sight(principal), pk=refund_id))
    if not found:
        raise _gone()
    return found[0]


def propose(
    principal: access.Principal, complaint_id: UUID, amount_minor: int, currency: str, reason: str,
    order_id: UUID | None = None,
) -> tuple[UUID, UUID]:  # fmt: skip
    """Propose to give money back; returns the refund and the undo group. Raises `Refused`, `NotFound`."""
    currency, reason = currency.strip().upper(), reason.replace("\x00", "").strip()[:MAX_WORDS]
    if not 0 < amount_minor <= MAX_AMOUNT or len(currency) != 3 or not currency.isalpha():
        raise Refused("bad_amount", _("Give an amount above zero and its currency."))
    if not reason:
        raise Refused("no_reason", _("Write down what the money is given back for."))
    with transaction.atomic():
        complaint = complaints.locked(principal, complaint_id)
        if complaint.state == "withdrawn":
            raise Refused("ended", _("This complaint is over. Open it again first."), 409)
        _check_order(principal, complaint.person_id, order_id, amount_minor, currency)
        row = Refund.objects.create(
            complaint=complaint, conversation=complaint.conversation, person_id=complaint.person_id,
            order_id=order_id, amount_minor=amount_minor, currency=currency, reason=reason,
            proposed_by_id=principal.staff_id,
        )  # fmt: skip
        _note(row, principal, "propose")
        group = undo.note(principal, KIND, {"id": str(row.pk)}, {"was": {"state": "taken"}, "now": _state(row)})
    return row.pk, group


def approve(principal: access.Principal, refund_id: UUID) -> UUID:
    """The second pair of eyes says yes; returns the undo group. Raises `Refused` for who proposed it, and limits."""
    return _move(principal, refund_id, "approve")


def refuse(principal: access.Principal, refund_id: UUID, why: str) -> UUID:
    """The second pair of eyes says no, and why; returns the undo group."""
    return _move(principal, refund_id, "refuse", why=why)


def take(principal: access.Principal, refund_id: UUID) -> UUID:
    """Who proposed it takes it back before it is decided; returns the undo group."""
    return _move(principal, refund_id, "take")


def mark_paid(principal: access.Principal, refund_id: UUID, ref: str = "") -> UUID | None:
    """Say that the money went out under ``ref``. Said twice with the same ``ref``, the second changes nothing: None."""
    ref = " ".join(ref.replace("\x00", "").split())[:80]
    with transaction.atomic():
        row = _locked(principal, refund_id)
        if row.state == "paid" and row.paid_ref == ref:
            access.require(principal, RIGHT)
            return None
        return _move(principal, refund_id, "pay", ref=ref)


def move(principal: access.Principal, refund_id: UUID, verb: str, *, why: str = "", ref: str = "") -> UUID | None:
    """One of `MOVES`; returns the undo group, None where it was paid under this reference already. Raises `Refused`."""
    if verb not in MOVES:
        raise Refused("bad_step", _("There is no such step."))
    if verb == "approve":
        return approve(principal, refund_id)
    if verb == "refuse":
        return refuse(principal, refund_id, why)
    return mark_paid(principal, refund_id, ref) if verb == "pay" else take(principal, refund_id)


def limits() -> list[dict[str, Any]]:
    """Up to what each role may approve. 1 query."""
    rows = RefundLimit.objects.order_by("role", "currency").values("role", "currency", "amount_minor")
    return [dict(row) for row in rows]


def do(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: one move of a refund, under a lock of its row."""
    row = _locked(principal, args["id"])
    was = _state(row)
    _MOVES[args["op"]](principal, row, args)
    row.save()
    _note(row, principal, args["op"])
    return {"was": was, "now": _state(row)}


def put_back(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: as it was, if nobody moved it since."""
    row = _locked(principal, args["id"])
    if row.state != before["now"]["state"]:
        raise Refused("moved_on", _("Somebody has gone on with this refund: it can not be undone any more."), 409)
    if row.state not in COUNTED and before["was"]["state"] in COUNTED:
        _counts_again(principal, row)
    for name, value in before["was"].items():
        setattr(row, name, _typed(name, value))
    row.save()
    _note(row, principal, "undo")


def _counts_again(principal: access.Principal, row: Refund) -> None:
    """Refuse to bring back what was proposed anew since, or whose complaint is over."""
    if row.complaint is not None and row.complaint.state in complaints.ENDED:
        raise Refused("ended", _("This complaint is over. Open it again first."), 409)
    _check_order(principal, row.person_id, row.order_id, row.amount_minor, row.currency)


def _approve(principal: access.Principal, row: Refund, args: dict[str, Any]) -> None:
    _decides(principal, row)
    own = {each["currency"]: each["amount_minor"] for each in limits() if each["role"] == principal.role}
    if own and row.amount_minor > own.get(row.currency, 0):
        raise Refused("over_limit", _("This is more than you may approve. Ask somebody with a higher limit."), 403)
    row.state, row.decided_by_id, row.decided_at = "approved", principal.staff_id, clock.now()


def _refuse(principal: access.Principal, row: Refund, args: dict[str, Any]) -> None:
    _decides(principal, row)
    row.why = args.get("why", "").replace("\x00", "").strip()[:MAX_WORDS]
    if not row.why:
        raise Refused("no_reason", _("Write down why it is refused."))
    row.state, row.decided_by_id, row.decided_at = "refused", principal.staff_id, clock.now()


def _take(principal: access.Principal, row: Refund, args: dict[str, Any]) -> None:
    _must_be(row, "proposed")
    if row.proposed_by_id != principal.staff_id:
        raise Refused("not_yours", _("Only who proposed a refund can take it back."), 403)
    row.state = "taken"


def _pay(principal: access.Principal, row: Refund, args: dict[str, Any]) -> None:
    access.require(principal, RIGHT)
    _must_be(row, "approved")
    row.state, row.paid_at, row.paid_ref = "paid", clock.now(), args.get("ref", "")


_MOVES: dict[str, Callable[[access.Principal, Refund, dict[str, Any]], None]] = {
    "approve": _approve, "refuse": _refuse, "take": _take, "pay": _pay,
}  # fmt: skip


def _decides(principal: access.Principal, row: Refund) -> None:
    access.require(principal, RIGHT)
    _must_be(row, "proposed")
    if access.own_id(principal) == row.proposed_by_id:
        raise Refused("four_eyes", _("You proposed this refund: somebody else has to decide it."), 403)


def _must_be(row: Refund, state: str) -> None:
    if row.state != state:
        told = _("This step is not possible: the refund is “{state}” now.").format(state=STATES[row.state])
        raise Refused("bad_state", told, 409)


def _move(principal: access.Principal, refund_id: UUID, op: str, **more: str) -> UUID:
    return undo.perform(principal, KIND, {"id": str(refund_id), "op": op, **more})


def _check_order(
    principal: access.Principal, person_id: UUID | None, order_id: UUID | None, amount: int, currency: str
) -> None:  # fmt: skip
    """Refuse more than is open of an order; two proposals at once wait for each other."""
    if order_id is None:
        return
    found = orders_of(principal, person_id, order_id)
    if not found:
        raise NotFound(_("There is no such record, or it is not among those that you see."))
    order = found[0]
    if order.total_minor is None:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"desk.refund:{order_id}"])
    known = Refund.objects.filter(order_id=order_id, state__in=COUNTED, currency=currency)
    spent = known.aggregate(sum=Sum("amount_minor"))["sum"] or 0
    if order.currency and order.currency != currency:
        raise Refused("other_currency", _("The order is in {currency}.").format(currency=order.currency))
    if spent + amount > order.total_minor:
        raise Refused("too_much", _("This is more than is open of that order."), 409)


def _locked(principal: access.Principal, refund_id: Any) -> Refund:
    access.require(principal, complaints.WORK)
    known = read_id(refund_id)
    row = Refund.objects.select_for_update(of=("self",)).filter(_sight(principal), pk=known).first() if known else None
    if row is None:
        raise _gone()
    return row


def _sight(principal: access.Principal) -> Any:
    return conversations.sight(principal, "conversation__")


def _gone() -> NotFound:
    return NotFound(_("This refund is not here, or not among those that you see."))


def _note(row: Refund, principal: access.Principal, op: str) -> None:
    data = {"op": op, "state": row.state, "amount_minor": row.amount_minor, "currency": row.currency}
    talk = Conversation.objects.filter(pk=row.conversation_id).first() if row.conversation_id else None
    if talk is not None:
        by = "staff" if principal.staff_id else "system"
        happenings.note(talk, "refund", by, principal.staff_id, {"refund": str(row.pk), **data})
        live.tell(TALK, [talk.pk])
    access.record(principal, op, "refund", row.pk, data)


def _views(rows: Any) -> list[RefundView]:
    return [RefundView(**row) for row in rows.order_by("-proposed_at", "-id").values(*FIELDS)[:100]]


def _state(row: Refund) -> dict[str, Any]:
    return {name: undo.plain(getattr(row, name)) for name in TOUCHED}


def _typed(name: str, value: Any) -> Any:
    if value is None or not isinstance(value, str):
        return value
    if name.endswith("_at"):
        return parse_datetime(value)
    return UUID(value) if name.endswith("_id") else value
