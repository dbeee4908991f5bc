"""URLs of channels' accounts, and the addresses that providers call."""

from django.urls import path

from amity.channels import hooks

urlpatterns = [
    path("hooks/<str:kind>/<str:key>", hooks.provider, name="provider_hook"),
]
