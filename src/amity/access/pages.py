"""Settings: one's own profile and security, and the audit log."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from amity.access import audit, members, second_factor
from amity.access.forms import Preferences
from amity.access.models import Staff
from amity.access.permissions import own_id, require
from amity.access.requests import StaffRequest
from amity.access.staff import names
from amity.base.pages import page, toast

AUDIT_PAGE = 100


@require_http_methods(["GET", "POST"])
def profile(request: StaffRequest) -> HttpResponse:
    """Name, language and time zone of the reader."""
    principal = request.principal
    require(principal, "settings.view")
    staff = Staff.objects.get(pk=own_id(principal))
    initial = {"name": staff.name, "language": staff.language, "time_zone": staff.time_zone}
    form = Preferences(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        members.change_profile(principal, **form.cleaned_data)
        toast(request, _("Saved."))
        return redirect("settings")
    return render(
        request, "access/settings_profile.html", {"form": form, "staff": staff}, status=422 if form.errors else 200
    )


@require_GET
def security(request: StaffRequest) -> HttpResponse:
    """Password, second factor, passkeys and sessions of the reader, each on django-allauth's own page."""
    principal = request.principal
    require(principal, "settings.view")
    staff = Staff.objects.get(pk=own_id(principal))
    kinds = list(Authenticator.objects.filter(user=staff).values_list("type", flat=True))
    context = {
        "staff": staff,
        "has_password": staff.has_usable_password(),
        "totp": Authenticator.Type.TOTP in kinds,
        "passkeys": kinds.count(Authenticator.Type.WEBAUTHN),
        "recovery": Authenticator.Type.RECOVERY_CODES in kinds,
        "sessions": UserSession.objects.filter(user=staff).count(),
        "required": second_factor.required(staff),
        "due": staff.mfa_due_at,
    }
    return render(request, "access/settings_security.html", context)


@require_GET
def audit_log(request: StaffRequest) -> HttpResponse:
    """Newest first; `?verb=`, `?kind=`, `?object=`, `?actor=` filter, `?before=` pages by number. 2 queries."""
    require(request.principal, "audit.view")
    filters = {key: request.GET.get(key, "").strip() for key in ("verb", "kind", "object", "actor")}
    before = request.GET.get("before", "")
    lines = audit.lines(**filters, before=int(before) if before.isdigit() else None, limit=AUDIT_PAGE + 1)
    shown = lines[:AUDIT_PAGE]
    context = {
        "lines": _named(shown),
        "older": shown[-1].seq if len(lines) > AUDIT_PAGE else None,
        "filters": filters,
        "filtered": any(filters.values()),
        "verbs": audit.verbs(),
    }
    return page(request, "access/audit.html", context, part="access/_audit_lines.html")


def _named(lines: list[audit.Line]) -> list[dict[str, Any]]:
    known = names(line.actor_id for line in lines)
    return [asdict(line) | {"actor_name": known.get(line.actor_id) if line.actor_id else ""} for line in lines]


@require_http_methods(["POST"])
def audit_check(request: StaffRequest) -> HttpResponse:
    """Walk the whole chain and say whether it is intact."""
    require(request.principal, "audit.view")
    verdict = audit.verify()
    if verdict.broken_at is None:
        toast(request, _("The audit log is intact: {count} lines checked.").format(count=verdict.lines))
    else:
        why = _("The audit log is broken at line {line}. Somebody changed the database by hand.").format(
            line=verdict.broken_at
        )
        toast(request, why, level=messages.ERROR)
    return redirect("settings_audit")
