"""Registrations of room `stores`."""

from django.apps import AppConfig


class StoresConfig(AppConfig):
    name = "amity.stores"
    label = "stores"
    default_auto_field = "django.db.models.BigAutoField"
