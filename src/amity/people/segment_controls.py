"""The draft of a segment as sentences with fields in them. Word order belongs to the translation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.people import segment_words as told
from amity.people.segment_draft import GROUP, Draft, Node
from amity.people.segments_views import Attribute, Vocabulary

Choices = Iterable[tuple[str, Any]]
DOES = {"yes": gettext_lazy("did"), "no": gettext_lazy("did not do")}
WINDOWS = {
    "ever": gettext_lazy("at any time"),
    "days": gettext_lazy("in the last"),
    "between": gettext_lazy("between"),
}
FOLLOWED = {"yes": gettext_lazy("followed by"), "not": gettext_lazy("not followed by")}
MANY = 30  # values of an attribute from which on they are typed, not picked
_NUMERIC = ("gt", "ge", "lt", "le", "within_days", "not_within_days")


@dataclass(frozen=True, slots=True)
class Extra:
    """A further line of an event condition, and the step that takes it away."""

    sentence: SafeString
    remove: str
    label: str


@dataclass(slots=True)
class Shown:
    """A node ready for the template."""

    node: Node
    group: str  # key of the group it stands in
    joint: str = ""
    sentence: SafeString = field(default_factory=SafeString)
    extras: list[Extra] = field(default_factory=list)
    more: list[tuple[str, str]] = field(default_factory=list)  # step, label: what can be added to it
    nodes: list[Shown] = field(default_factory=list)
    mode: SafeString = field(default_factory=SafeString)
    options: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # datalists of its own

    @property
    def is_group(self) -> bool:
        return self.node.kind == GROUP


class Controls:
    """Makes the fields of one draft. ``redraw``: where a change that alters the form is posted."""

    def __init__(self, known: Vocabulary, redraw: str) -> None:
        self.known, self.redraw = known, redraw
        self.attributes = {each.name: each for each in known.attributes}

    def show(self, draft: Draft) -> Shown:
        """The whole draft."""
        return self._node(draft.root, "-", "")

    def _node(self, node: Node, group: str, joint: str) -> Shown:
        shown = Shown(node, group, joint)
        if node.kind == GROUP:
            mode = node.get("mode")
            shown.mode = self._select(node, "mode", told.MODES.items(), _("How the conditions are joined"), redraw=True)
            word = str(told.JOINTS["all" if mode == "all" else "any"])
            shown.nodes = [self._node(each, node.key, word if at else "") for at, each in enumerate(node.nodes)]
        else:
            getattr(self, f"_{node.kind}")(shown)
        return shown

    # --- one method per kind of condition ----------------------------------------------------------

    def _trait(self, shown: Shown) -> None:
        node = shown.node
        attribute = self.attributes.get(node.get("name"))
        ops = [(op, told.OPS[op]) for op in told.ops_for(_type_of(attribute))]
        if node.get("op") not in dict(ops):
            node.values["op"] = ops[0][0]
        label = attribute.label if attribute else node.get("name")
        fields = {
            "attribute": self._input(
                node, "name", _("Field"), value=label, datalist="attributes", redraw=True,
                placeholder=_("field, e.g. country"), focus=node.fresh,
            ),
            "op": self._select(node, "op", ops, _("Comparison"), redraw=True),
            "value": self._value(shown, attribute),
        }  # fmt: skip
        shown.sentence = _filled(_("whose %(attribute)s %(op)s %(value)s"), fields)

    def _event(self, shown: Shown) -> None:
        node = shown.node
        fields = {
            "do": self._select(node, "do", DOES.items(), _("Did or did not"), redraw=True),
            "event": self._input(
                node, "event", _("Event"), datalist="events", redraw=True,
                placeholder=_("event, e.g. Order Completed"), focus=node.fresh,
            ),
            "often": self._often(node) if node.get("do") != "no" else "",
            "when": self._window(node),
        }  # fmt: skip
        shown.sentence = _filled(_("who %(do)s %(event)s %(often)s %(when)s"), fields)
        shown.options[f"{node.key}-properties"] = [(p, "") for p in self.known.events.get(node.get("event"), [])]
        self._extras(shown)

    def _segment(self, shown: Shown) -> None:
        choices = [("", _("choose a segment")), *((str(key), name) for key, name in self.known.segments)]
        picked = self._select(shown.node, "id", choices, _("Segment"), focus=shown.node.fresh)
        shown.sentence = _filled(_("who are in the segment %(segment)s"), {"segment": picked})

    def _deal(self, shown: Shown) -> None:
        node = shown.node
        fields = {
            "op": self._select(node, "op", told.TIMES.items(), _("Comparison")),
            "n": self._input(node, "n", _("How many"), kind="number", focus=node.fresh),
            "state": self._select(node, "state", told.STATES.items(), _("State of the deal")),
            "value": self._input(node, "value", _("Worth at least"), kind="number", placeholder=_("any value")),
        }
        shown.sentence = _filled(_("who have %(op)s %(n)s %(state)s deals worth at least %(value)s"), fields)

    def _consent(self, shown: Shown) -> None:
        node = shown.node
        fields = {
            "purpose": self._input(node, "purpose", _("Purpose"), focus=node.fresh, placeholder=_("purpose")),
            "channel": self._input(node, "channel", _("Channel"), placeholder=_("channel, e.g. email")),
            "state": self._select(node, "state", told.CONSENTS.items(), _("State of the consent")),
        }
        shown.sentence = _filled(_("whose consent to %(purpose)s by %(channel)s is %(state)s"), fields)

    # --- parts of an event condition ---------------------------------------------------------------

    def _often(self, node: Node) -> SafeString:
        choices = [("once", _("at least once")), *told.TIMES.items()]
        picked = self._select(node, "times_op", choices, _("How often"), redraw=True)
        if node.get("times_op") not in told.TIMES:
            return picked
        return _unit(_("%(op)s %(n)s times"), {"op": picked, "n": self._input(node, "n", _("Times"), kind="number")})

    def _window(self, node: Node) -> SafeString:
        kind = node.get("window") if node.get("window") in WINDOWS else "ever"
        picked = self._select(node, "window", WINDOWS.items(), _("When"), redraw=True)
        if kind == "days":
            days = self._input(node, "days", _("Days"), kind="number")
            return _unit(_("%(window)s %(days)s days"), {"window": picked, "days": days})
        if kind == "between":
            ends = {name: self._input(node, name, label, kind="date") for name, label in _ENDS.items()}
            return _filled(_("%(window)s %(from)s and %(to)s"), {"window": picked, **ends})
        return picked

    def _extras(self, shown: Shown) -> None:
        node = shown.node
        for at, each in enumerate(node.where):
            shown.extras.append(Extra(self._where(node, at, each), f"unwhere.{at}.{node.key}", _("Remove this line")))
        made = {"sum": self._sum, "first": self._moment, "last": self._moment, "follow": self._follow}
        for part, make in made.items():
            if part in node.parts:
                hidden = format_html('<input type="hidden" name="{}.with_{}" value="1">', node.key, part)
                line = hidden + make(node, part)
                shown.extras.append(Extra(line, f"without.{part}.{node.key}", _("Remove this line")))
        shown.more = [(f"where.{node.key}", _("where a property …"))]
        labels = {"sum": _("with a total of …"), "first": _("for the first time …"), "last": _("for the last time …")}
        labels["follow"] = _("followed by …")
        if node.get("do") == "no":
            labels = {}
        shown.more += [(f"with.{part}.{node.key}", label) for part, label in labels.items() if part not in node.parts]

    def _where(self, node: Node, at: int, each: Mapping[str, str]) -> SafeString:
        key, op = f"{node.key}.where", each["op"] if each["op"] in told.OPS else "is"
        ops = [(name, label) for name, label in told.OPS.items() if name != "between"]
        params = {"event": node.get("event"), "property": each["property"]}
        fields = {
            "property": _input(
                f"{key}_property", f"{node.key}-property-{at}", _("Property"), each["property"],
                datalist=f"{node.key}-properties", redraw=self.redraw, placeholder=_("property"),
                focus=bool(each.get("fresh")),
            ),
            "op": _select(f"{key}_op", f"{node.key}-op-{at}", op, ops, _("Comparison"), redraw=self.redraw),
            "value": _input(
                f"{key}_value", f"{node.key}-value-{at}", _("Value"), each["value"],
                kind="hidden" if op in ("known", "unknown") else "text", suggest=params,
            ),
        }  # fmt: skip
        return _filled(_("where %(property)s %(op)s %(value)s"), fields)

    def _sum(self, node: Node, part: str) -> SafeString:
        ops = [(op, told.OPS[op]) for op in ("ge", "gt", "le", "lt")]
        fields = {
            "property": self._input(
                node, "sum_property", _("Property"), datalist=f"{node.key}-properties", placeholder=_("e.g. revenue")
            ),
            "op": self._select(node, "sum_op", ops, _("Comparison")),
            "value": self._input(node, "sum_value", _("Value"), kind="number"),
        }
        return _filled(_("and whose total of %(property)s %(op)s %(value)s"), fields)

    def _moment(self, node: Node, part: str) -> SafeString:
        ops = [(op, told.OPS[op]) for op in ("within_days", "not_within_days", "before", "after")]
        op = node.get(f"{part}_op") or "within_days"
        kind = "number" if op.endswith("within_days") else "date"
        fields = {
            "op": self._select(node, f"{part}_op", ops, _("Comparison"), redraw=True),
            "value": self._input(node, f"{part}_value", _("Value"), kind=kind),
        }
        text = _("and the first time %(op)s %(value)s") if part == "first" else _("and the last time %(op)s %(value)s")
        return _filled(text, fields)

    def _follow(self, node: Node, part: str) -> SafeString:
        fields = {
            "mode": self._select(node, "follow_mode", FOLLOWED.items(), _("Followed or not")),
            "event": self._input(node, "follow_event", _("Event"), datalist="events", placeholder=_("event")),
            "days": self._input(node, "follow_days", _("Days"), kind="number", placeholder=_("any")),
        }
        return _filled(_("%(mode)s %(event)s within %(days)s days"), fields)

    def _value(self, shown: Shown, attribute: Attribute | None) -> SafeString:
        node, op = shown.node, shown.node.get("op")
        if op in ("known", "unknown"):
            return SafeString("")
        if attribute and 0 < len(attribute.values) < MANY and op in ("is", "is_not"):
            choices = told.labelled(attribute)
            if node.get("value") not in dict(choices):
                choices.insert(0, ("", _("choose")))
            return self._select(node, "value", choices, _("Value"))
        kind = "number" if op in _NUMERIC else "date" if op in ("before", "after") else "text"
        if op == "between":
            kind = {"number": "number", "time": "date"}.get(_type_of(attribute), "text")
            ends = [self._input(node, name, _ENDS_OF_VALUE[name], kind=kind) for name in ("value", "value2")]
            return _filled(_("%(low)s and %(high)s"), {"low": ends[0], "high": ends[1]})
        hint = _("value, value, …") if op == "one_of" else _("value")
        suggest = {"attribute": node.get("name")} if kind == "text" and node.get("name") else None
        return self._input(node, "value", _("Value"), kind=kind, placeholder=hint, suggest=suggest)

    # --- fields ------------------------------------------------------------------------------------

    def _input(self, node: Node, name: str, label: Any, *, redraw: bool = False, **more: Any) -> SafeString:
        value = more.pop("value", node.get(name))
        return _input(
            f"{node.key}.{name}", f"{node.key}-{name}", label, value, redraw=self.redraw if redraw else "", **more
        )

    def _select(
        self, node: Node, name: str, choices: Choices, label: str, *, redraw: bool = False, focus: bool = False
    ) -> SafeString:
        return _select(
            f"{node.key}.{name}", f"{node.key}-{name}", node.get(name), choices, label,
            redraw=self.redraw if redraw else "", focus=focus,
        )  # fmt: skip


def _type_of(attribute: Attribute | None) -> str:
    """What an attribute holds; nobody knows of a custom field or of what is not there yet."""
    return attribute.type if attribute and attribute.source != "trait" else ""


_ENDS = {"from": gettext_lazy("From"), "to": gettext_lazy("To")}
_ENDS_OF_VALUE = {"value": gettext_lazy("From"), "value2": gettext_lazy("To")}


def _filled(text: str, fields: Mapping[str, Any]) -> SafeString:
    """A translated sentence with fields in it; its words are escaped, the fields are HTML already."""
    return format_html(_braces(text), **fields)


def _unit(text: str, fields: Mapping[str, Any]) -> SafeString:
    """The same, kept on one line."""
    return format_html('<span class="seg-unit">{}</span>', _filled(text, fields))


def _braces(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}").replace("%(", "{").replace(")s", "}")


def _input(
    name: str,
    field_id: str,
    label: Any,
    value: str,
    *,
    kind: str = "text",
    datalist: str = "",
    redraw: str = "",
    suggest: Mapping[str, str] | None = None,
    placeholder: str = "",
    focus: bool = False,
) -> SafeString:
    if suggest is not None:
        datalist = f"{field_id}-values"
    more = [_redraw(redraw), _suggested(suggest, datalist)] if kind != "hidden" else []
    step = SafeString(' step="any" min="0" inputmode="decimal"') if kind == "number" else SafeString("")
    found = format_html(
        '<input class="form-control seg-field seg-{}" type="{}" name="{}" id="{}" value="{}" aria-label="{}"'
        ' placeholder="{}" maxlength="500" autocomplete="off"{}{}{}{}>',
        kind, kind, name, field_id, value, label, placeholder,
        format_html(' list="{}"', datalist) if datalist else "", step,
        SafeString(" autofocus") if focus else "", format_html_join("", "{}", ((each,) for each in more)),
    )  # fmt: skip
    return found + format_html('<datalist id="{}"></datalist>', datalist) if suggest is not None else found


def _select(
    name: str, field_id: str, value: str, choices: Choices, label: Any, *, redraw: str = "", focus: bool = False
) -> SafeString:
    options = format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((key, SafeString(" selected") if key == value else "", text) for key, text in choices),
    )
    return format_html(
        '<select class="form-select seg-field" name="{}" id="{}" aria-label="{}"{}{}>{}</select>',
        name, field_id, label, SafeString(" autofocus") if focus else "", _redraw(redraw), options,
    )  # fmt: skip


def _redraw(url: str) -> SafeString:
    """A change of this field changes what the form asks for."""
    return format_html(' hx-post="{}" hx-trigger="change"', url) if url else SafeString("")


def _suggested(params: Mapping[str, str] | None, datalist: str) -> SafeString:
    """Values found in the data, as the person types."""
    if params is None:
        return SafeString("")
    return format_html(
        ' hx-get="{}?{}" hx-trigger="focus once, input changed delay:200ms" hx-target="#{}" hx-swap="innerHTML"',
        reverse("segment_values"), urlencode(params), datalist,
    )  # fmt: skip
