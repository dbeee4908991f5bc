"""URLs that make and change products."""

from django.urls import URLPattern, path

from amity.sales import pages_catalogue

urlpatterns: list[URLPattern] = [
    path("products/new", pages_catalogue.new, name="product_new"),
    path("products/<uuid:product_id>/edit", pages_catalogue.edit, name="product_edit"),
]
