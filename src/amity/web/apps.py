"""Registrations of room `web`."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "amity.web"
    label = "web"
    default_auto_field = "django.db.models.BigAutoField"
