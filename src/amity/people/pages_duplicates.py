"""The review of duplicates: one pair at a time, decided by keys; what was decided, with undo for ever; the policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from amity.access import api as access
from amity.base.errors import NotFound
from amity.base.ids import read_id
from amity.base.models import JobRun
from amity.base.pages import page, toast
from amity.people import duplicates, duplicates_policy, duplicates_review
from amity.people.duplicates import KINDS, PairView
from amity.people.duplicates_review import FOUND_BY, PAGE, PERMISSION

BANDS = ("certain", "review")
STAGES: Mapping[str, str | Promise] = {
    "reading": gettext_lazy("reading"),
    "comparing": gettext_lazy("comparing"),
    "grouping": gettext_lazy("grouping"),
    "merging": gettext_lazy("merging what is certain"),
}
_KEPT = ("kind", "band", "after")


@require_GET
def review(request: access.StaffRequest) -> HttpResponse:
    """The queue: open pairs, one of them side by side with what it would be as one. About 16 queries, always."""
    access.require(request.principal, PERMISSION)
    kind, band = _kind(request.GET), _band(request.GET)
    pairs = duplicates.open_pairs(request.principal, kind, request.GET.get("after", ""), PAGE + 1, band)
    shown = pairs[:PAGE]
    current = _current(request, shown)
    context = _common(request, kind) | {
        "band": band,
        "pairs": shown,
        "more": shown[-1].cursor if len(pairs) > PAGE else "",
        "place": _place(request.GET),
        "last": _last(request),
        "pair": current,
    }
    if current is not None:
        context |= _sides(request, current, shown)
    return page(request, "people/duplicates.html", context, part="people/_duplicates_review.html")


@require_POST
def decide(request: access.StaffRequest, pair_id: UUID) -> HttpResponse:
    """Merge a pair or keep it apart, and go on with the next; the page that follows offers Undo."""
    access.require(request.principal, PERMISSION)
    verdict: duplicates.Verdict = "merge" if request.POST.get("verdict") == "merge" else "apart"
    winner = read_id(request.POST.get("winner")) if verdict == "merge" else None
    duplicates.decide(request.principal, pair_id, verdict, winner)
    return _back(request, pair=request.POST.get("next", ""), last=str(pair_id))


@require_POST
def reopen(request: access.StaffRequest, pair_id: UUID) -> HttpResponse:
    """Take a decision back, however long ago it was made."""
    duplicates_review.reopen(request.principal, pair_id)
    toast(request, _("Undone: the pair is open again"))
    if request.POST.get("from") == "decided":
        return HttpResponseRedirect(f"{reverse('duplicates_decided')}?{urlencode({'kind': _kind(request.POST)})}")
    return _back(request, pair=str(pair_id))


@require_GET
def decided(request: access.StaffRequest) -> HttpResponse:
    """What was decided, by whom and how sure the matcher was; each can be undone. 7 queries."""
    kind, state = _kind(request.GET), request.GET.get("state", "")
    after = str(read_id(request.GET.get("after")) or "")
    rows = duplicates_review.decided(request.principal, kind, state, after, PAGE + 1)
    staff = access.staff_names([*(row.decided_by for row in rows), UUID(int=0)])
    told = [(row, staff.get(row.decided_by, "") if row.decided_by else _("Amity, by policy")) for row in rows[:PAGE]]
    context = _common(request, kind) | {
        "rows": told,
        "state": state if state in ("merged", "apart") else "",
        "older": str(rows[PAGE - 1].id) if len(rows) > PAGE else "",
        "decided": True,
    }
    return page(request, "people/duplicates_decided.html", context)


@require_POST
def scan(request: access.StaffRequest) -> HttpResponse:
    """Look through the whole base for duplicates, in the background."""
    access.require(request.principal, PERMISSION)
    duplicates.start_scan(request.principal)
    toast(request, _("The scan has started. You may leave this page."))
    return HttpResponseRedirect(f"{reverse('duplicates')}?{urlencode({'kind': _kind(request.POST)})}")


@require_GET
def scanning(request: access.StaffRequest) -> HttpResponse:
    """How far the scan is."""
    access.require(request.principal, PERMISSION)
    return page(request, "people/duplicates_scan.html", _scan(), part="people/_duplicates_scan.html")


@require_POST
def policy(request: access.StaffRequest) -> HttpResponse:
    """Whether pairs that are certain are merged without asking."""
    kind, on = _kind(request.POST), request.POST.get("merge_certain") == "on"
    group = duplicates_policy.set_merges_certain(request.principal, kind, on)
    toast(request, _("Certain pairs are merged by themselves from now on") if on else _("Nothing is merged by itself"),
          undo=reverse("undo", args=[group]))  # fmt: skip
    return HttpResponseRedirect(f"{reverse('duplicates')}?{urlencode({'kind': kind})}")


def _common(request: access.StaffRequest, kind: str) -> dict[str, Any]:
    counts = duplicates.counts()
    return {
        "kind": kind,
        "counts": counts,
        "now": counts[kind],
        "merges_certain": duplicates_policy.merges_certain(kind),
        **_scan(),
    }


def _scan() -> dict[str, Any]:
    run = JobRun.objects.filter(kind=duplicates.SCAN_KIND).order_by("-created_at").first()
    busy = run is not None and run.state in (JobRun.State.WAITING, JobRun.State.RUNNING)
    share = round(100 * run.done / run.total) if run and run.total else None
    return {"scan": run, "scanning": busy, "scan_share": share, "stage": STAGES.get(run.stage, "") if run else ""}


def _current(request: access.StaffRequest, pairs: list[PairView]) -> PairView | None:
    """The pair that was asked for while it is open, else the first of the queue."""
    wanted = read_id(request.GET.get("pair"))
    found = next((pair for pair in pairs if pair.id == wanted), None)
    if found is None and wanted is not None:
        found = _pair(request, wanted)
        found = found if found and found.state == "open" and found.kind == _kind(request.GET) else None
    return found or (pairs[0] if pairs else None)


def _sides(request: access.StaffRequest, pair: PairView, pairs: list[PairView]) -> dict[str, Any]:
    winner = read_id(request.GET.get("winner"))
    if winner not in (pair.left.id, pair.right.id):
        winner = duplicates_review.suggested_winner(pair)
    before, behind = duplicates_review.neighbours(pairs, pair.id)
    lines, same = duplicates_review.apart(duplicates_review.lines(request.principal, pair, winner))
    owners = access.staff_names([pair.left.owner_id, pair.right.owner_id, UUID(int=0)])
    keys = ((pair.left, "arrowleft"), (pair.right, "arrowright"))
    return {
        "winner": winner,
        "lines": lines,
        "same": same,
        "pair_sides": [(side, owners.get(side.owner_id or UUID(int=0), ""), key) for side, key in keys],
        "found_by": FOUND_BY.get(pair.found_by, ""),
        "before": before,
        "behind": behind,
    }


def _last(request: access.StaffRequest) -> PairView | None:
    """The decision just made, to be undone."""
    wanted = read_id(request.GET.get("last"))
    found = _pair(request, wanted) if wanted else None
    return found if found and found.state in ("merged", "apart") else None


def _pair(request: access.StaffRequest, pair_id: UUID) -> PairView | None:
    try:
        return duplicates.get_pair(request.principal, pair_id)
    except NotFound:
        return None


def _back(request: HttpRequest, **more: str) -> HttpResponse:
    """The queue where it was; htmx follows and swaps the part."""
    asked = {name: request.POST.get(name, "") for name in _KEPT} | more
    return HttpResponseRedirect(f"{reverse('duplicates')}?{urlencode({k: v for k, v in asked.items() if v})}")


def _place(asked: Any) -> str:
    """Where in the queue one is, as a query string."""
    return urlencode({name: asked.get(name, "") for name in _KEPT if asked.get(name)})


def _kind(asked: Any) -> str:
    return asked.get("kind") if asked.get("kind") in KINDS else KINDS[0]


def _band(asked: Any) -> str:
    return asked.get("band") if asked.get("band") in BANDS else ""
