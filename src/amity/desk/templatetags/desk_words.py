"""How long, and names of numbers, in templates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from uuid import UUID

from babel.dates import format_timedelta
from babel.units import format_unit
from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from amity.base import words
from amity.base.templatetags.amity_ui import avatar

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
def minutes(count: int) -> str:
    """ "48 hours", "90 minutes": working time, so never days. ``count`` in minutes."""
    hours, rest = divmod(count, 60)
    return (
        format_unit(count, "duration-minute", locale=words.locale())
        if rest
        else format_unit(hours, "duration-hour", locale=words.locale())
    )


@register.filter
def tongue(code: str) -> str:
    """The name of a language in the reader's own; the code where nobody named it."""
    name = str(words.locale().languages.get(code, code))
    return name[:1].upper() + name[1:]


@register.filter
def number_name(name: str) -> str:
    """The name of one of the five numbers of resolution."""
    from amity.desk.measures_pages import NUMBERS

    return str(NUMBERS[name][0])


@register.simple_tag
def colleague_buttons(colleagues: Sequence[tuple[UUID, str]], current: UUID | None) -> SafeString:
    """A menu item for each colleague; made once for the same colleagues, of whom there can be hundreds."""
    return _buttons(tuple(colleagues), current)


@register.simple_tag
def colleague_options(colleagues: Sequence[tuple[UUID, str]]) -> SafeString:
    """The same as options of a select."""
    return _options(tuple(colleagues))


@lru_cache(maxsize=64)
def _buttons(colleagues: tuple[tuple[UUID, str], ...], current: UUID | None) -> SafeString:
    form = '<button class="menu-item" name="value" value="{}"{}>{}{}</button>'
    mark = SafeString(' aria-current="true"')
    return format_html_join(
        "", form, ((pk, mark if pk == current else "", avatar(each), each) for pk, each in colleagues)
    )


@lru_cache(maxsize=64)
def _options(colleagues: tuple[tuple[UUID, str], ...]) -> SafeString:
    return format_html_join("", '<option value="{}">{}</option>', colleagues)
