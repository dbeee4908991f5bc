"""URLs of room `intelligence`."""

from django.urls import URLPattern, path

from amity.intelligence import views

urlpatterns: list[URLPattern] = [
    path("models/", views.models_list, name="models"),
    path("models/<slug:key>/", views.model_page, name="model"),
    path("models/<slug:key>/training", views.training, name="model_training"),
    path("models/<slug:key>/columns", views.columns, name="model_columns"),
]
