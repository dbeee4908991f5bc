"""What is expected of a customer, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from babel.numbers import format_compact_currency
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from amity.base import words
from amity.intelligence.models import CustomerValue

_MOST = 1_000
STAGES = {
    "new": (gettext_lazy("New customer"), "tag-accent"),
    "growing": (gettext_lazy("Growing"), "tag-good"),
    "regular": (gettext_lazy("Regular"), "tag-good"),
    "slipping": (gettext_lazy("Slipping away"), "tag-warn"),
    "lost": (gettext_lazy("Lost"), "tag-bad"),
    "back": (gettext_lazy("Back again"), "tag-accent"),
}


@dataclass(frozen=True, slots=True)
class Because:
    """One line of reasons; ``amount`` are words (money), empty for log-odds."""

    text: str
    effect: float
    amount: str = ""


@dataclass(frozen=True, slots=True)
class RiskView:
    """Chance that a customer buys nothing within ``days``, with bounds (0–1) and reasons (log-odds) that add up."""

    days: int
    value: float
    low: float
    high: float
    reasons: tuple[Because, ...]


@dataclass(frozen=True, slots=True)
class CustomerView:
    """A customer's next twelve months. Money in minor units of ``currency``; ``low``–``high`` hold 80 %.

    ``next_at`` None: no purchase is expected within two years. ``risks`` by horizon, only such as could be tested.
    """

    id: UUID
    subject_id: UUID
    stage: str
    stage_label: str
    stage_tag: str
    purchases: float
    purchases_low: float
    purchases_high: float
    revenue_minor: int
    revenue_low: int
    revenue_high: int
    currency: str
    alive: float
    next_at: datetime | None
    next_low: datetime | None
    next_high: datetime | None
    drivers: tuple[Because, ...]
    risks: tuple[RiskView, ...]
    as_of: datetime
    version_id: UUID
    version: int

    @property
    def risk(self) -> RiskView | None:
        """The risk that is shown first: of 90 days, else of the longest time that could be tested."""
        return next((each for each in self.risks if each.days == 90), self.risks[-1] if self.risks else None)


def customers_for(ids: Iterable[UUID]) -> dict[UUID, CustomerView]:
    """What is expected of up to 1,000 people or companies that the caller may see. 1 query."""
    return {subject: _view(row) for subject, row in current(ids).items()}


def current(ids: Iterable[UUID]) -> dict[UUID, CustomerValue]:
    """The latest row of up to 1,000 customers, with its model. 1 query."""
    wanted = list(ids)[:_MOST] or [UUID(int=0)]
    rows = CustomerValue.objects.filter(subject_id__in=wanted, current=True).select_related("model")
    return {row.subject_id: row for row in rows.defer("model__artefact", "history")}


def _view(row: CustomerValue) -> CustomerView:
    label, tag = STAGES[row.stage]
    return CustomerView(
        id=row.id, subject_id=row.subject_id, stage=row.stage, stage_label=str(label), stage_tag=tag,
        purchases=row.purchases, purchases_low=row.purchases_low, purchases_high=row.purchases_high,
        revenue_minor=row.revenue_minor, revenue_low=row.revenue_low, revenue_high=row.revenue_high,
        currency=settings.CONFIG.currency, alive=row.alive, next_at=_at(row, row.next_days),
        next_low=_at(row, row.next_low), next_high=_at(row, row.next_high),
        drivers=tuple(_because(each, settings.CONFIG.currency) for each in row.drivers),
        risks=tuple(_risk(int(days), told) for days, told in sorted(row.risks.items(), key=lambda item: int(item[0]))),
        as_of=row.as_of, version_id=row.model_id, version=row.model.number,
    )  # fmt: skip


def _at(row: CustomerValue, days: float | None) -> datetime | None:
    return None if days is None else row.as_of + timedelta(days=days)


def _risk(days: int, told: Sequence[Any]) -> RiskView:
    value, low, high, reasons = told
    return RiskView(days, value, low, high, tuple(_because(each, "") for each in reasons))


def _because(stored: Sequence[Any], currency: str) -> Because:
    code, facts, effect = stored
    if not currency:
        return Because(_text(code, facts), effect)
    sign = "+" if effect > 0 and code != "base" else ""
    plain = float(words.plain_money(round(effect), currency) or 0)
    if abs(plain) < 1_000:
        short = words.money(round(effect), currency, whole=True)
    else:  # short enough for the column of amounts
        short = format_compact_currency(plain, currency, locale=words.locale(), fraction_digits=1)
    return Because(_text(code, facts), effect, sign + short)


def _text(code: str, facts: Mapping[str, Any]) -> str:
    if code == "base":
        return _("Starting point: customers known for as long")
    days = words.number(facts["days"])
    if code == "once":
        return ngettext("Bought once, %(days)s day ago", "Bought once, %(days)s days ago", facts["days"]) % {
            "days": days
        }
    if code == "silence":
        return ngettext("Last purchase %(days)s day ago", "Last purchase %(days)s days ago", facts["days"]) % {
            "days": days
        }
    if code == "spend":
        return _("%(amount)s per purchase") % {"amount": words.money(facts["minor"], settings.CONFIG.currency)}
    return ngettext(
        "%(count)s purchase, one every %(gap)s days", "%(count)s purchases, one every %(gap)s days", facts["n"]
    ) % {"count": words.number(facts["n"]), "gap": words.number(facts["gap"] or 0)}


__all__ = ["STAGES", "Because", "CustomerView", "RiskView", "customers_for"]
