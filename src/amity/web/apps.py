"""Registrations of room `web`."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "amity.web"
    label = "web"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from amity.base import live
        from amity.web import desk_links, desk_tasks

        desk_links.register()
        desk_tasks.register()
        live.register("job", lambda principal, ids: set(ids) if principal.may("jobs.view") else set())
