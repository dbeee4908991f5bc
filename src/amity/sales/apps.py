"""Registrations of room `sales`."""

from django.apps import AppConfig


class SalesConfig(AppConfig):
    name = "amity.sales"
    label = "sales"
    default_auto_field = "django.db.models.BigAutoField"
