"""A segment's definition in words: "People who did Order Completed at least 3 times in the last 30 days and …"."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from amity.base import words
from amity.people.segments_views import Attribute

OPS: dict[str, str | Promise] = {
    "is": gettext_lazy("is"),
    "is_not": gettext_lazy("is not"),
    "one_of": gettext_lazy("is one of"),
    "contains": gettext_lazy("contains"),
    "not_contains": gettext_lazy("does not contain"),
    "starts": gettext_lazy("starts with"),
    "gt": gettext_lazy("is more than"),
    "ge": gettext_lazy("is at least"),
    "lt": gettext_lazy("is less than"),
    "le": gettext_lazy("is at most"),
    "between": gettext_lazy("is between"),
    "before": gettext_lazy("is before"),
    "after": gettext_lazy("is after"),
    "within_days": gettext_lazy("is within the last days:"),
    "not_within_days": gettext_lazy("is not within the last days:"),
    "known": gettext_lazy("is known"),
    "unknown": gettext_lazy("is not known"),
}
TEXT = ("is", "is_not", "one_of", "contains", "not_contains", "starts", "known", "unknown")
NUMBER = ("is", "is_not", "gt", "ge", "lt", "le", "between", "known", "unknown")
TIME = ("before", "after", "between", "within_days", "not_within_days", "known", "unknown")
ANY = tuple(OPS)
TIMES: dict[str, str | Promise] = {
    "ge": gettext_lazy("at least"),
    "le": gettext_lazy("at most"),
    "eq": gettext_lazy("exactly"),
}
MODES: dict[str, str | Promise] = {
    "all": gettext_lazy("all of these"),
    "any": gettext_lazy("any of these"),
    "none": gettext_lazy("none of these"),
}
JOINTS: dict[str, str | Promise] = {
    "all": gettext_lazy("and"),
    "any": gettext_lazy("or"),
}
STATES: dict[str, str | Promise] = {
    "open": gettext_lazy("open"),
    "won": gettext_lazy("won"),
    "lost": gettext_lazy("lost"),
}
CONSENTS: dict[str, str | Promise] = {
    "given": gettext_lazy("given"),
    "pending": gettext_lazy("waiting to be confirmed"),
    "withdrawn": gettext_lazy("withdrawn"),
    "unknown": gettext_lazy("not known"),
}


def ops_for(kind: str) -> tuple[str, ...]:
    """Comparisons that make sense for what an attribute holds: text, number, time, or nobody knows."""
    return {"text": TEXT, "number": NUMBER, "time": TIME}.get(kind, ANY)


def labelled(attribute: Attribute) -> list[tuple[str, str]]:
    """The few values of an attribute with what to call them; countries by their names."""
    if attribute.name != "country":
        return list(attribute.values)
    names = words.locale().territories
    return sorted(((key, names.get(key, label)) for key, label in attribute.values), key=lambda pair: pair[1])


@dataclass(frozen=True, slots=True)
class Names:
    """What to call attributes, their values and segments; all by their machine name."""

    attributes: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    segments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """One condition of a definition as words; groups have lines below them. ``joint``: and, or, nor (empty: first)."""

    text: str
    joint: str = ""
    below: tuple[Line, ...] = ()


def told(definition: Mapping[str, Any], names: Names) -> str:
    """The whole definition as one sentence."""
    line = lines(definition, names)
    if not line.below:
        return _("Everybody")
    return _("People %(conditions)s") % {"conditions": _joined(line)}


def lines(definition: Mapping[str, Any], names: Names) -> Line:
    """The definition as a tree of phrases."""
    return _group(definition, names)


def _joined(line: Line) -> str:
    parts = []
    for each in line.below:
        text = f"({_joined(each)})" if each.below else each.text
        parts.append(f"{each.joint} {text}" if each.joint else text)
    whole = " ".join(parts)
    return _("for whom none of this holds: %(conditions)s") % {"conditions": whole} if line.text == "none" else whole


def _group(group: Mapping[str, Any], names: Names) -> Line:
    mode = next(each for each in ("all", "any", "none") if each in group)
    joint = str(JOINTS["all" if mode == "all" else "any"])
    found = []
    for at, node in enumerate(group[mode]):
        line = _group(node, names) if any(each in node for each in MODES) else Line(phrase(node, names))
        found.append(Line(line.text, joint if at else "", line.below))
    return Line(mode, below=tuple(found))


def phrase(node: Mapping[str, Any], names: Names) -> str:
    """One condition as a relative clause: "whose country is Poland"."""
    kind = next((each for each in _PHRASES if each in node), "")
    return _PHRASES[kind](node, names) if kind else ""


def _trait(node: Mapping[str, Any], names: Names) -> str:
    name = node["trait"]
    value = _value(node["op"], node.get("value"), names.values.get(name, {}))
    compared = compare(node["op"], value)
    return _("whose %(attribute)s %(compared)s") % {
        "attribute": names.attributes.get(name, name),
        "compared": compared,
    }


def compare(op: str, value: str) -> str:
    """A comparison in words: "is at least 5"."""
    if op in ("known", "unknown"):
        return str(OPS[op])
    if op == "within_days":
        return _("is within the last %(value)s days") % {"value": value}
    if op == "not_within_days":
        return _("is not within the last %(value)s days") % {"value": value}
    return f"{OPS[op]} {value}"


def _event(node: Mapping[str, Any], names: Names) -> str:
    event = _("anything") if node["event"] == "*" else f"“{node['event']}”"
    given = {"event": event, "often": _often(node.get("times"))}
    did = node.get("do", True)
    text = (_("who did %(event)s%(often)s") if did else _("who did not do %(event)s")) % given
    more = [_window(node), _where(node), _sum(node), *_moments(node), _after(node)]
    return "".join([text, *(f" {each}" for each in more if each)])


def _often(times: Mapping[str, Any] | None) -> str:
    if not times or (times["op"], times["n"]) == ("ge", 1):
        return ""
    n = times["n"]
    told = {"op": TIMES[times["op"]], "n": words.number(n)}
    return " " + ngettext("%(op)s %(n)s time", "%(op)s %(n)s times", n) % told


def _window(node: Mapping[str, Any]) -> str:
    if node.get("within_days") is not None:
        days = node["within_days"]
        return ngettext("in the last day", "in the last %(n)s days", int(days)) % {"n": words.number(days)}
    if node.get("between"):
        first, last = map(_day, node["between"])
        return _("between %(first)s and %(last)s") % {"first": first, "last": last}
    return ""


def _where(node: Mapping[str, Any]) -> str:
    parts = [
        f"{each['property']} {compare(each['op'], _value(each['op'], each.get('value'), {}))}"
        for each in node.get("where") or ()
    ]
    return _("where %(conditions)s") % {"conditions": _(" and ").join(parts)} if parts else ""


def _sum(node: Mapping[str, Any]) -> str:
    total = node.get("sum")
    if not total:
        return ""
    compared = compare(total["op"], words.number(total["value"]))
    return _("and whose total of %(property)s %(compared)s") % {"property": total["property"], "compared": compared}


def _moments(node: Mapping[str, Any]) -> Sequence[str]:
    told = {"first": gettext_lazy("and the first time %(when)s"), "last": gettext_lazy("and the last time %(when)s")}
    return [
        str(text) % {"when": compare(node[part]["op"], _value(node[part]["op"], node[part].get("value"), {}))}
        for part, text in told.items()
        if node.get(part)
    ]


def _after(node: Mapping[str, Any]) -> str:
    for key, text in (
        ("followed_by", gettext_lazy("followed by %(event)s")),
        ("not_followed_by", gettext_lazy("not followed by %(event)s")),
    ):
        if after := node.get(key):
            whole = str(text) % {"event": f"“{after['event']}”"}
            days = after.get("within_days")
            if days is None:
                return whole
            within = ngettext("within a day", "within %(n)s days", int(days)) % {"n": words.number(days)}
            return f"{whole} {within}"
    return ""


def _segment(node: Mapping[str, Any], names: Names) -> str:
    return _("who are in “%(segment)s”") % {"segment": names.segments.get(str(node["segment"]), _("another segment"))}


def _deal(node: Mapping[str, Any], names: Names) -> str:
    deal = node["deal"]
    n = int(deal.get("n", 1))
    told = {"op": TIMES.get(deal.get("op", "ge"), ""), "n": words.number(n), "state": STATES.get(deal["state"], "")}
    text = ngettext("who have %(op)s %(n)s %(state)s deal", "who have %(op)s %(n)s %(state)s deals", n) % told
    worth = deal.get("value_ge")
    return f"{text} {_('worth at least %(value)s') % {'value': words.number(worth / 100)}}" if worth else text


def _consent(node: Mapping[str, Any], names: Names) -> str:
    given = node["consent"]
    told = {"purpose": given["purpose"], "channel": given["channel"], "state": CONSENTS.get(given["state"], "")}
    return _("whose consent to %(purpose)s by %(channel)s is %(state)s") % told


_PHRASES: dict[str, Callable[[Mapping[str, Any], Names], str]] = {
    "trait": _trait,
    "event": _event,
    "segment": _segment,
    "deal": _deal,
    "consent": _consent,
}


def _value(op: str, value: Any, labels: Mapping[str, str]) -> str:
    if isinstance(value, list | tuple):
        joint = _(" and ") if op == "between" else _(" or ")
        return joint.join(_value("is", each, labels) for each in value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return words.number(value)
    text = str(value)
    if op in ("before", "after") or (op == "is" and len(text) > 18 and text[10:11] == "T"):
        return _day(text)
    return labels.get(text, text)


def _day(text: str) -> str:
    try:
        return words.day(date.fromisoformat(text[:10]))
    except ValueError:
        return text
