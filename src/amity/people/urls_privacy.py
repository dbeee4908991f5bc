"""URLs of the privacy desk."""

from django.urls import URLPattern, path

from amity.people import pages_privacy, pages_privacy_rules

_PERSON, _REQUEST = "privacy/people/<uuid:person_id>", "privacy/requests/<uuid:request_id>"

urlpatterns: list[URLPattern] = [
    path("privacy/", pages_privacy.index, name="privacy"),
    path(_PERSON, pages_privacy.person, name="privacy_person"),
    path(f"{_PERSON}/requests", pages_privacy.opening, name="privacy_opening"),
    path(f"{_PERSON}/copy", pages_privacy.copy, name="privacy_copy"),
    path(f"{_PERSON}/export", pages_privacy.export, name="privacy_export"),
    path(f"{_PERSON}/restriction", pages_privacy.restriction, name="privacy_restriction"),
    path(_REQUEST, pages_privacy.one, name="privacy_request"),
    path(f"{_REQUEST}/decision", pages_privacy.decision, name="privacy_decision"),
    path("privacy/retention", pages_privacy_rules.retention, name="privacy_retention"),
    path("privacy/retention/<uuid:mark_id>/keep", pages_privacy_rules.keep, name="privacy_keep"),
    path("privacy/register", pages_privacy_rules.register, name="privacy_register"),
    path("privacy/assessment", pages_privacy_rules.assessment, name="privacy_assessment"),
    path("privacy/copies", pages_privacy_rules.copies, name="privacy_copies"),
    path("privacy/settings", pages_privacy_rules.settings, name="privacy_settings"),
]
