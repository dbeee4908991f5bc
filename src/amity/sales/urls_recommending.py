"""URLs of recommendations."""

from django.urls import URLPattern, path

from amity.sales import recommending_pages as pages

urlpatterns: list[URLPattern] = [
    path("people/<uuid:record_id>/offers", pages.offers, {"kind": "person"}, name="person_offers"),
    path("deals/<uuid:record_id>/offers", pages.offers, {"kind": "deal"}, name="deal_offers"),
    path("products/<uuid:record_id>/offers", pages.offers, {"kind": "product"}, name="product_offers"),
]
