"""What the sales data can carry: counts for the readiness page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Max, Min, Q

from amity.sales.models import Deal, DealStatus, Order, Product


@dataclass(frozen=True, slots=True)
class SalesFacts:
    """Counts over all deals, orders and products; times are aware UTC."""

    deals: int
    open: int
    won: int
    lost: int
    with_value: int
    with_dates: int
    without_customer: int
    impossible_dates: int
    stale_open: int
    first_opened_at: datetime | None
    last_closed_at: datetime | None
    products: int
    orders: int
    last_ordered_at: datetime | None
    repeat_customers: int

    @property
    def closed(self) -> int:
        return self.won + self.lost


def facts(stale_before: datetime) -> SalesFacts:
    """Read all counts; ``stale_before``: an open deal untouched since then counts as stale. 4 queries."""
    deals = Deal.objects.filter(archived_at=None).aggregate(
        deals=Count("id"),
        open=Count("id", filter=Q(status=DealStatus.OPEN)),
        won=Count("id", filter=Q(status=DealStatus.WON)),
        lost=Count("id", filter=Q(status=DealStatus.LOST)),
        with_value=Count("id", filter=Q(value_minor__gt=0)),
        with_dates=Count("id", filter=Q(opened_at__isnull=False)),
        without_customer=Count("id", filter=Q(person=None, company=None)),
        impossible_dates=Count("id", filter=Q(closed_at__lt=F("opened_at"))),
        stale_open=Count("id", filter=Q(status=DealStatus.OPEN, opened_at__lt=stale_before)),
        first_opened_at=Min("opened_at"),
        last_closed_at=Max("closed_at"),
    )
    orders = Order.objects.aggregate(orders=Count("id"), last_ordered_at=Max("ordered_at"))
    repeat = Order.objects.exclude(person=None).values("person").annotate(n=Count("id")).filter(n__gte=2).count()
    products = Product.objects.filter(archived_at=None).count()
    return SalesFacts(**deals, **orders, products=products, repeat_customers=repeat)
