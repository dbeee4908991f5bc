"""Registrations of room `intelligence`."""

from django.apps import AppConfig


class IntelligenceConfig(AppConfig):
    name = "amity.intelligence"
    label = "intelligence"
    default_auto_field = "django.db.models.BigAutoField"
