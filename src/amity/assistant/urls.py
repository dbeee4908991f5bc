"""Addresses of room `assistant`."""

from django.urls import include, path

from amity.assistant import pages

urlpatterns = [
    path("bot/", pages.index, name="bot"),
    path("", include("amity.assistant.urls_flow")),
    path("bot/flows/<slug:flow_key>/", pages.flow, name="bot_flow"),
    path("bot/wording/", pages.wording, name="bot_wording"),
    path("bot/test/", pages.test, name="bot_test"),
    path("bot/publish/", pages.publish, name="bot_publish"),
    path("bot/discard/", pages.discard, name="bot_discard"),
    path("bot/versions/<int:number>/", pages.restore, name="bot_restore"),
]
