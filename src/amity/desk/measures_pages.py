"""The page of measures, and the conversations behind each number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_GET, require_POST

from amity.access import api as access
from amity.base import clock
from amity.base.pages import page, toast
from amity.desk import measures, queues, resolution, routing_words
from amity.desk.measures import Asked, Summary

SHOWN = 200
NUMBERS = {
    "containment": (_l("Containment"), _l("of those the bot answered, ended without a person")),
    "assumed": (_l("Assumed"), _l("of those that ended, silent for 72 hours after")),
    "confirmed": (_l("Confirmed"), _l("of those that ended, rated 4 or 5")),
    "judged": (_l("Judged"), _l("of those a colleague looked at, called resolved")),
    "true": (_l("True"), _l("of those that ended, nobody came again for the same within 7 days")),
}
GROUPS = {"queue": _l("Queue"), "agent": _l("Agent"), "channel": _l("Channel"), "intent": _l("Intent")}


@require_GET
def show(request: access.StaffRequest) -> HttpResponse:
    """All figures of a period, together and in groups. 5 queries whatever there is."""
    asked, by = _asked(request), request.GET.get("by", "queue")
    by = by if by in measures.BY else "queue"
    found = measures.measures(request.principal, asked, by)
    names = _names(by, found.groups)
    context = {
        "found": found, "asked": asked, "by": by,
        "groups": [_group(each, names, asked, by) for each in found.groups[:100]],
        "numbers": [(share, *NUMBERS[share.name], _rows_url(asked, share.name)) for share in found.whole.resolved],
        "periods": measures.PERIODS, "group_names": list(GROUPS.items()), "days": [count for _day, count in found.days],
        "narrowed": any(getattr(asked, name) for name in measures.BY), "all_url": _rows_url(asked, ""),
        "query": urlencode({name: getattr(asked, name) for name in measures.BY if getattr(asked, name)}),
    }  # fmt: skip
    return page(request, "desk/measures.html", context)


@require_GET
def rows(request: access.StaffRequest) -> HttpResponse:
    """The conversations behind a number: those that count, with what it says of each. 4 queries."""
    asked, number = _asked(request), request.GET.get("number", "")
    found, now = measures.cases(request.principal, asked), clock.now()
    told = [(each, resolution.verdict(number, each, now) if number in NUMBERS else None) for each in found]
    if number == "judged":  # who judges needs those that nobody looked at yet
        told = [(each, said) for each, said in told if each.ended]
    elif number in NUMBERS:
        told = [(each, said) for each, said in told if said is not None]
    outcome = request.GET.get("outcome", "")
    if outcome in ("yes", "no"):
        told = [(each, said) for each, said in told if said is (outcome == "yes")]
    staff = access.staff_names(each.assignee_id for each, _said in told[:SHOWN])
    context = {
        "rows": [(each, said, _name(staff, each.assignee_id)) for each, said in told[:SHOWN]], "asked": asked,
        "count": len(told), "number": number, "label": NUMBERS.get(number), "outcome": outcome,
        "here": request.get_full_path(), "urls": [(each, _rows_url(asked, number, each)) for each in ("", "yes", "no")],
    }  # fmt: skip
    return page(request, "desk/measures_rows.html", context)


@require_POST
def judge(request: access.StaffRequest, conversation_id: UUID) -> HttpResponse:
    """Say whether a conversation was resolved."""
    group = measures.judge(request.principal, conversation_id, request.POST.get("resolved") == "yes")
    toast(request, _("Saved"), undo=reverse("undo", args=[group]))
    back = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()})
    return HttpResponseRedirect(back if safe else reverse("desk_measures_rows") + "?number=judged")


def _asked(request: access.StaffRequest) -> Asked:
    days = request.GET.get("days", "")
    known = int(days) if days.isdecimal() and int(days) in measures.PERIODS else 28
    return Asked(known, *(request.GET.get(name, "")[:80] for name in measures.BY))


def _group(each: Summary, names: dict[str, str], asked: Asked, by: str) -> tuple[Summary, str, str]:
    return each, names.get(each.key, each.key or "–"), _to(asked, by, each.key)


def _name(names: Mapping[UUID, str], pk: UUID | None) -> str:
    return names.get(pk, "") if pk else ""


def _names(by: str, groups: tuple[Summary, ...]) -> dict[str, str]:
    if by == "queue":
        return queues.names()
    if by == "channel":
        return {key: str(label) for key, label in routing_words.CHANNELS.items()}
    if by == "agent":
        return {str(pk): name for pk, name in access.staff_choices()}
    return {}


def _to(asked: Asked, by: str, key: str) -> str:
    given: dict[str, Any] = {name: getattr(asked, name) for name in measures.BY if getattr(asked, name)}
    return f"{reverse('desk_measures')}?{urlencode({**given, 'days': asked.days, 'by': by, by: key or '-'})}"


def _rows_url(asked: Asked, number: str, outcome: str = "") -> str:
    given: dict[str, Any] = {name: getattr(asked, name) for name in measures.BY if getattr(asked, name)}
    told = {"days": asked.days, "number": number, "outcome": outcome, **given}
    return f"{reverse('desk_measures_rows')}?{urlencode({name: value for name, value in told.items() if value})}"
