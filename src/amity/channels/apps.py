"""Registrations of room `channels`."""

from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "amity.channels"
    label = "channels"
    default_auto_field = "django.db.models.BigAutoField"
