"""URLs of room `people`."""

from django.urls import URLPattern, path

from amity.people import (
    pages,
    pages_merges,
    urls_consent,
    urls_duplicates,
    urls_imports,
    urls_privacy,
    urls_quality,
    urls_segments,
)

urlpatterns: list[URLPattern] = [
    *urls_consent.urlpatterns,
    *urls_imports.urlpatterns,
    *urls_privacy.urlpatterns,
    *urls_quality.urlpatterns,
    *urls_segments.urlpatterns,
    *urls_duplicates.urlpatterns,
    path("people/new", pages.new_person, name="person_new"),
    path("people/lookalikes", pages.lookalikes, {"kind": "person"}, name="person_lookalikes"),
    path("companies/lookalikes", pages.lookalikes, {"kind": "company"}, name="company_lookalikes"),
    path("people/<uuid:person_id>/edit", pages.edit_person, name="person_edit"),
    path("people/<uuid:person_id>/merge", pages_merges.join, name="person_merge"),
    path("people/<uuid:person_id>/merges/<uuid:merge_id>/revocation", pages_merges.part, name="person_unmerge"),
    path("companies/suggestions", pages.company_suggestions, name="company_suggestions"),
    path("companies/new", pages.new_company, name="company_new"),
    path("companies/<uuid:company_id>/edit", pages.edit_company, name="company_edit"),
]
