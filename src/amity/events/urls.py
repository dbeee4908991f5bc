"""URLs of room `events`."""

from django.urls import path

from amity.events import hooks_http, pages

_ONE = "settings/webhooks/<uuid:endpoint_id>"
urlpatterns = [
    path("v1/hooks/<str:token>", hooks_http.receive, name="hook_door"),
    path("settings/webhooks", pages.endpoint_list, name="settings_webhooks"),
    path(_ONE, pages.endpoint, name="settings_webhook"),
    path(f"{_ONE}/activity", pages.change, name="settings_webhook_activity"),
    path(f"{_ONE}/deletion", pages.deletion, name="settings_webhook_deletion"),
    path(f"{_ONE}/test", pages.test, name="settings_webhook_test"),
    path(f"{_ONE}/deliveries/<uuid:delivery_id>/replay", pages.replay, name="settings_webhook_replay"),
]
