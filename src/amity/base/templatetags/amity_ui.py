"""Template tags of the interface kit: the same thing always looks the same. Loaded everywhere (builtins)."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zlib import crc32

from django import template
from django.contrib.staticfiles import finders
from django.forms import BoundField
from django.forms import widgets as w
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from amity.base import words
from amity.base.pages import undo_of

register = template.Library()
register.filter("undo_of", undo_of)

NOTHING = "–"
UNSURE = 0.5  # width of an interval (±25 points) from which on no single number is said
_HUES = 8
_SCORE_W, _METER_W, _REASON_W = 72, 96, 88


@register.simple_tag
def icon(name: str, classes: str = "", label: str = "") -> SafeString:
    """An icon of the sprite; silent for screen readers unless it has a ``label``. Warns when the sprite lacks it."""
    if name not in sprite_names():
        warnings.warn(f"no icon {name!r} in the sprite: name it in icons.txt and run hatch_build.py", stacklevel=2)
    role = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return _icon(name, classes, role, static("dist/icons.svg"))


@register.simple_tag
def ago(moment: datetime | None) -> SafeString | str:
    """Relative time with the exact one (in the reader's zone) behind it."""
    if moment is None:
        return NOTHING
    return format_html(
        '<time datetime="{}" title="{}" data-ago>{}</time>',
        moment.isoformat(timespec="seconds"),
        words.exact(moment),
        words.relative(moment),
    )


@register.filter
def day(value: date | None) -> str:
    """A calendar day as the reader's language writes it."""
    return NOTHING if value is None else words.day(value)


@register.filter
def hour(value: datetime | None) -> str:
    """A moment to the minute, as the reader's language writes it."""
    return NOTHING if value is None else words.hour(value)


@register.simple_tag
def money(minor: int | None, currency: str = "", *, whole: bool = False) -> str:
    """``minor`` units as the reader's language writes them: {% money 125000 "EUR" %} is €1,250; ``whole`` rounds."""
    return NOTHING if minor is None else words.money(int(minor), currency, whole=whole)


@register.simple_tag
def percent(value: float | None, digits: int = 0) -> str:
    """A share of 1 as a percentage."""
    return NOTHING if value is None else words.percent(value, digits)


@register.filter
def number(value: float | None) -> str:
    """A number with the reader's separators."""
    return NOTHING if value is None else words.number(value)


@register.filter
def filesize(value: int | None) -> str:
    """Bytes as kB, MB, GB in the reader's language."""
    return NOTHING if value is None else words.filesize(value)


@register.simple_tag
def person_name(name: str | None) -> str:
    """A person's name, never empty."""
    return (name or "").strip() or _("Unnamed person")


@register.simple_tag
def company_name(name: str | None) -> str:
    """A company's name, never empty."""
    return (name or "").strip() or _("Unnamed company")


@register.simple_tag
def avatar(name: str | None, classes: str = "") -> SafeString:
    """Initials on a colour that stays with the name; decoration only."""
    return format_html(
        '<span class="avatar hue-{} {}" aria-hidden="true">{}</span>', _hue(name or ""), classes, _initials(name or "")
    )


@register.simple_tag
def person(name: str | None, url: str = "") -> SafeString:
    """The one chip of a person."""
    return _chip(name, person_name(name), url, "")


@register.simple_tag
def company(name: str | None, url: str = "") -> SafeString:
    """The one chip of a company."""
    return _chip(name, company_name(name), url, "avatar-square")


@register.simple_tag
def score_bar(
    value: float | None, low: float | None = None, high: float | None = None, base: float | None = None
) -> SafeString | str:
    """Probability as a point on its interval, 0–1; ``base`` marks the base rate."""
    if value is None:
        return ""
    low, high = (min(max(end, 0), 1) for end in (value if low is None else low, value if high is None else high))
    told = _("between %(low)s and %(high)s") % {"low": words.percent(low), "high": words.percent(high)}
    mark = (
        ""
        if base is None
        else format_html('<rect class="base" x="{}" y="0" width="1" height="12"/>', _x(base, _SCORE_W, 1))
    )
    return format_html(
        '<svg class="score-bar" viewBox="0 0 {0} 12" role="img" aria-label="{1}"><title>{1}</title>'
        '<rect class="track" y="5" width="{0}" height="2" rx="1"/>'
        '<rect class="range" x="{2}" y="4" width="{3}" height="4" rx="2"/>{4}'
        '<rect class="point" x="{5}" y="1" width="3" height="10" rx="1.5"/></svg>',
        _SCORE_W,
        told,
        _x(low, _SCORE_W),
        max(2, _x(high, _SCORE_W) - _x(low, _SCORE_W)),
        mark,
        _x(value, _SCORE_W, 3),
    )


@register.simple_tag
def score_value(value: float | None, low: float | None = None, high: float | None = None) -> SafeString | str:
    """The number of a score, or that it is not sure enough yet: where its interval is wider than ±25 points."""
    if value is None:
        return NOTHING
    if unsure(low, high):
        return format_html('<span class="score-value faint">{}</span>', _("not sure enough yet"))
    return format_html('<span class="score-value">{}</span>', words.percent(value))


def unsure(low: float | None, high: float | None) -> bool:
    """Whether an interval of a chance (0–1) is too wide to name one number."""
    return low is not None and high is not None and high - low > UNSURE


@register.inclusion_tag("base/_score.html")
def score(
    value: float | None,
    low: float | None = None,
    high: float | None = None,
    *,
    reasons: Iterable[Any] = (),
    base: float | None = None,
    trend: float | None = None,
    as_of: datetime | None = None,
    note: str = "",
    href: str = "",
    label: str = "",
) -> dict[str, Any]:
    """The one component of a score: number, interval, trend, age; opens its reasons as signed bars in words.

    ``value``, ``low``, ``high``, ``base`` 0–1; ``trend`` change since before (±1); ``note`` one line under the reasons.
    ``reasons``: objects or dicts with ``text``, ``effect`` (signed, any unit: bars are relative to the largest) and
    optionally ``amount`` (the effect as words; otherwise the number).
    """
    return {
        "value": value,
        "low": low,
        "high": high,
        "base": base,
        "trend": trend,
        "as_of": as_of,
        "note": note,
        "href": href,
        "label": label or _("Chance"),
        "reasons": reason_bars(reasons),
    }


@register.simple_tag
def reason_bars(reasons: Iterable[Any]) -> list[dict[str, Any]]:
    """Reasons with the SVG of their signed bar, widths relative to the strongest."""
    pairs = [(_get(r, "text"), float(_get(r, "effect") or 0), str(_get(r, "amount") or "")) for r in reasons or ()]
    top = max((abs(effect) for _text, effect, _amount in pairs), default=0) or 1
    return [
        {"text": text, "effect": effect, "amount": amount, "bar": _signed_bar(effect / top)}
        for text, effect, amount in pairs
    ]


@register.simple_tag
def meter(value: float | None, *, label: str = "", level: str = "", block: bool = False) -> SafeString | str:
    """A share (0–1) as a bar with its number; ``level`` good, warn or bad colours it."""
    if value is None:
        return NOTHING
    return format_html(
        '<span class="meter {0}"><svg viewBox="0 0 {1} 6" preserveAspectRatio="none" role="img" aria-label="{2}">'
        '<rect class="track" width="{1}" height="6" rx="3"/>'
        '<rect class="fill {3}" width="{4}" height="6" rx="3"/></svg>'
        '<span class="num">{5}</span></span>',
        "block" if block else "",
        _METER_W,
        label or words.percent(value),
        level,
        _x(value, _METER_W),
        words.percent(value),
    )


@register.simple_tag
def sparkline(values: Sequence[float], label: str = "") -> SafeString | str:
    """A line of numbers without axes; give ``label`` what it says in words."""
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    span = (high - low) or 1
    points = " ".join(
        f"{i * 96 / (len(values) - 1):.1f},{22 - (v - low) / span * 20:.1f}" for i, v in enumerate(values)
    )
    return format_html(
        '<svg class="spark" viewBox="0 0 96 24" role="img" aria-label="{}"><polyline points="{}"/></svg>', label, points
    )


@register.inclusion_tag("base/_field.html")
def field(bound: BoundField, *, label: str = "", optional: bool = False) -> dict[str, Any]:
    """A form field with label, hint and errors, tied together for assistive technology."""
    widget = bound.field.widget
    group = isinstance(widget, (w.RadioSelect, w.CheckboxSelectMultiple))
    described = [
        f"{bound.id_for_label or bound.auto_id}_{kind}"
        for kind, there in (("hint", bound.help_text), ("error", bound.errors))
        if there
    ]
    attrs: dict[str, str | bool] = {"class": f"{widget.attrs.get('class', '')} {_control_class(widget)}".strip()}
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    if group:
        widget.attrs["class"] = attrs["class"]
    return {
        "bound": bound,
        "control": bound.as_widget(attrs=attrs),
        "label": label or bound.label,
        "id": bound.id_for_label or bound.auto_id,
        "group": group,
        "check": isinstance(widget, w.CheckboxInput),
        "optional": optional,
    }


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """This page's query string with ``changes`` applied (None removes); starts with "?"."""
    params = context["request"].GET.copy()
    for key, value in changes.items():
        if value is None or value == "":
            params.pop(key, None)
        else:
            params[key] = str(value)
    return f"?{params.urlencode()}"


@lru_cache(maxsize=4_096)
def _icon(name: str, classes: str, role: SafeString, sprite: str) -> SafeString:
    form = '<svg class="icon {}" {} focusable="false"><use href="{}#{}"></use></svg>'
    return format_html(form, classes, role, sprite, name)


@lru_cache(maxsize=1)
def sprite_names() -> frozenset[str]:
    """Names of the icons that were built."""
    path = finders.find("dist/icons.svg")
    return frozenset(re.findall(r'<symbol id="([^"]+)"', Path(path).read_text("utf-8"))) if path else frozenset()


def _control_class(widget: w.Widget) -> str:
    if isinstance(widget, (w.CheckboxInput, w.RadioSelect, w.CheckboxSelectMultiple)):
        return "form-check-input"
    return "form-select" if isinstance(widget, w.Select) else "form-control"


def _chip(name: str | None, told: str, url: str, classes: str) -> SafeString:
    inside = format_html("{}<span>{}</span>", avatar(name, classes), told)
    return (
        format_html('<a class="chip" href="{}">{}</a>', url, inside)
        if url
        else format_html('<span class="chip">{}</span>', inside)
    )


def _initials(name: str) -> str:
    parts = [part for part in name.replace("@", " ").split() if part[0].isalnum()]
    return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper() or "?"


def _hue(name: str) -> int:
    return crc32(name.encode()) % _HUES


def _x(share: float, width: int, size: int = 0) -> float:
    """Position of ``share`` (0–1) on a track, keeping something ``size`` wide inside it."""
    return round(min(max(share, 0), 1) * (width - size), 1)


def _signed_bar(share: float) -> SafeString:
    half = _REASON_W / 2
    width = max(1.0, round(abs(share) * half, 1))
    return format_html(
        '<svg viewBox="0 0 {} 12" aria-hidden="true"><rect class="axis" x="{}" width="1" height="12"/>'
        '<rect class="{}" x="{}" y="2" width="{}" height="8" rx="2"/></svg>',
        _REASON_W,
        half - 0.5,
        "up" if share >= 0 else "down",
        half if share >= 0 else half - width,
        width,
    )


def _get(item: Any, name: str) -> Any:
    return item.get(name) if isinstance(item, dict) else getattr(item, name, None)
