"""Registrations of room `intelligence`."""

from django.apps import AppConfig


class IntelligenceConfig(AppConfig):
    name = "amity.intelligence"
    label = "intelligence"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from amity.intelligence import training
        from amity.intelligence.leads import Leads

        training.register(Leads())
