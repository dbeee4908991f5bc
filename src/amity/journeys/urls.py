"""URLs of room `journeys`."""

from django.urls import URLPattern, path

from amity.journeys import pages

urlpatterns: list[URLPattern] = [
    path("proposals/<uuid:decision_id>/acceptance", pages.accept, name="proposal_acceptance"),
    path("proposals/<uuid:decision_id>/refusal", pages.refuse, name="proposal_refusal"),
    path("actions/<uuid:action_id>/sending", pages.send, name="action_sending"),
]
