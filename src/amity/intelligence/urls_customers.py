"""URLs of what is learned from purchases."""

from django.urls import URLPattern, path

from amity.intelligence import pages_customers as pages

urlpatterns: list[URLPattern] = [
    path("models/customers/", pages.show, name="customer_models"),
    path("models/customers/learning", pages.learn, name="customer_learning"),
]
