"""What the bot can do to data. Each tool names its arguments and its permission, and is audited.

A tool that is personal gets `proofs.Proven`, asked anew at every call, and reads and changes only rows at home with the
profile rows in it. What a customer says reaches a tool as values of slots, never as a choice of whose rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.utils import timezone, translation
from django.utils.translation import pgettext

from amity.access import api as access
from amity.assistant import proofs, script, slots, versions
from amity.assistant.acts import Result
from amity.base import clock, words
from amity.base.errors import Refused
from amity.channels import api as channels
from amity.desk import api as desk
from amity.desk.api import BusinessHours
from amity.engines import api as engines
from amity.people import api as people
from amity.sales import api as sales

BOT = access.Principal(
    None, "Bot", "agent", "all", via="job",
    permissions=frozenset({"people.view", "people.edit", "deals.view", "tasks.edit"}),
)  # fmt: skip
SOURCE = "customer via bot"
MOST_ORDERS, MOST_MEETINGS, AHEAD, LASTS = 200, 200, timedelta(days=90), timedelta(minutes=30)
OPENS, CLOSES = time(8), time(18)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool: where, in which language, for whom, and for which turn (the same turn is one call)."""

    view: desk.ConversationView
    language: str
    who: proofs.Proven
    args: Mapping[str, str]
    key: str


@dataclass(frozen=True, slots=True)
class Tool:
    """``takes``: names of its arguments, all of them strings from slots. Its answer is a `Result`'s state and words."""

    name: str
    takes: frozenset[str]
    permission: str
    run: Callable[[Call], tuple[str, dict[str, str]]]


def call(view: desk.ConversationView, name: str, args: Mapping[str, str], language: str, key: str) -> Result:
    """Run a tool for whoever this conversation's visitor has proved to be; "unproven" for anybody else.

    In the caller's transaction, audited there. Unknown tools and arguments are refused.
    """
    tool = TOOLS.get(name)
    if tool is None or set(args) != tool.takes:
        return Result(name, "refused")
    who = proofs.proven(view)
    if who is None:
        return Result(name, "unproven")
    access.require(BOT, tool.permission)
    with translation.override(language):
        state, told = tool.run(Call(view, language, who, args, key))
    access.record(BOT, "tool", "conversation", view.id, {"tool": name, "state": state, "person": str(who.person_id)})
    return Result(name, state, told)


def orders_of(who: proofs.Proven) -> list[sales.OrderView]:
    """Orders that are at home with the proved rows, newest first. 2 queries."""
    rows = sales.orders_of(person_id=who.person_id, limit=MOST_ORDERS)
    homes = people.homes_of("order", {each.id: who.person_id for each in rows})
    return [each for each in rows if homes[each.id] in who.members]


def _order(call: Call) -> sales.OrderView | None:
    wanted = slots.plain_order(call.args["order"])
    return next((each for each in orders_of(call.who) if wanted and slots.plain_order(each.number) == wanted), None)


def _order_status(call: Call) -> tuple[str, dict[str, str]]:
    order = _order(call)
    if order is None:
        return "none", {}
    total = words.money(order.total_minor, order.currency) if order.total_minor is not None else "–"
    day = words.day(timezone.localdate(order.ordered_at)) if order.ordered_at else "–"
    return "done", {"order": order.number, "status": _state(order.status), "total": total, "day": day}


def _state(status: str) -> str:
    """What the shop calls the state of an order, in the customer's language where it is one of the usual words."""
    usual = {
        "new": pgettext("order", "new"),
        "pending": pgettext("order", "waiting"),
        "processing": pgettext("order", "being prepared"),
        "paid": pgettext("order", "paid"),
        "shipped": pgettext("order", "on its way"),
        "delivered": pgettext("order", "delivered"),
        "completed": pgettext("order", "completed"),
        "cancelled": pgettext("order", "cancelled"),
        "canceled": pgettext("order", "cancelled"),
        "returned": pgettext("order", "returned"),
        "refunded": pgettext("order", "refunded"),
    }
    return usual.get(status.strip().lower(), status) or "–"


def _invoice_copy(call: Call) -> tuple[str, dict[str, str]]:
    order = _order(call)
    if order is None:
        return "none", {}
    name, content = sales.paper_of(BOT, order.id, call.language)
    words_of = versions.live()
    told = words_of.text("mail_paper_subject", call.language).format(order=order.number)
    message = channels.Message(
        key=f"bot:paper:{call.key}", channel="email", purpose=people.consent.ACCOUNT, address=call.who.email,
        subject=channels.literal(told), body=channels.literal(words_of.text("mail_paper", call.language)),
        person_id=call.who.person_id, template="bot_paper", language=call.language,
        files=(engines.Enclosure(name, "application/pdf", content),),
    )  # fmt: skip
    outcome = channels.propose(BOT, message)
    return ("done" if outcome.state in ("queued", "sent", "held") else "refused"), {"order": order.number}


def _change_address(call: Call) -> tuple[str, dict[str, str]]:
    if call.who.person_id not in call.who.members:
        return "refused", {}  # what the profile shows was said of another row of it
    address = call.args["address"]
    values = {"city": city} if (city := slots.city_of(address)) else {}
    try:
        group = people.change_person(BOT, call.who.person_id, values, {"address": address})
    except Refused:
        return "none", {}
    access.record(BOT, "address", "person", call.who.person_id, {"source": SOURCE, "undo": str(group or "")})
    if group:
        desk.bot_changes.note(call.view.id, "address", group)
    return "done", {"address": address}


def _appointment(call: Call) -> tuple[str, dict[str, str]]:
    starts = _moment(call.args["date"], call.args["time"], desk.hours_at(call.view.id))
    if starts is None or call.who.person_id not in call.who.members:
        return "none", {}
    owner_id = people.get_person(BOT, call.who.person_id).owner_id
    owner = access.member(owner_id) if owner_id else None
    if _taken(call.who, owner, starts):
        return "none", {}
    title = versions.live().text("meeting_title", call.language)
    values = {
        "title": title, "starts_at": starts, "ends_at": starts + LASTS,
        "zone": str(timezone.get_current_timezone()), "description": call.view.name,
    }  # fmt: skip
    guests = [call.who.email, *([owner.email] if owner and owner.email else [])]
    try:
        sales.add_meeting(BOT, "person", call.who.person_id, values, guests)
    except Refused:
        return "none", {}
    return "done", dict(call.args)


def _moment(day: str, hour: str, hours: BusinessHours | None) -> datetime | None:
    """When somebody could come, within 90 days: in working hours, else on a working day in the daytime. Pure."""
    try:
        on, at = date.fromisoformat(day), time.fromisoformat(hour)
    except ValueError:
        return None
    starts = datetime.combine(on, at, timezone.get_current_timezone())
    if not clock.now() < starts < clock.now() + AHEAD:
        return None
    if hours is not None:
        open_all_along = hours.between(starts, starts + LASTS) >= LASTS.total_seconds()
        return starts if open_all_along else None
    return starts if on.weekday() < 5 and OPENS <= at < CLOSES else None


def _taken(who: proofs.Proven, owner: access.Member | None, starts: datetime) -> bool:
    """Whether the customer, or whoever looks after them, has another meeting at that time. At most 2 queries."""
    known = sales.meetings_of(BOT, "person", sorted(who.members), MOST_MEETINGS)
    if owner is not None:
        known = [*known, *sales.diary(owner.id, starts, starts + LASTS)]
    return any(
        each.starts_at < starts + LASTS and starts < each.ends_at and each.cancelled_at is None for each in known
    )


def earlier(who: proofs.Proven, conversation_id: UUID) -> tuple[str, datetime] | None:
    """What was last done in another dialogue that the same rows proved themselves in. 1 query."""
    from amity.assistant.models import Dialogue

    rows = Dialogue.objects.filter(known_id__in=who.members).exclude(conversation_id=conversation_id)
    for row in rows.order_by("-at")[:5]:
        if row.state.get("done"):
            return str(row.state["done"][-1]), row.at
    return None


TOOLS = {
    each.name: each
    for each in (
        Tool("order_status", frozenset(script.TAKES["order_status"]), "deals.view", _order_status),
        Tool("invoice_copy", frozenset(script.TAKES["invoice_copy"]), "deals.view", _invoice_copy),
        Tool("change_address", frozenset(script.TAKES["change_address"]), "people.edit", _change_address),
        Tool("appointment", frozenset(script.TAKES["appointment"]), "tasks.edit", _appointment),
    )
}
