"""Registrations of room `assistant`."""

from django.apps import AppConfig


class AssistantConfig(AppConfig):
    name = "amity.assistant"
    label = "assistant"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from amity.assistant import bot, versions
        from amity.desk import api as desk
        from amity.people import api as people

        desk.listen("bot", bot.heard)
        versions.register()
        for name, table in (("dialogue", "assistant_dialogue"), ("proof", "assistant_proof")):
            people.register_holder(people.Holder(name, table))
