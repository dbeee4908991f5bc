"""URLs of room `sales`."""

from django.urls import URLPattern, URLResolver, include, path

from amity.sales import pages, urls_board, urls_pipelines, urls_relations

urlpatterns: list[URLPattern | URLResolver] = [
    *urls_board.urlpatterns,
    *urls_pipelines.urlpatterns,
    *urls_relations.urlpatterns,
    path("deals/new", pages.new_deal, name="deal_new"),
    path("deals/<uuid:deal_id>/edit", pages.edit_deal, name="deal_edit"),
    path("", include("amity.sales.urls_office")),
    path("", include("amity.sales.urls_recommending")),
    path("", include("amity.sales.urls_forecast")),
]
