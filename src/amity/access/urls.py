"""URLs of room `access`."""

from django.urls import path
from django.views.generic import RedirectView

from amity.access import entry, pages, staff_pages

urlpatterns = [
    # Addresses are an administrator's to change, and nobody signs up: these two of django-allauth's pages are closed.
    path("account/email/", RedirectView.as_view(pattern_name="settings_security"), name="account_email_closed"),
    path("account/signup/", RedirectView.as_view(pattern_name="account_login"), name="account_signup_closed"),
    path("account", RedirectView.as_view(pattern_name="settings_security", http_method_names=["get"]), name="account"),
    path("setup", entry.setup, name="setup"),
    path("setup/<str:token>", entry.setup_with_token, name="setup_with_token"),
    path("in/<str:token>", entry.sign_in_link, name="sign_in_link"),
    path("settings/", pages.profile, name="settings"),
    path("settings/security", pages.security, name="settings_security"),
    path("settings/staff", staff_pages.staff_list, name="settings_staff"),
    path("settings/staff/new", staff_pages.staff_new, name="settings_staff_new"),
    path("settings/staff/<uuid:staff_id>", staff_pages.staff_member, name="settings_staff_member"),
    path("settings/staff/<uuid:staff_id>/deactivation", staff_pages.deactivation, name="settings_staff_deactivation"),
    path("settings/staff/<uuid:staff_id>/reactivation", staff_pages.reactivation, name="settings_staff_reactivation"),
    path("settings/staff/<uuid:staff_id>/invitation", staff_pages.invitation, name="settings_staff_invitation"),
    path("settings/teams", staff_pages.team_list, name="settings_teams"),
    path("settings/teams/<uuid:team_id>", staff_pages.team_page, name="settings_team"),
    path("settings/teams/<uuid:team_id>/deletion", staff_pages.team_deletion, name="settings_team_deletion"),
    path("settings/tokens", staff_pages.token_list, name="settings_tokens"),
    path("settings/tokens/<uuid:token_id>/revocation", staff_pages.token_revocation, name="settings_token_revocation"),
    path("settings/audit", pages.audit_log, name="settings_audit"),
    path("settings/audit/check", pages.audit_check, name="settings_audit_check"),
]
