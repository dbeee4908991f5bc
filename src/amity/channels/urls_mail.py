"""URLs of mailboxes."""

from django.urls import path

from amity.channels import pages_mail

urlpatterns = [
    path("settings/channels/mail", pages_mail.mailboxes, name="settings_mailboxes"),
    path("settings/channels/mail/<uuid:account_id>", pages_mail.one, name="settings_mailbox"),
    path("settings/channels/mail/<uuid:account_id>/reading", pages_mail.read_now, name="settings_mailbox_read"),
    path("settings/channels/mail/<uuid:account_id>/mails", pages_mail.take, name="settings_mailbox_take"),
]
