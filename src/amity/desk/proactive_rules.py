"""The rules behind cards: pure functions of what is known of a customer. Each card names the numbers it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from statistics import median
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from amity.base import words
from amity.desk.proactive import Card, Fact, Known, register_rule

_BILL = re.compile(r"invoice|\bbill|rechnung|faktur|сч[её]т", re.I)
_PAYMENT = re.compile(r"payment|charge|zahlung|płatno|платеж|оплат", re.I)
_FAILED = re.compile(r"fail|declin|reject|fehlgeschlagen|nieuda|не прош|отклон", re.I)
_ORDER = re.compile(r"order|bestell|zamówien|заказ", re.I)
_DONE = re.compile(r"deliver|fulfil|complet|cancel|refund|geliefert|storniert|dostarcz|anulow|доставлен|отмен", re.I)
_AMOUNTS = ("total", "amount", "value", "total_price", "price", "revenue")
_DUE = ("promised_at", "expected_delivery", "delivery_date", "expected_at", "deliver_by", "due")
_ORDER_IDS = ("order_id", "order_number", "order", "id", "number")
_NEW, _EARLIER = timedelta(days=45), 3
_ABOVE, _SPREADS, _TO_SPREAD = 1.25, 2.0, 1.4826
_FULL, _IDLE = 0.9, 0.3


def bill_high(known: Known) -> Card | None:
    """The newest bill is a quarter and two spreads above the usual one, with the lines that grew most."""
    bills = [(each, amount) for each in known.facts if _is(_BILL, each) and (amount := _minor(each.data)) is not None]
    if not bills or bills[0][0].at < known.now - _NEW:
        return None
    (newest, amount), earlier = bills[0], bills[1:13]
    currency = str(newest.data.get("currency", ""))
    before = [minor for each, minor in earlier if str(each.data.get("currency", "")) == currency]
    if len(before) < _EARLIER:
        return None
    usual = median(before)
    spread = _TO_SPREAD * median(abs(each - usual) for each in before)
    if usual <= 0 or amount <= usual * _ABOVE or amount <= usual + _SPREADS * spread:
        return None
    text = _("The newest bill is {amount}; usual are {usual}.").format(
        amount=words.money(amount, currency), usual=words.money(round(usual), currency)
    )
    lines = _drivers(newest, [each for each, _minor_ in earlier], currency)
    title = _("Bill {percent} above normal").format(percent=words.percent(amount / usual - 1))
    return Card("bill_high", title, text, min(0.5 + (amount / usual - 1) / 2, 1.0), newest.at, lines, newest.id)


def payment_failed(known: Known) -> Card | None:
    """The newest payment did not go through, and none has since."""
    newest = next((each for each in known.facts if _is(_PAYMENT, each)), None)
    if newest is None or not _failed(newest) or newest.at < known.now - _NEW:
        return None
    amount = _minor(newest.data)
    told = words.money(amount, str(newest.data.get("currency", ""))) if amount is not None else ""
    reason = str(newest.data.get("reason") or newest.data.get("error") or "")[:120]
    text = _("A payment of {amount} did not go through.").format(amount=told) if told else _("It did not go through.")
    return Card("payment_failed", _("Payment failed"), text, 0.9, newest.at, (reason,) if reason else (), newest.id)


def order_late(known: Known) -> Card | None:
    """An order whose day has passed, without a word that it arrived, was cancelled or paid back."""
    done = {number for each in known.facts if _is(_DONE, each) and (number := _number(each))}
    for each in known.facts:
        due = _moment(each.data)
        if not _is(_ORDER, each) or due is None or not known.now - _NEW <= due < known.now:
            continue
        number = _number(each)
        if number and number not in done and not _DONE.search(str(each.data.get("status", ""))):
            days = max((known.now - due).days, 0)
            text = _("Order {number} was due on {day}.").format(number=number, day=words.day(due.date()))
            return Card("order_late", _("Order is late"), text, min(0.7 + days / 30, 1.0), each.at, (), each.id)
    return None


def plan_options(known: Known) -> Card | None:
    """What is used beside what the plan includes: nearly all of it, or hardly any."""
    used, allowed = _trait(known.traits, "usage"), _trait(known.traits, "allowance")
    if used is None or not allowed or allowed <= 0 or known.traits_at is None:
        return None
    share = used / allowed
    if _IDLE < share < _FULL:
        return None
    plan = str(known.traits.get("plan", "")).strip()
    title = _("A larger plan may fit better") if share >= _FULL else _("A smaller plan may do")
    text = _("{percent} of what the plan includes is used.").format(percent=words.percent(share))
    return Card("plan_options", title, text, 0.4, known.traits_at, (plan,) if plan else ())


def register_rules() -> None:
    """The rules that come with the desk."""
    for rule in (bill_high, payment_failed, order_late, plan_options):
        register_rule(rule.__name__, rule)


def _drivers(newest: Fact, earlier: Iterable[Fact], currency: str) -> tuple[str, ...]:
    """The three lines of a bill that grew most over their mean on earlier ones."""
    now, before = _lines(newest.data), [_lines(each.data) for each in earlier]
    before = [each for each in before if each]
    if not now or not before:
        return ()
    grew = {name: minor - sum(each.get(name, 0) for each in before) / len(before) for name, minor in now.items()}
    most = sorted(((more, name) for name, more in grew.items() if more > 0), reverse=True)[:3]
    return tuple(f"{name}: +{words.money(round(more), currency)}" for more, name in most)


def _lines(data: Mapping[str, Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    rows = data.get("lines") or data.get("items") or data.get("line_items") or ()
    for row in rows if isinstance(rows, list) else ():
        minor = _minor(row) if isinstance(row, Mapping) else None
        name = str(row.get("name") or row.get("title") or row.get("description") or "") if minor is not None else ""
        if name and minor is not None:
            found[name[:80]] = found.get(name[:80], 0) + minor
    return found


def _minor(data: Mapping[str, Any]) -> int | None:
    """An amount in minor units, however it is called."""
    for name in _AMOUNTS:
        if isinstance(data.get(f"{name}_minor"), int):
            return int(data[f"{name}_minor"])
        value = _float(data.get(name))
        if value is not None:
            return round(value * 100)
    return None


def _float(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(str(value).replace(",", "."))
    except ValueError:
        return None


def _trait(traits: Mapping[str, Any], name: str) -> float | None:
    return _float(traits.get(name))


def _number(each: Fact) -> str:
    return next((str(each.data[name]) for name in _ORDER_IDS if each.data.get(name)), "")


def _moment(data: Mapping[str, Any]) -> datetime | None:
    """When it was due; a day ends at its midnight (UTC)."""
    for name in _DUE:
        text = str(data.get(name) or "")
        try:
            moment = parse_datetime(text)
            day = parse_date(text) if moment is None or len(text) <= len("2026-11-23") else None
        except ValueError:
            continue
        if day is not None:
            return datetime.combine(day, time(), UTC) + timedelta(days=1)
        if moment is not None:
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _is(pattern: re.Pattern[str], each: Fact) -> bool:
    return bool(pattern.search(each.name) or pattern.search(each.kind))


def _failed(each: Fact) -> bool:
    status = each.data.get("status")
    return bool(_FAILED.search(each.name) or _FAILED.search(str(status or "")))
