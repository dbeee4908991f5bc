"""URLs of notes and call notes."""

from django.urls import URLPattern, path

from amity.sales import pages_notes

RECORDS = (("person", "people"), ("company", "companies"), ("deal", "deals"))

urlpatterns: list[URLPattern] = [
    *(
        path(
            f"{plural}/<uuid:record_id>/{note}s/new",
            pages_notes.new,
            {"kind": kind, "note": note},
            name=f"{kind}_{note}_new",
        )
        for kind, plural in RECORDS
        for note in ("note", "call")
    ),
    path("notes/<uuid:note_id>/edit", pages_notes.edit, name="note_edit"),
    path("notes/<uuid:note_id>/deletion", pages_notes.delete, name="note_deletion"),
]
