"""Registering the adapters and their ways out."""

from __future__ import annotations

from functools import partial

from amity.channels import carriers
from amity.channels.adapters import register_adapter
from amity.channels.adapters_carrier import ProviderCarrier
from amity.channels.sms import SmsAdapter
from amity.channels.telegram import TelegramAdapter
from amity.channels.webhook import WebhookAdapter
from amity.channels.whatsapp import WhatsAppAdapter


def register() -> None:
    """Called when Django starts."""
    for each in (TelegramAdapter(), WhatsAppAdapter(), SmsAdapter(), WebhookAdapter()):
        register_adapter(each)
        carriers.register_carrier(each.kind, partial(ProviderCarrier, each.kind))
