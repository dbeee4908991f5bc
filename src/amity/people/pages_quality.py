"""Data quality, the steward's home: three numbers, problems by kind, proposals, the log, stale values, the week."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from amity.access import api as access
from amity.base import jobs
from amity.base.errors import NotFound, Refused
from amity.base.ids import read_id
from amity.base.models import JobRun
from amity.base.pages import page, toast
from amity.people import quality_apply, quality_decay, quality_doubts, quality_log, quality_numbers, quality_weekly
from amity.people.called import Wanted, names_of
from amity.people.models import Decay
from amity.people.profiles import ChangeView
from amity.people.quality_kinds import field_label, kinds
from amity.people.quality_tasks import SCAN
from amity.people.told_changes import told_changes, wanted_by

STAGES: Mapping[str, str | Promise] = {
    "": gettext_lazy("Waiting"),
    "quality": gettext_lazy("Looking through all records"),
    "accept": gettext_lazy("Repairing"),
    "rules": gettext_lazy("Repairing"),
    "refuse": gettext_lazy("Refusing"),
    "reverse": gettext_lazy("Taking repairs back"),
}
VIEW, EDIT, MANY = "people.view", "people.edit", "people.bulk"


@require_GET
def index(request: access.StaffRequest) -> HttpResponse:
    """The three numbers, problems and gaps by kind, rules, what was done last. A fixed number of queries."""
    access.require(request.principal, VIEW)
    measured = [quality_numbers.latest(noun) for noun in ("person", "company")]
    problems = [each for each in quality_log.by_kind(request.principal) if each.open or each.applied]
    context = _common(request, "home") | {
        "measured": [each for each in measured if each],
        "counted_at": quality_numbers.counted_at(),
        "problems": sorted(problems, key=lambda each: -each.open),
        "gaps": [each for each in quality_log.by_kind(request.principal, "gap") if each.open or each.applied],
        "rules": quality_log.rules(request.principal),
        "last": quality_log.log(request.principal, limit=5),
    }
    return page(request, "people/quality.html", context, part="people/_quality_home.html")


@require_GET
def kind(request: access.StaffRequest, kind: str) -> HttpResponse:
    """Proposals of one kind as cards, oldest first. A fixed number of queries."""
    access.require(request.principal, VIEW)
    known = kinds().get(kind)
    if known is None:
        raise NotFound(_("There is no such kind of problem."))
    source, after = request.GET.get("source", "")[:120], read_id(request.GET.get("after"))
    cards = quality_log.proposals(request.principal, kind, source, after, quality_log.PAGE + 1)
    shown = cards[: quality_log.PAGE]
    context = _common(request, "home") | {
        "kind": known,
        "cards": shown,
        "more": str(shown[-1].id) if len(cards) > quality_log.PAGE else "",
        "source": source,
        "sources": quality_log.sources_of(request.principal, kind),
        "sure": quality_apply.SURE,
    }
    return page(request, "people/quality_kind.html", context, part="people/_quality_cards.html")


@require_GET
def log(request: access.StaffRequest) -> HttpResponse:
    """The correction log: everybody reads it, whoever may change a record may take its repair back."""
    access.require(request.principal, VIEW)
    wanted, state = request.GET.get("kind", ""), request.GET.get("state", "")
    rows = quality_log.log(
        request.principal, kind=wanted if wanted in kinds() else "", state=state, before=_cursor(request),
        target_id=read_id(request.GET.get("target")), limit=quality_log.PAGE + 1,
    )  # fmt: skip
    shown = rows[: quality_log.PAGE]
    last = shown[-1] if len(rows) > quality_log.PAGE else None
    context = _common(request, "log") | {
        "rows": shown,
        "state": state if state in quality_log.LOGGED else "",
        "wanted": wanted,
        "target": request.GET.get("target", ""),
        "states": [(each.value, each.label) for each in quality_log.LOGGED],
        "older": urlencode({"at": last.decided_at.isoformat(), "id": str(last.id)}) if last and last.decided_at else "",
    }
    return page(request, "people/quality_log.html", context, part="people/_quality_log.html")


@require_GET
def stale(request: access.StaffRequest) -> HttpResponse:
    """How fast values decay here, and values to verify. 5 queries."""
    access.require(request.principal, VIEW)
    decays = [(each, field_label("person", each.field)) for each in Decay.objects.filter(noun="person").order_by("pk")]
    rows = quality_decay.to_verify(request.principal)
    context = _common(request, "stale") | {"decays": decays, "rows": rows, "enough": quality_decay.ENOUGH}
    return page(request, "people/quality_stale.html", context)


@require_GET
def week(request: access.StaffRequest) -> HttpResponse:
    """What changed on my records: the stored weeks, and the running one line by line. At most 5 queries."""
    access.require(request.principal, VIEW)
    begin = timezone.make_aware(datetime.combine(quality_weekly.last_monday(), time()))
    rows = quality_weekly.changes_of(request.principal, begin)
    changes = [ChangeView(r.name, r.before, r.after, r.actor_id, r.origin_id, r.changed_at) for r in rows]
    called = names_of(request.principal, wanted_by(changes) + Wanted(staff=[row.actor_id for row in rows]))
    names = quality_weekly.names_of(request.principal, rows)
    lines = [
        (row.profile_id, names.get(row.profile_id, ""), each, called.staff.get(row.actor_id or UUID(int=0), ""))
        for row, each in zip(rows, told_changes(changes, called), strict=True)
    ]
    weeks = [(each, each.week + timedelta(days=6)) for each in quality_weekly.weeks_of(request.principal)]
    if any(each.seen_at is None for each, _until in weeks):
        quality_weekly.seen(request.principal)
    return page(request, "people/quality_week.html", _common(request, "week") | {"weeks": weeks, "lines": lines})


@require_POST
def decide(request: access.StaffRequest, correction_id: UUID) -> HttpResponse:
    """Accept, refuse or take back one."""
    access.require(request.principal, EDIT)
    return _decided(request, [correction_id])


@require_POST
def decide_ticked(request: access.StaffRequest) -> HttpResponse:
    """Accept, refuse or take back those that were ticked."""
    access.require(request.principal, MANY)
    return _decided(request, [pk for pk in map(read_id, request.POST.getlist("ids")[:500]) if pk])


@require_POST
def decide_all(request: access.StaffRequest) -> HttpResponse:
    """All of a kind and source, by a job."""
    wanted, source = request.POST.get("kind", ""), request.POST.get("source", "")[:120]
    quality_apply.many(request.principal, request.POST.get("verb", ""), wanted, source)
    toast(request, _("Started. You may leave this page; the log takes everything back."))
    return _back(request)


@require_POST
def rule(request: access.StaffRequest) -> HttpResponse:
    """From now on repair a kind by itself."""
    made = quality_apply.make_rule(
        request.principal, request.POST.get("kind", ""), request.POST.get("source", "")[:120]
    )
    text = _("From now on this is repaired by itself (version {number} of the rule).")
    toast(request, text.format(number=made.version))
    return _back(request)


@require_POST
def end_rule(request: access.StaffRequest, rule_id: UUID) -> HttpResponse:
    """End a rule; maybe take everything back that it did."""
    everything = request.POST.get("reverse") == "on"
    quality_apply.retire_rule(request.principal, rule_id, reverse_all=everything)
    toast(
        request, _("The rule has ended, its repairs are being taken back.") if everything else _("The rule has ended.")
    )
    return _back(request)


@require_POST
def scan(request: access.StaffRequest) -> HttpResponse:
    """Look through everything now, and measure."""
    access.require(request.principal, MANY)
    jobs.start(SCAN, SCAN, started_by=request.principal.staff_id)
    toast(request, _("Amity looks through all records. You may leave this page."))
    return HttpResponseRedirect(reverse("quality"))


@require_GET
def progress(request: access.StaffRequest) -> HttpResponse:
    """How far the job is; when it has just ended, the page is asked to come again."""
    access.require(request.principal, VIEW)
    context = _running()
    answer = page(request, "people/quality_progress.html", context, part="people/_quality_progress.html")
    if request.headers.get("HX-Request") and not context["busy"]:
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
def confirm(request: access.StaffRequest, person_id: UUID, field: str) -> HttpResponse:
    """A value still holds: it is verified, as on the page of the person."""
    group = quality_doubts.confirm(request.principal, person_id, field)
    toast(request, _("Noted: it still holds"), undo=reverse("undo", args=[group]))
    return _back(request, reverse("person", args=[person_id]))


@require_POST
def doubt(request: access.StaffRequest, person_id: UUID) -> HttpResponse:
    """A mail came back, a number is dead, or somebody left the company."""
    told = request.POST.get("signal", ""), request.POST.get("evidence", "")
    group = quality_doubts.doubt(request.principal, person_id, *told)
    toast(request, _("Noted: to be confirmed at the next contact"), undo=reverse("undo", args=[group]))
    return _back(request, reverse("person", args=[person_id]))


def _decided(request: access.StaffRequest, ids: list[UUID]) -> HttpResponse:
    verb = request.POST.get("verb", "")
    if verb not in quality_apply.ACTS:
        raise Refused("correction_verb", _("Proposals are accepted, refused or taken back."))
    outcome = quality_apply.ACTS[verb](request.principal, ids, None)
    if not any((outcome.done, outcome.void, outcome.refused)):
        raise NotFound(_("This correction is not here, or was decided meanwhile."))
    toast(request, _told(verb, outcome), undo=_undo_url(verb, ids) if outcome.done else "")
    return _back(request)


def _told(verb: str, outcome: quality_apply.Outcome) -> str:
    if verb == "accept":
        text = ngettext("{n} value repaired", "{n} values repaired", outcome.done)
    elif verb == "refuse":
        text = ngettext("{n} proposal refused", "{n} proposals refused", outcome.done)
    else:
        text = ngettext("{n} repair taken back", "{n} repairs taken back", outcome.done)
    parts = [text.format(n=outcome.done)] if outcome.done else []
    if outcome.void + outcome.refused:
        gone = outcome.void + outcome.refused
        parts.append(ngettext("{n} no longer fits", "{n} no longer fit", gone).format(n=gone))
    return ", ".join(parts)


def _undo_url(verb: str, ids: list[UUID]) -> str:
    """One decision is undone from the toast; many are from the log."""
    one = len(ids) == 1 and verb != "reverse"
    return reverse("quality_reversal", args=[ids[0]]) if one else ""


@require_POST
def undo(request: access.StaffRequest, correction_id: UUID) -> HttpResponse:
    """Take one decision back, from its toast."""
    access.require(request.principal, EDIT)
    outcome = quality_apply.reverse(request.principal, [correction_id])
    if not outcome.done:
        raise NotFound(_("This correction is not here, or was decided meanwhile."))
    toast(request, _told("reverse", outcome))
    return _back(request)


def _common(request: access.StaffRequest, tab: str) -> dict[str, Any]:
    principal = request.principal
    return {
        "tab": tab,
        **_running(),
        "may_decide": principal.may("duplicates.decide"),
        "may_edit": principal.may(EDIT),
        "may_many": principal.may(MANY),
        "may_rule": principal.may(MANY) and principal.scope == "all",
    }


def _running() -> dict[str, Any]:
    """The job of data quality that runs or waits, or the one that ended last. 1 query."""
    runs = JobRun.objects.filter(kind__in=(SCAN, quality_apply.MANY))
    run = runs.order_by("-created_at").first()
    busy = run is not None and run.state in (JobRun.State.WAITING, JobRun.State.RUNNING)
    share = min(99, round(100 * run.done / run.total)) if run and run.total else None
    stage = STAGES.get(run.stage, STAGES[""]) if run else ""
    return {"run": run, "busy": busy, "share": share, "stage": stage}


def _cursor(request: HttpRequest) -> tuple[datetime, UUID] | None:
    at, pk = parse_datetime(request.GET.get("at", "")[:40]), read_id(request.GET.get("id"))
    return (at, pk) if at and pk and timezone.is_aware(at) else None


def _back(request: HttpRequest, usual: str = "") -> HttpResponse:
    """The page on which the form stood: one of ours, by its path."""
    place = request.POST.get("from", "")
    known = place.startswith(("/quality/", "/people/", "/companies/", "/deals/")) and "//" not in place
    return HttpResponseRedirect(place if known and "\\" not in place else usual or reverse("quality"))
