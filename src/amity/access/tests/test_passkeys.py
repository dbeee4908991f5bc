"""A passkey in a real browser: added, then used instead of the password, under the strict content policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.urls import reverse

from amity.access.tests.staffing import PASSWORD, hire

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, browser: Any) -> Iterator[Any]:
    """A page of Chromium with a virtual authenticator that says yes."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)  # the live server keeps no connection
    context = browser.new_context()
    page = context.new_page()
    authenticator = context.new_cdp_session(page)
    authenticator.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    authenticator.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield page
    connections.close_all()  # those that were opened beside the loop
    context.close()


def test_a_passkey_is_added_and_signs_in(page: Any, live_server: Any) -> None:
    ada, refused = hire("Ada"), []
    page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
    page.goto(live_server.url + reverse("account_login"))
    page.fill("input[name=login]", "ada@example.com")
    page.fill("input[name=password]", PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(re.compile(r":\d+/$"))
    page.goto(live_server.url + reverse("mfa_add_webauthn"))
    page.fill("input[name=password]", PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.locator("#id_passwordless").check()
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url(re.compile(r"(webauthn/|recovery-codes/)$"))
    assert ada.authenticator_set.filter(type="webauthn").count() == 1
    page.context.clear_cookies()
    page.goto(live_server.url + reverse("account_login"))
    page.locator("#passkey_login").click()
    page.wait_for_url(re.compile(r":\d+/$"))
    page.goto(live_server.url + reverse("settings"))
    assert page.locator("input[name=name]").input_value() == "Ada"
    assert refused == []
