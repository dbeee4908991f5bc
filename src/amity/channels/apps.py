"""Registrations of room `channels`."""

from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "amity.channels"
    label = "channels"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from amity.access import api as access
        from amity.channels import (
            account_changes,
            adapters_register,
            blobs_of_people,
            carriers,
            chat_carrier,
            confirmations,
            mail_carrier,
            staff_mail,
        )
        from amity.people import api as people

        people.consent.on_pending(confirmations.ask)
        access.register_post(staff_mail.deliver)
        account_changes.register()
        carriers.register_carrier("email", mail_carrier.MailCarrier)
        adapters_register.register()
        carriers.register_carrier("chat", chat_carrier.ChatCarrier, inside=True)
        people.privacy.register_store(people.privacy.Stored("mail", blobs_of_people.clean, blobs_of_people.tell))
        people.register_holder(people.Holder("received", "channels_received"))
        people.register_holder(people.Holder("attachment", "channels_attachment"))
        people.register_holder(people.Holder("mail_ref", "channels_mailref"))
        people.register_holder(people.Holder("chat_session", "channels_chatsession"))
