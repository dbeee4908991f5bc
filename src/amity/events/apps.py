"""Registrations of room `events`."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "amity.events"
    label = "events"
    default_auto_field = "django.db.models.BigAutoField"
