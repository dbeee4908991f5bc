"""Registrations of room `assistant`."""

from django.apps import AppConfig


class AssistantConfig(AppConfig):
    name = "amity.assistant"
    label = "assistant"
    default_auto_field = "django.db.models.BigAutoField"
