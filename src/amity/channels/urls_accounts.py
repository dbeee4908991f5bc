"""URLs of channels' accounts, and the addresses that providers call."""

from django.urls import path

from amity.channels import hooks, pages_accounts

urlpatterns = [
    path("hooks/<str:kind>/<str:key>", hooks.provider, name="provider_hook"),
    path("settings/channels/", pages_accounts.accounts, name="settings_channels"),
    path("settings/channels/accounts/<uuid:account_id>", pages_accounts.one, name="settings_account"),
    path("settings/channels/accounts/<uuid:account_id>/test", pages_accounts.ask, name="settings_account_test"),
    path("settings/channels/accounts/<uuid:account_id>/switch", pages_accounts.switch, name="settings_account_switch"),
]
