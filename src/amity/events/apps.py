"""Registrations of room `events`."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "amity.events"
    label = "events"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from amity.base import live

        live.register("source", lambda principal, ids: set(ids) if principal.may("webhooks.manage") else set())
        from amity.events import webhook_events

        webhook_events.register()
