"""Registrations of room `journeys`."""

from django.apps import AppConfig


class JourneysConfig(AppConfig):
    name = "amity.journeys"
    label = "journeys"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from amity.journeys import answers, blockers, decide
        from amity.journeys.leads import Leads
        from amity.people import api as people

        answers.register_undo()
        blockers.register()
        decide.register_source(Leads())
        people.register_holder(people.Holder("decision", "journeys_decision"))
        people.register_holder(people.Holder("action", "journeys_action"))
