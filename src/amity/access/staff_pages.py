"""Settings: who works here, in which teams, and which programs act in their name."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from amity.access import members, teams, tokens
from amity.access.forms import MemberForm, TeamForm, TokenForm
from amity.access.permissions import require
from amity.access.post import Invitation, deliver
from amity.access.requests import StaffRequest
from amity.access.staff import member
from amity.access.staff import members as list_members
from amity.base.errors import Refused
from amity.base.pages import page, toast

PAGE = 100


@require_GET
def staff_list(request: StaffRequest) -> HttpResponse:
    """Everybody who works or worked here, by name; `?q=` searches. 2 queries."""
    require(request.principal, "staff.manage")
    search, after = request.GET.get("q", "").strip(), request.GET.get("after", "")
    found = list_members(search, after, PAGE + 1)
    more = f"{found[PAGE - 1].name}\x1f{found[PAGE - 1].id}" if len(found) > PAGE else ""
    context = {"members": found[:PAGE], "more": more, "search": search}
    return page(request, "access/staff_list.html", context, part="access/_staff_rows.html")


@never_cache
@require_http_methods(["GET", "POST"])
def staff_new(request: StaffRequest) -> HttpResponse:
    """Invite somebody; the invitation's link is shown once."""
    require(request.principal, "staff.manage")
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            staff_id, token = members.invite(request.principal, members.Terms(**form.cleaned_data))
            return _show_link(request, staff_id, token)
        except Refused as error:
            form.add_error("email" if error.code == "email_taken" else None, error.message)
    return render(request, "access/staff_new.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def staff_member(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    """One member's terms."""
    require(request.principal, "staff.manage")
    found = member(staff_id)
    initial = {
        "name": found.name,
        "email": found.email,
        "role": found.role,
        "scope": found.scope,
        "team_id": found.team_id,
    }
    form = MemberForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            members.change(request.principal, staff_id, members.Terms(**form.cleaned_data))
            toast(request, _("Saved."))
            return redirect("settings_staff")
        except Refused as error:
            form.add_error("email" if error.code == "email_taken" else None, error.message)
    context = {"form": form, "member": found, "own": staff_id == request.principal.staff_id}
    return render(request, "access/staff_member.html", context, status=422 if form.errors else 200)


@require_POST
def deactivation(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    """Close an account; can be undone."""
    members.deactivate(request.principal, staff_id)
    text = _("{name} can no longer sign in.").format(name=member(staff_id).name)
    toast(request, text, undo=reverse("settings_staff_reactivation", args=[staff_id]))
    return redirect("settings_staff")


@require_POST
def reactivation(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    """Open a closed account again."""
    members.reactivate(request.principal, staff_id)
    toast(request, _("{name} can sign in again.").format(name=member(staff_id).name))
    return redirect("settings_staff")


@never_cache
@require_POST
def invitation(request: StaffRequest, staff_id: UUID) -> HttpResponse:
    """A new invitation link; older ones stop working."""
    return _show_link(request, staff_id, members.invite_again(request.principal, staff_id))


@require_http_methods(["GET", "POST"])
def team_list(request: StaffRequest) -> HttpResponse:
    """Teams; POST makes one."""
    require(request.principal, "staff.manage")
    form = TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _team_saved(request, form, None):
        return redirect("settings_teams")
    context = {"teams": teams.teams(), "form": form}
    return render(request, "access/team_list.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def team_page(request: StaffRequest, team_id: UUID) -> HttpResponse:
    """Rename a team or give it another manager."""
    require(request.principal, "staff.manage")
    found = next((team for team in teams.teams() if team.id == team_id), None)
    if found is None:
        raise Refused("not_found", _("There is no such team."), 404)
    form = TeamForm(request.POST or None, initial={"name": found.name, "manager_id": found.manager_id})
    if request.method == "POST" and form.is_valid() and _team_saved(request, form, team_id):
        return redirect("settings_teams")
    return render(request, "access/team_page.html", {"form": form, "team": found}, status=422 if form.errors else 200)


@require_POST
def team_deletion(request: StaffRequest, team_id: UUID) -> HttpResponse:
    """Take an empty team away."""
    teams.delete_team(request.principal, team_id)
    toast(request, _("The team is gone."))
    return redirect("settings_teams")


@never_cache
@require_http_methods(["GET", "POST"])
def token_list(request: StaffRequest) -> HttpResponse:
    """Keys for programs; POST makes one and shows it once."""
    require(request.principal, "settings.view")
    form, made = TokenForm(request.POST or None, initial={"days": 90}), ""
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        _id, made = tokens.create_token(request.principal, said["name"], said["scopes"], said["days"])
        form = TokenForm(initial={"days": 90})
    context = {"tokens": tokens.tokens(request.principal), "form": form, "made": made}
    return render(request, "access/token_list.html", context, status=422 if form.errors else 200)


@require_POST
def token_revocation(request: StaffRequest, token_id: UUID) -> HttpResponse:
    """Stop a token."""
    tokens.revoke_token(request.principal, token_id)
    toast(request, _("The token no longer works."))
    return redirect("settings_tokens")


def _show_link(request: StaffRequest, staff_id: UUID, token: str) -> HttpResponse:
    link = request.build_absolute_uri(reverse("sign_in_link", args=[token]))
    found = member(staff_id)
    mailed = deliver(Invitation(staff_id, found.name, found.email or "", get_language() or "en", link))
    return render(request, "access/staff_invited.html", {"member": found, "link": link, "mailed": mailed})


def _team_saved(request: StaffRequest, form: TeamForm, team_id: UUID | None) -> bool:
    try:
        teams.save_team(request.principal, team_id=team_id, **form.cleaned_data)
    except Refused as error:
        form.add_error("name", error.message)
        return False
    toast(request, _("Saved."))
    return True
