"""Registrations of room `journeys`."""

from django.apps import AppConfig


class JourneysConfig(AppConfig):
    name = "amity.journeys"
    label = "journeys"
    default_auto_field = "django.db.models.BigAutoField"
