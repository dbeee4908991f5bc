"""URLs of the lead score."""

from django.urls import URLPattern, path

from amity.intelligence import pages_behaviour as pages

urlpatterns: list[URLPattern] = [
    path("lead-scoring/", pages.lead_scoring, name="lead_scoring"),
    path("lead-scoring/pins", pages.pins, name="lead_scoring_pins"),
    path("lead-scoring/learning", pages.learning, name="lead_scoring_learning"),
    path("lead-scoring/<slug:key>/", pages.quadrant, name="lead_quadrant"),
    path("people/<uuid:person_id>/lead-score", pages.person, name="person_lead_score"),
]
