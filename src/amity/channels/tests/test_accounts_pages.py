"""Settings → Channels: accounts of every channel in one list, made, tried, switched and undone; secrets stay secret."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from amity.access.permissions import SYSTEM
from amity.access.tests.staffing import hire
from amity.base import undo
from amity.channels import adapters_accounts, chat_settings, mail_account, telegram_polling
from amity.channels.models import Account, Received
from amity.channels.tests.kit import home
from amity.channels.tests.provider_kit import TelegramProvider, providers
from amity.channels.tests.provider_server import Server, provider_server

__all__ = ["home"]
pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("home")]


@pytest.fixture
def server(settings: Any, home: Any) -> Iterator[Server]:
    settings.CONFIG = replace(settings.CONFIG, webhook_allow_private=True)
    with provider_server() as opened:
        yield opened


@pytest.fixture
def max_(client: Client) -> Client:
    client.force_login(hire("Max", "manager"))
    return client


def test_accounts_of_every_channel_stand_in_one_list(max_: Client) -> None:
    url = reverse("settings_channels")
    assert b"No channel yet" in max_.get(url).content
    mail_account.create(SYSTEM, "Help", "help@shop.example")
    chat_settings.create(SYSTEM, "Site")
    assert max_.post(url, {"kind": "telegram", "name": " "}).status_code == 422
    assert max_.post(url, {"kind": "phone", "name": "x"}).status_code == 422
    assert max_.post(url, {"kind": "telegram", "name": "Bot"}).status_code == 302
    page = max_.get(url).content.decode()
    bot = Account.objects.get(kind="telegram")
    assert all(name in page for name in ("Help", "Site", "Bot", "Local outbox", "Never tried"))
    assert reverse("settings_account", args=[bot.pk]) in page


@pytest.mark.parametrize("provider", providers(), ids=lambda each: each.kind)
def test_an_account_is_filled_in_and_tried(max_: Client, server: Server, provider: Any) -> None:
    pk = adapters_accounts.create(SYSTEM, provider.kind, "Ours")
    url, test = reverse("settings_account", args=[pk]), reverse("settings_account_test", args=[pk])
    max_.post(test)
    assert Account.objects.get().checked_at is None  # nothing to try yet
    told = {name: str(value).replace("URL", server.url) for name, value in provider.settings.items()}
    secrets = {name: value for name, value in provider.secrets.items() if name != "hook"}
    assert max_.post(url, {"name": "", **told, **secrets}).status_code == 422
    assert max_.post(url, {"name": "Ours", "enabled": "on", **told, **secrets}).status_code == 302
    assert max_.post(url, {"name": "Mine", "enabled": "on", **told}).status_code == 302  # secrets stay
    page = max_.get(url).content.decode()
    assert "Mine" in page and f"/hooks/{provider.kind}/" in page and not any(each in page for each in secrets.values())
    max_.post(test)
    row = Account.objects.get()
    assert (row.state, row.detail) == ("ok", "") and not any(each in row.secret for each in secrets.values())
    server.shutdown()
    server.server_close()
    max_.post(test)
    row.refresh_from_db()
    assert row.state == "failing" and row.detail and b"Failing" in max_.get(reverse("settings_channels")).content


def test_switching_off_is_undone(max_: Client) -> None:
    pk = adapters_accounts.create(SYSTEM, "sms", "Texts")
    assert max_.post(reverse("settings_account_switch", args=[pk])).status_code == 302
    assert not Account.objects.get().enabled and b"Off" in max_.get(reverse("settings_channels")).content
    group = adapters_accounts.change(SYSTEM, pk, {"enabled": True})
    undo.put_back(SYSTEM, group)
    assert not Account.objects.get().enabled


def test_undoing_a_change_leaves_alone_what_others_changed_since() -> None:
    pk = mail_account.create(SYSTEM, "Shop", "shop@shop.example")
    first = mail_account.change(SYSTEM, pk, {"name": "Sales", "host": "imap.shop.example", "folder": "Sales"})
    mail_account.change(SYSTEM, pk, {"folder": "Orders", "sender_name": "Ann"})
    Account.objects.update(mark={"uid": 7})
    undo.put_back(SYSTEM, first)
    row = Account.objects.get()
    assert row.name == "Shop" and "host" not in row.settings
    assert (row.settings["folder"], row.settings["sender_name"]) == ("Orders", "Ann")
    assert row.mark == {}  # its server is another one again


def test_bad_settings_are_told(max_: Client) -> None:
    pk = adapters_accounts.create(SYSTEM, "whatsapp", "Shop")
    url = reverse("settings_account", args=[pk])
    for bad in ({"templates": "one twofold three"}, {"api_url": "ftp://x"}):
        assert max_.post(url, {"name": "Shop", **bad}).status_code == 422
    assert max_.post(url, {"name": "Shop", "templates": "order_update en\n"}).status_code == 302
    assert Account.objects.get().settings == {"templates": {"order_update": "en"}}
    assert b"order_update en" in max_.get(url).content
    hook = adapters_accounts.create(SYSTEM, "webhook", "Program")
    assert max_.post(reverse("settings_account", args=[hook]), {"name": "P", "secret": "short"}).status_code == 422


def test_a_bot_without_public_address_is_asked_for_its_updates(server: Server) -> None:
    bot = next(each for each in providers() if isinstance(each, TelegramProvider))
    account = bot.install(server.url)
    texts = {5: "Hello", 6: "Is anybody there?"}
    server.updates = [{"update_id": n, "message": bot.message({"id": n, "text": text})} for n, text in texts.items()]
    group = bot.message({"id": 9, "text": "In a group"})
    group["chat"] = {"id": -5, "type": "group", "title": "Team"}
    server.updates.append({"update_id": 7, "message": group})
    assert (telegram_polling.read_all(), telegram_polling.read_all()) == (2, 0)
    assert list(Received.objects.order_by("received_at").values_list("text", flat=True)) == list(texts.values())
    account.refresh_from_db()
    assert (account.mark, account.state) == ({"offset": 8}, "ok")
