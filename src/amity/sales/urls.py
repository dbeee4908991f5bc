"""URLs of room `sales`."""

from django.urls import URLPattern, path

from amity.sales import pages

urlpatterns: list[URLPattern] = [
    path("deals/new", pages.new_deal, name="deal_new"),
    path("deals/<uuid:deal_id>/edit", pages.edit_deal, name="deal_edit"),
]
