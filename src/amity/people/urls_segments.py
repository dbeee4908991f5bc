"""URLs of segments and computed values."""

from django.urls import URLPattern, path

from amity.people import pages_computed, pages_segment_form, pages_segments

_ONE = "segments/<uuid:segment_id>"
_COMPUTED = "segments/computed"

urlpatterns: list[URLPattern] = [
    path("segments/", pages_segments.index, name="segments"),
    path("segments/new", pages_segment_form.new, name="segment_new"),
    path("segments/count", pages_segment_form.count, name="segment_count"),
    path("segments/values", pages_segment_form.values, name="segment_values"),
    path(f"{_COMPUTED}/", pages_computed.index, name="computed"),
    path(f"{_COMPUTED}/new", pages_computed.new, name="computed_new"),
    path(f"{_COMPUTED}/<uuid:computed_id>/edit", pages_computed.edit, name="computed_edit"),
    path(f"{_COMPUTED}/<uuid:computed_id>/deletion", pages_computed.delete, name="computed_deletion"),
    path(f"{_ONE}/", pages_segments.show, name="segment"),
    path(f"{_ONE}/edit", pages_segment_form.edit, name="segment_edit"),
    path(f"{_ONE}/export.csv", pages_segments.export, name="segment_export"),
    path(f"{_ONE}/copies", pages_segments.copy, name="segment_copies"),
    path(f"{_ONE}/archive", pages_segments.archive, name="segment_archive"),
    path(f"{_ONE}/checks", pages_segments.check, name="segment_checks"),
    path(f"{_ONE}/people/<uuid:person_id>/why", pages_segments.why, name="segment_why"),
]
