"""URLs of the people of a deal and of links between people."""

from django.urls import URLPattern, path

from amity.sales import pages_relations as pages

urlpatterns: list[URLPattern] = [
    path("deals/<uuid:deal_id>/contacts/", pages.add_contact, name="deal_contacts"),
    path("deals/<uuid:deal_id>/contacts/<uuid:contact_id>/removal", pages.remove_contact, name="deal_contact_removal"),
    path("people/<uuid:person_id>/ties/", pages.add_tie, name="person_ties"),
    path("people/<uuid:person_id>/ties/<uuid:tie_id>/removal", pages.remove_tie, name="person_tie_removal"),
]
