"""URLs of room `channels`."""

from django.urls import include, path

from amity.channels import pages

urlpatterns = [
    path("", include("amity.channels.urls_accounts")),
    path("", include("amity.channels.urls_chat")),
    path("", include("amity.channels.urls_mail")),
    path("settings/outgoing/", pages.index, name="settings_outgoing"),
    path("settings/outgoing/blocked", pages.suppression, name="settings_suppression"),
    path("settings/outgoing/blocked/<uuid:suppression_id>/lift", pages.lift, name="settings_suppression_lift"),
    path("settings/outgoing/rules", pages.send_rules, name="settings_send_rules"),
    path("settings/outgoing/<uuid:outgoing_id>", pages.one, name="settings_outgoing_one"),
    path("settings/outgoing/<uuid:outgoing_id>/again", pages.again, name="settings_outgoing_again"),
]
