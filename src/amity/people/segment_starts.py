"""Segments to begin with: offered only where the data has what they speak of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from amity.people.segments_views import Vocabulary

BOUGHT = ("Order Completed", "order completed", "Order completed", "Purchase", "order")


@dataclass(frozen=True, slots=True)
class Start:
    """A definition to begin with, under a key for the URL."""

    key: str
    name: str
    text: str | Promise
    icon: str
    definition: dict[str, Any]


def starts(known: Vocabulary) -> list[Start]:
    """Those that this installation's data can answer."""
    found = []
    bought = next((name for name in BOUGHT if name in known.events), "")
    if bought:
        found += [
            Start(
                "regulars", str(_("Regular buyers")), _("Bought at least 3 times in 90 days"), "star", _often(bought)
            ),
            Start("quiet", str(_("Gone quiet")), _("Bought before, but not for 60 days"), "clock", _quiet(bought)),
        ]
    found.append(Start("open", str(_("Open leads we can reach")), _("Open leads with an e-mail"), "mail", _REACHABLE))
    if "deal" in known.kinds:
        found.append(Start("won", str(_("Customers")), _("People with at least one won deal"), "target-arrow", _WON))
    active = next((name for name in known.events if name not in BOUGHT), "")
    if active:
        found.append(
            Start(
                "active", str(_("Active this week")), _("Did something in the last 7 days"), "activity", _lately(active)
            )
        )
    return found[:4]


def find(known: Vocabulary, key: str) -> Start | None:
    """The one with this key."""
    return next((each for each in starts(known) if each.key == key), None)


def _often(event: str) -> dict[str, Any]:
    return {"all": [{"event": event, "do": True, "times": {"op": "ge", "n": 3}, "within_days": 90}]}


def _quiet(event: str) -> dict[str, Any]:
    return {"all": [{"event": event, "do": True}, {"event": event, "do": False, "within_days": 60}]}


def _lately(event: str) -> dict[str, Any]:
    return {"all": [{"event": event, "do": True, "within_days": 7}]}


_REACHABLE = {"all": [{"trait": "lead_status", "op": "is", "value": "open"}, {"trait": "email", "op": "known"}]}
_WON = {"all": [{"deal": {"state": "won", "op": "ge", "n": 1}}]}
