"""Pages of the privacy desk: requests, one person, one request."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from amity.access import api as access
from amity.base import clock
from amity.base.errors import NotFound, Refused
from amity.base.pages import page, toast
from amity.base.searching import prefix_query
from amity.people import forms_privacy as forms
from amity.people import privacy_desk, privacy_erase, privacy_export, privacy_restrict, privacy_words
from amity.people.models import LISTED, Person, PrivacyRequest
from amity.people.privacy_subject import Subject, subject_of
from amity.people.profiles import person_views

PERMISSION = privacy_desk.PERMISSION
_MOST_FOUND = 20


@require_GET
def index(request: access.StaffRequest) -> HttpResponse:
    """Requests with their dates, and the way to somebody's data."""
    access.require(request.principal, PERMISSION)
    q = request.GET.get("q", "").strip()[:200]
    closed = request.GET.get("show") == "closed"
    context = {
        "rows": list(privacy_desk.requests(request.principal, closed=closed)),
        "closed": closed,
        "today": clock.today(),
        "q": q,
        "found": _search(q) if q else [],
    }
    return page(request, "people/privacy.html", context)


def _search(q: str) -> list[Any]:
    """People by words, addresses or numbers, whoever owns them, archived ones and visitors too."""
    words = prefix_query(q)
    rows = Person.objects.filter(LISTED).filter(search_vector=words) if words is not None else Person.objects.none()
    found = person_views(rows.order_by("display_name", "pk"), _MOST_FOUND)
    exact = Person.objects.filter(identifiers__value__in=[q, q.lower()]).values_list("pk", "merged_into_id")
    known = {view.id for view in found}
    more = [into or pk for pk, into in exact[:_MOST_FOUND] if (into or pk) not in known]
    return found + person_views(Person.objects.filter(pk__in=more), _MOST_FOUND)


@require_GET
def person(request: access.StaffRequest, person_id: UUID) -> HttpResponse:
    """What is held about somebody, what an erasure would do, and what can be done."""
    access.require(request.principal, PERMISSION)
    subject = _subject(person_id)
    if subject.root != person_id:
        return HttpResponseRedirect(reverse("privacy_person", args=[subject.root]))
    preview = privacy_erase.preview(subject)
    context = {
        "subject": subject,
        "preview": preview,
        "goes": lines(preview.counts, kept=False),
        "stays": lines(preview.counts, kept=True) + _always(),
        "files": preview.files,
        "backups": privacy_export.backups(),
        "restriction": privacy_restrict.current(subject.root),
        "restrictions": privacy_words.RESTRICTIONS,
        "restrict_form": forms.RestrictForm(),
        "request_form": forms.RequestForm(),
        "requests": PrivacyRequest.objects.filter(person_id__in=subject.ids).order_by("-pk"),
        "recipients": privacy_export.recipients(),
    }
    return page(request, "people/privacy_person.html", context)


def lines(counts: privacy_erase.Counts, *, kept: bool) -> list[dict[str, Any]]:
    """A preview or report as lines: what, how many, what becomes of it, why."""
    found = [
        {"title": privacy_words.title(table), "n": n, "fate": str(privacy_words.FATES.get(done, done)),
         "why": privacy_words.why_of(table)}
        for (table, done), n in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
        if n and (done in ("blanked", "untied")) is kept
    ]  # fmt: skip
    return found


def _always() -> list[dict[str, Any]]:
    """What no erasure touches."""
    return [
        {"title": _("Audit log"), "n": None, "fate": str(privacy_words.FATES["kept"]),
         "why": _("Ids, codes and times prove what was done (art. 5(2)); words in it go.")},
        {"title": _("Erase ledger"), "n": None, "fate": str(privacy_words.FATES["kept"]),
         "why": _("Keyed hashes, so that a restored backup or an import does not bring the person back.")},
    ]  # fmt: skip


@require_GET
def copy(request: access.StaffRequest, person_id: UUID) -> HttpResponse:
    """Everything held, to read and to print."""
    access.require(request.principal, PERMISSION)
    return page(request, "people/privacy_copy.html", {"data": _gathered(request, person_id)})


@require_GET
def export(request: access.StaffRequest, person_id: UUID) -> HttpResponse:
    """Everything held, as a file: ZIP (data and page) or JSON."""
    access.require(request.principal, PERMISSION)
    data = _gathered(request, person_id)
    name = f"amity-{clock.today()}-{person_id}"
    if request.GET.get("format") == "json":
        response = HttpResponse(json.dumps(data, ensure_ascii=False, default=str), content_type="application/json")
        response.headers["Content-Disposition"] = f'attachment; filename="{name}.json"'
        return response
    response = HttpResponse(privacy_export.as_zip(data), content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.zip"'
    return response


def _gathered(request: access.StaffRequest, person_id: UUID) -> dict[str, Any]:
    return privacy_export.handed_out(request.principal, _subject(person_id))


def _subject(person_id: UUID) -> Subject:
    found = subject_of(person_id)
    if found is None:
        raise NotFound(_("There is nobody here with this id."))
    return found


@require_POST
def opening(request: access.StaffRequest, person_id: UUID) -> HttpResponse:
    """Note what somebody asks for."""
    access.require(request.principal, PERMISSION)
    form = forms.RequestForm(request.POST)
    if not form.is_valid():
        raise Refused("bad_privacy_request", _("Choose what is asked for; a note has at most 2,000 characters."))
    told = form.cleaned_data
    row = privacy_desk.open_request(request.principal, person_id, told["kind"], told["note"], told["received_on"])
    toast(request, _("Request noted"))
    return HttpResponseRedirect(reverse("privacy_request", args=[row.pk]))


@require_POST
def restriction(request: access.StaffRequest, person_id: UUID) -> HttpResponse:
    """Restrict the use of somebody's data, or lift the restriction."""
    if request.POST.get("action") == "lift":
        privacy_restrict.lift(request.principal, person_id)
        toast(request, _("The data may be used again"))
    else:
        told = request.POST
        privacy_restrict.restrict(request.principal, person_id, told.get("reason", ""), told.get("note", ""))
        toast(request, _("From now on the data are only kept"))
    return HttpResponseRedirect(reverse("privacy_person", args=[person_id]))


@require_GET
def one(request: access.StaffRequest, request_id: UUID) -> HttpResponse:
    """A request: what was asked, when it is due, what was decided, what was done."""
    row = privacy_desk.get(request.principal, request_id)
    report = {name: n for name, n in row.report.items() if isinstance(n, int)}
    staff = access.staff_names([row.opened_by, row.decided_by, row.confirmed_by])
    context = {
        "row": row,
        "today": clock.today(),
        "pending": row.state in ("open", "waiting", "failed"),
        "open": row.state == "open",
        "own": privacy_desk.settings(),
        "may_confirm": row.state == "waiting" and row.decided_by != request.principal.staff_id,
        "erase_form": forms.EraseForm(name=row.name),
        "restrict_form": forms.RestrictForm(),
        "reason": privacy_words.REASONS.get(row.reason) or privacy_words.RESTRICTIONS.get(row.reason, ""),
        "report": lines(privacy_erase.untold(report), kept=False) + lines(privacy_erase.untold(report), kept=True),
        "opened_by": staff.get(row.opened_by) if row.opened_by else "",
        "decided_by": staff.get(row.decided_by) if row.decided_by else "",
        "confirmed_by": staff.get(row.confirmed_by) if row.confirmed_by else "",
    }
    return page(request, "people/privacy_request.html", context)


@require_POST
def decision(request: access.StaffRequest, request_id: UUID) -> HttpResponse:
    """Decide: erase (typed name), restrict, extend, answer, refuse, confirm, take back."""
    act = _ACTS.get(request.POST.get("action", ""))
    if act is None:
        raise Refused("no_action", _("Choose what to do."), 400)
    toast(request, str(act(request.principal, request_id, request.POST)))
    return HttpResponseRedirect(reverse("privacy_request", args=[request_id]))


def _erase(principal: access.Principal, pk: UUID, told: Any) -> str:
    privacy_desk.decide_erasure(principal, pk, told.get("reason", ""), told.get("typed", ""))
    return _("Decided")


def _restrict(principal: access.Principal, pk: UUID, told: Any) -> str:
    privacy_desk.restrict_for(principal, pk, told.get("reason", ""), told.get("note", ""))
    return _("From now on the data are only kept")


def _extend(principal: access.Principal, pk: UUID, told: Any) -> str:
    privacy_desk.extend(principal, pk)
    return _("Two months more; tell the person why")


def _answer(principal: access.Principal, pk: UUID, told: Any) -> str:
    privacy_desk.answer(principal, pk, note=told.get("note", ""))
    return _("Answered")


def _refuse(principal: access.Principal, pk: UUID, told: Any) -> str:
    privacy_desk.answer(principal, pk, refused=True, note=told.get("note", ""))
    return _("Refused")


def _confirm(principal: access.Principal, pk: UUID, told: Any) -> str:
    privacy_desk.confirm_erasure(principal, pk)
    return _("Confirmed")


def _take_back(principal: access.Principal, pk: UUID, told: Any) -> str:
    privacy_desk.take_back(principal, pk)
    return _("Taken back: the request is open again")


_ACTS = {
    "erase": _erase, "restrict": _restrict, "extend": _extend, "answer": _answer, "refuse": _refuse,
    "confirm": _confirm, "take_back": _take_back,
}  # fmt: skip
