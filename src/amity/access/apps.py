"""Registrations of room `access`."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "amity.access"
    label = "access"
    default_auto_field = "django.db.models.BigAutoField"
