"""How a fact of the log reads on a record's page: its name in words, and the few values that say what it was about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.base.words import number

# What the tracking contract and Amity itself call facts: the filter's label, an icon, and what is said without a name.
CALLS = {
    "track": (gettext_lazy("Events"), "activity", gettext_lazy("Something happened")),
    "identify": (gettext_lazy("Profile"), "user", gettext_lazy("Profile updated")),
    "page": (gettext_lazy("Web visits"), "world", gettext_lazy("Page viewed")),
    "screen": (gettext_lazy("App screens"), "world", gettext_lazy("Screen viewed")),
    "group": (gettext_lazy("Groups"), "building", gettext_lazy("Joined a group")),
    "alias": (gettext_lazy("Ids"), "users", gettext_lazy("Known under another id")),
    "segment": (gettext_lazy("Segments"), "users", gettext_lazy("Segments")),
}
_MOVES = {
    "segment.entered": gettext_lazy("Entered the segment “{segment}”"),
    "segment.left": gettext_lazy("Left the segment “{segment}”"),
}
_PAGE = frozenset({"url", "search", "referrer", "tab_url", "initial_referrer", "initial_referring_domain", "title"})
SHOWN, LONGEST = 4, 60


def title(kind: str, name: str, data: Mapping[str, Any]) -> str:
    """What happened, in words: the event's own name where it has one."""
    if name in _MOVES:
        return str(_MOVES[name]).format(segment=data.get("segment") or "–")
    if kind not in CALLS or name not in ("", kind):
        return name
    told = data.get("title") or data.get("path") if kind in ("page", "screen") else None
    return str(told)[:200] if isinstance(told, str) and told else str(CALLS[kind][2])


def details(kind: str, data: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The first few plain values of a fact of the tracking contract, as names and texts."""
    if kind not in CALLS or kind == "segment":
        return []
    hidden = _PAGE if kind in ("page", "screen") else frozenset()
    plain = ((name, _text(value)) for name, value in _flat(data) if name not in hidden)
    return [pair for pair in plain if pair[1]][:SHOWN]


def _flat(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What lies one level deeper (``address``) stands beside the rest."""
    for name, value in data.items():
        if isinstance(value, Mapping):
            yield from value.items()
        else:
            yield name, value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, int):  # maybe the number of an order: no separators
        return str(value)
    if isinstance(value, float):
        return number(value)
    if not isinstance(value, str):
        return ""
    return value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…"
