"""URLs of room `intelligence`."""

from django.urls import URLPattern, path

from amity.intelligence import views
from amity.intelligence.urls_behaviour import urlpatterns as behaviour
from amity.intelligence.urls_customers import urlpatterns as customers
from amity.intelligence.urls_factors import urlpatterns as factors
from amity.intelligence.urls_life import urlpatterns as life

urlpatterns: list[URLPattern] = [
    *behaviour,
    *customers,
    *factors,
    *life,
    path("models/", views.models_list, name="models"),
    path("models/<slug:key>/", views.model_page, name="model"),
    path("models/<slug:key>/training", views.training, name="model_training"),
    path("models/<slug:key>/columns", views.columns, name="model_columns"),
]
