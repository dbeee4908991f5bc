"""URLs of room `events`."""

from django.urls import path

from amity.events import hooks_http, pages, pages_sources

_SOURCE = "settings/sources/<uuid:source_id>"
_ONE = "settings/webhooks/<uuid:endpoint_id>"
urlpatterns = [
    path("v1/hooks/<str:token>", hooks_http.receive, name="hook_door"),
    path("settings/sources", pages_sources.source_list, name="settings_sources"),
    path(_SOURCE, pages_sources.source, name="settings_source"),
    path(f"{_SOURCE}/live", pages_sources.live, name="settings_source_live"),
    path(f"{_SOURCE}/limits", pages_sources.change, name="settings_source_settings"),
    path(f"{_SOURCE}/activity", pages_sources.activity, name="settings_source_activity"),
    path(f"{_SOURCE}/key", pages_sources.key, name="settings_source_key"),
    path(f"{_SOURCE}/rejects", pages_sources.rejects, name="settings_source_rejects"),
    path(f"{_SOURCE}/replays", pages_sources.replay_all, name="settings_source_replay_all"),
    path(f"{_SOURCE}/rejects/<uuid:reject_id>/replay", pages_sources.replay, name="settings_source_replay"),
    path("settings/webhooks", pages.endpoint_list, name="settings_webhooks"),
    path(_ONE, pages.endpoint, name="settings_webhook"),
    path(f"{_ONE}/activity", pages.change, name="settings_webhook_activity"),
    path(f"{_ONE}/deletion", pages.deletion, name="settings_webhook_deletion"),
    path(f"{_ONE}/test", pages.test, name="settings_webhook_test"),
    path(f"{_ONE}/deliveries/<uuid:delivery_id>/replay", pages.replay, name="settings_webhook_replay"),
]
