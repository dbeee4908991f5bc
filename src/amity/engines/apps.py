"""Registrations of room `engines`."""

from django.apps import AppConfig


class EnginesConfig(AppConfig):
    name = "amity.engines"
    label = "engines"
    default_auto_field = "django.db.models.BigAutoField"
