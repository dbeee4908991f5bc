"""Settings of web chat, and the public pages that come with it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from amity.access.tests.staffing import hire
from amity.base.models import UndoStep
from amity.channels import api as channels
from amity.channels.models import Account

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_settings_of_a_chat_show_the_line_to_embed_and_can_be_undone() -> None:
    admin_browser = Client()
    admin_browser.force_login(hire("Mia", "manager"))
    made = admin_browser.post(reverse("settings_chats"), {"name": "Shop"})
    account = Account.objects.get(kind="chat")
    assert made.url == reverse("settings_chat", args=[account.pk])
    page = admin_browser.get(made.url).content.decode()
    assert f"data-chat=&quot;{account.public_key}&quot;" in page
    told = {"name": "Shop", "enabled": "on", "origins": "shop.example\nhttp://localhost:8080/x", "greeting_de": "Hallo"}
    assert admin_browser.post(made.url, told | {"colour": "red"}).status_code == 422
    assert admin_browser.post(made.url, told).status_code == 302
    found = channels.chat.chat(account.public_key)
    assert found.origins == {"https://shop.example", "http://localhost:8080"}
    assert found.greeting == {"de": "Hallo"}
    admin_browser.post(reverse("undo", args=[UndoStep.objects.get().group_id]))
    assert channels.chat.chat(account.public_key).origins == frozenset()
    admin_browser.post(reverse("settings_chat_secret", args=[account.pk]))
    assert len(channels.chat.chat(account.public_key).secret) == 64
    assert "Shop" in admin_browser.get(reverse("settings_chats")).content.decode()
    tried = Client().get(reverse("chat_try", args=[account.public_key]))
    assert f'data-chat="{account.public_key}"' in tried.content.decode()
    assert Client().get(reverse("chat_widget")).url.startswith("/static/dist/widget.js")
