"""URLs of room `events`."""

from django.urls import path

from amity.events import hooks_http, pages, pages_connectors, pages_destinations, pages_doors, pages_sources

_SOURCE = "settings/sources/<uuid:source_id>"
_ONE = "settings/webhooks/<uuid:endpoint_id>"
_HOOK = "settings/hooks/<uuid:source_id>"
_CONNECTOR = "settings/connectors/<uuid:source_id>"
_DESTINATION = "settings/destinations/<uuid:destination_id>"
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
    path(f"{_SOURCE}/mapping", pages_doors.mapping, name="settings_mapping"),
    path(f"{_SOURCE}/mapping/end", pages_doors.mapping_stop, name="settings_mapping_stop"),
    path("settings/hooks/new", pages_doors.hook_new, name="settings_hook_new"),
    path(_HOOK, pages_doors.hook, name="settings_hook"),
    path(f"{_HOOK}/address", pages_doors.hook_address, name="settings_hook_address"),
    path(f"{_HOOK}/samples", pages_doors.hook_samples, name="settings_hook_samples"),
    path(f"{_HOOK}/replays", pages_doors.hook_replays, name="settings_hook_replays"),
    path("settings/connectors/new", pages_connectors.connector_new, name="settings_connector_new"),
    path(_CONNECTOR, pages_connectors.connector, name="settings_connector"),
    path(f"{_CONNECTOR}/settings", pages_connectors.connector_settings, name="settings_connector_settings"),
    path(f"{_CONNECTOR}/activity", pages_connectors.connector_activity, name="settings_connector_activity"),
    path(f"{_CONNECTOR}/runs", pages_connectors.connector_runs, name="settings_connector_runs"),
    path("settings/destinations", pages_destinations.destination_list, name="settings_destinations"),
    path("settings/destinations/new", pages_destinations.destination_new, name="settings_destination_new"),
    path(_DESTINATION, pages_destinations.destination, name="settings_destination"),
    path(f"{_DESTINATION}/activity", pages_destinations.destination_activity, name="settings_destination_activity"),
    path(f"{_DESTINATION}/deletion", pages_destinations.destination_deletion, name="settings_destination_deletion"),
    path("settings/webhooks", pages.endpoint_list, name="settings_webhooks"),
    path(_ONE, pages.endpoint, name="settings_webhook"),
    path(f"{_ONE}/activity", pages.change, name="settings_webhook_activity"),
    path(f"{_ONE}/deletion", pages.deletion, name="settings_webhook_deletion"),
    path(f"{_ONE}/test", pages.test, name="settings_webhook_test"),
    path(f"{_ONE}/deliveries/<uuid:delivery_id>/replay", pages.replay, name="settings_webhook_replay"),
]
