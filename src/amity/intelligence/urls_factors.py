"""URLs of key factors and campaigns."""

from django.urls import URLPattern, path

from amity.intelligence import pages_factors

urlpatterns: list[URLPattern] = [path("models/<slug:key>/factors/", pages_factors.page, name="model_factors")]
