"""URLs of consent. Those under ``preferences/`` are open: who has the link may use it."""

from django.urls import URLPattern, path

from amity.people import pages_consent, pages_preferences

urlpatterns: list[URLPattern] = [
    path("preferences/confirmation/<str:token>", pages_preferences.confirm, name="consent_confirm"),
    path("preferences/<str:token>", pages_preferences.preferences, name="preferences"),
    path("preferences/<str:token>/leave/<slug:purpose_key>", pages_preferences.unsubscribe, name="unsubscribe"),
    path("consent/", pages_consent.index, name="consent"),
    path("consent/purposes/new", pages_consent.new, name="consent_purpose_new"),
    path("consent/purposes/<slug:key>", pages_consent.edit, name="consent_purpose"),
    path("consent/purposes/<slug:key>/archive", pages_consent.archive, name="consent_purpose_archive"),
    path("people/<uuid:person_id>/consent", pages_consent.change, name="person_consent"),
]
