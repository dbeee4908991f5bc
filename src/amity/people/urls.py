"""URLs of room `people`."""

from django.urls import URLPattern, path

from amity.people import pages, urls_imports, urls_segments

urlpatterns: list[URLPattern] = [
    *urls_imports.urlpatterns,
    *urls_segments.urlpatterns,
    path("people/new", pages.new_person, name="person_new"),
    path("people/lookalikes", pages.lookalikes, name="person_lookalikes"),
    path("people/<uuid:person_id>/edit", pages.edit_person, name="person_edit"),
    path("companies/new", pages.new_company, name="company_new"),
    path("companies/<uuid:company_id>/edit", pages.edit_company, name="company_edit"),
]
