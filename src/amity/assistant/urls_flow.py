"""Addresses of the flow editor."""

from django.urls import path

from amity.assistant import pages_flow

urlpatterns = [
    path("bot/new/", pages_flow.new, name="bot_flow_new"),
    path("bot/flows/<slug:flow_key>/do/", pages_flow.do, name="bot_flow_do"),
    path("bot/flows/<slug:flow_key>/steps/", pages_flow.slot, name="bot_slot_new"),
    path("bot/flows/<slug:flow_key>/steps/<slug:slot_name>/", pages_flow.slot, name="bot_slot"),
    path("bot/flows/<slug:flow_key>/steps/<slug:slot_name>/do/", pages_flow.slot_do, name="bot_slot_do"),
    path("bot/flows/<slug:flow_key>/try/", pages_flow.trial, name="bot_try"),
    path("bot/flows/<slug:flow_key>/tests/", pages_flow.tests, name="bot_flow_tests"),
]
