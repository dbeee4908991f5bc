"""What the forms of queues, hours, promises, agents, rules and weights send, as `routing_changes.save` takes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from amity.base.errors import Refused
from amity.desk import routing_cleaning as cleaning
from amity.desk.routing_choice import PARTS

DAYS = 7
Given = QueryDict


def values_of(kind: str, given: Given) -> dict[str, Any]:
    """The values of one form."""
    return _READ[kind](given)


def _queue(given: Given) -> dict[str, Any]:
    return {
        "name": given.get("name", ""), "team_id": given.get("team"), "accounts": given.getlist("account"),
        "languages": given.get("languages", ""), "hours_id": given.get("hours"),
    }  # fmt: skip


def _hours(given: Given) -> dict[str, Any]:
    week = cleaning.week_of(given.get(f"day{day}", "") for day in range(DAYS))
    return {
        "name": given.get("name", ""), "zone": given.get("zone", ""), "week": week,
        "days": cleaning.days_of(given.get("days", "")),
    }  # fmt: skip


def _policy(given: Given) -> dict[str, Any]:
    return {
        "name": given.get("name", ""), "queues": given.getlist("queue"), "channels": given.getlist("channel"),
        "urgency": given.get("urgency") or 0, "customer": given.get("customer", ""), "hours_id": given.get("hours"),
        "first_reply": given.get("first_reply"), "next_reply": given.get("next_reply"),
        "resolution": given.get("resolution"), "pause_pending": "pause_pending" in given,
        "pause_snoozed": "pause_snoozed" in given,
    }  # fmt: skip


def _agent(given: Given) -> dict[str, Any]:
    told: dict[str, Any] = {
        "queues": given.getlist("queue"), "skills": given.get("skills", ""), "languages": given.get("languages", ""),
        "capacity": {"all": given.get("all"), "chat": given.get("chat")}, "hours_id": given.get("hours"),
    }  # fmt: skip
    if "staff" in given:
        if not given["staff"]:
            raise Refused("nobody", _("Choose who it is."))
        told["staff_id"] = given["staff"]
    return told


def _rule(given: Given) -> dict[str, Any]:
    when = {name: given.getlist(name) for name in ("channel", "urgency", "queue", "tone", "customer")}
    when |= {name: given.get(name, "").split(",") for name in ("language", "intent", "words")}
    then = {name: given.get(f"then_{name}") for name in ("queue", "skill", "urgency")}
    return {"name": given.get("name", ""), "enabled": "enabled" in given, "when": when, "then": then}


def _settings(given: Given) -> dict[str, Any]:
    weights = {name: given.get(name, "").replace(",", ".") for name in (*PARTS, "hold") if given.get(name)}
    major = given.get("valuable_from", "")
    if major.isdecimal():
        weights["valuable_from"] = str(int(major) * 100)
    return {"weights": weights, "enabled": "enabled" in given}


_READ: dict[str, Callable[[Given], dict[str, Any]]] = {
    "queue": _queue, "hours": _hours, "policy": _policy, "agent": _agent, "rule": _rule, "settings": _settings,
}  # fmt: skip
KINDS = tuple(_READ)
