"""URLs of the forecast."""

from django.urls import URLPattern, path

from amity.sales import pages_forecast

urlpatterns: list[URLPattern] = [path("forecast/", pages_forecast.show, name="forecast")]
