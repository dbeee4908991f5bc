"""Registrations of room `desk`."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "amity.desk"
    label = "desk"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from amity.channels import api as channels
        from amity.desk import chat, thread
        from amity.desk.arriving import arrive
        from amity.desk.complaints_register import register_complaints
        from amity.desk.inbox_register import register_inbox
        from amity.desk.routing_register import register_routing
        from amity.desk.understanding_register import register_understanding
        from amity.people import api as people

        register_inbox()
        register_understanding()
        register_routing()
        register_complaints()
        channels.register_receiver(arrive)
        thread.listen("chat", chat.heard)
        for name, table in (
            ("conversation", "desk_conversation"), ("message", "desk_message"), ("happening", "desk_happening"),
        ):  # fmt: skip
            people.register_holder(people.Holder(name, table))
