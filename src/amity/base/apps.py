"""Registrations of room `base`."""

from django.apps import AppConfig


class BaseConfig(AppConfig):
    name = "amity.base"
    label = "base"
    default_auto_field = "django.db.models.BigAutoField"
