"""URLs of pipelines and their stages."""

from django.urls import URLPattern, path

from amity.sales import pages_pipelines as pages

urlpatterns: list[URLPattern] = [
    path("deals/pipelines/", pages.show, name="pipelines"),
    path("deals/pipelines/new", pages.add, name="pipeline_new"),
    path("deals/pipelines/<uuid:pipeline_id>", pages.change, name="pipeline_change"),
    path("deals/pipelines/<uuid:pipeline_id>/stages", pages.add_stage, name="pipeline_stages"),
    path("deals/stages/<uuid:stage_id>", pages.change_stage, name="stage_change"),
]
