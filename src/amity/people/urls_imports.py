"""URLs of the import pages."""

from django.urls import URLPattern, path

from amity.people.imports import pages

urlpatterns: list[URLPattern] = [
    path("imports/", pages.imports, name="imports"),
    path("imports/uploads/<uuid:upload_id>/", pages.upload, name="import_upload"),
    path("imports/<uuid:import_id>/", pages.one, name="import"),
    path("imports/<uuid:import_id>/files/<uuid:file_id>/mapping/", pages.mapping, name="import_mapping"),
    path("imports/<uuid:import_id>/files/<uuid:file_id>/rejected.csv", pages.rejects, name="import_rejects"),
    path("imports/<uuid:import_id>/checks/", pages.check, name="import_check"),
    path("imports/<uuid:import_id>/runs/", pages.run, name="import_run"),
    path("imports/<uuid:import_id>/stop/", pages.stop, name="import_stop"),
    path("imports/<uuid:import_id>/undo/", pages.undo, name="import_undo"),
]
