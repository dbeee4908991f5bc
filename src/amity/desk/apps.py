"""Registrations of room `desk`."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "amity.desk"
    label = "desk"
    default_auto_field = "django.db.models.BigAutoField"
