"""How long, and names of numbers, in templates."""

from __future__ import annotations

from datetime import timedelta

from babel.dates import format_timedelta
from django import template

from amity.base import words

register = template.Library()


@register.filter
def span(seconds: float | None) -> str:
    """ "12 minutes"; a dash for nothing."""
    return (
        "–"
        if seconds is None
        else str(format_timedelta(timedelta(seconds=seconds), threshold=1.5, locale=words.locale()))
    )


@register.filter
def number_name(name: str) -> str:
    """The name of one of the five numbers of resolution."""
    from amity.desk.measures_pages import NUMBERS

    return str(NUMBERS[name][0])
