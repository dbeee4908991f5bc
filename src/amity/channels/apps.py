"""Registrations of room `channels`."""

from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "amity.channels"
    label = "channels"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from amity.channels import confirmations
        from amity.people import api as people

        people.consent.on_pending(confirmations.ask)
