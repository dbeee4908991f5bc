"""Registrations of room `people`."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "amity.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"
