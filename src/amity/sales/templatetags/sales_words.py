"""Rates and quantities in templates."""

from __future__ import annotations

from decimal import Decimal

from django import template

from amity.sales import documents

register = template.Library()


@register.filter
def as_rate(hundredths: int) -> str:
    """2300 as "23%"."""
    return documents.rate(hundredths)


@register.filter
def as_quantity(value: Decimal) -> str:
    """A quantity without idle zeros."""
    return documents.quantity(value)
