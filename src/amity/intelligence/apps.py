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
        from amity.intelligence.churn import Churn

        training.register(Churn())
        from amity.base import undo
        from amity.intelligence import life

        undo.register(life.MOVED, undo.Handler(None, life.put_back))
        undo.register(life.POLICY, undo.Handler(None, life.put_policy_back))
        from amity.intelligence import behaviour_following

        behaviour_following.register()
