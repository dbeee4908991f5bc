"""The pages of the doors: a payload becomes a live mapping by clicking, a connector runs, a destination is watched."""

from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from amity.access.permissions import SYSTEM
from amity.access.tests.staffing import hire
from amity.events import connectors, destinations, hooks, mappings
from amity.events.models import Connector, Destination, Hook, HookPayload, Source, SourceMapping, WebhookEndpoint
from amity.events.tests.payloads import SHOP
from amity.events.tests.test_connectors import drain, landed

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client) -> Client:
    client.force_login(hire("Ada"))
    return client


def form_of(html: str) -> dict[str, str]:
    """What a browser would post of the mapping form: every named field with its value."""
    from html.parser import HTMLParser

    class Fields(HTMLParser):
        inside, select, found = False, "", {}

        def handle_starttag(self, tag: str, attrs: Any) -> None:
            told = dict(attrs)
            if tag == "form":
                self.inside = told.get("id") == "mapping"
            elif self.inside and tag == "input" and told.get("name"):
                self.found[told["name"]] = told.get("value") or ""
            elif self.inside and tag == "select":
                self.select = told["name"]
            elif self.inside and tag == "option" and self.select and "selected" in told:
                self.found[self.select] = told["value"]

        def handle_endtag(self, tag: str) -> None:
            self.select = "" if tag == "select" else self.select

    reader = Fields()
    reader.found = {}
    reader.feed(html)
    return reader.found


@pytest.mark.slow
def test_from_an_address_to_a_live_mapping(page: Client) -> None:
    made = page.post(reverse("settings_hook_new"), {"name": "Shop"})
    hook_url = made.headers["Location"]
    shown = page.get(hook_url)
    assert "Nothing came yet" in shown.text
    address = hooks.ensure(SYSTEM, Source.objects.get().pk).path
    assert address in shown.text
    sender = Client(headers={"X-Shopify-Topic": "orders/paid"})
    sender.post(address, json.dumps(SHOP.body), content_type="application/json")
    editor = reverse("settings_mapping", args=[Source.objects.get().pk])
    shown = page.get(editor)
    assert 'data-pick="$.customer.id"' in shown.text
    assert "Order orders/paid" in shown.text  # the shape is recognised, the trial shows its events
    form = form_of(shown.text)
    assert form["r0.user_id"] == "$.customer.id"
    added = page.post(editor, form | {"do": "add"})
    assert 'name="r3.kind"' in added.text
    removed = page.post(editor, form_of(added.text) | {"do": "remove:3"})
    assert 'name="r3.kind"' not in removed.text
    assert page.post(editor, form | {"do": "save"}).status_code == 302
    assert SourceMapping.objects.get().live is None
    assert page.post(editor, form | {"do": "live"}).status_code == 302
    sender.post(address, json.dumps(SHOP.body | {"id": 821}), content_type="application/json")
    assert HookPayload.objects.filter(state="mapped").count() == 1
    assert "The draft differs" not in page.get(editor).text
    page.post(reverse("settings_hook_replays", args=[Source.objects.get().pk]), {"state": "kept"})
    assert HookPayload.objects.filter(state="mapped").count() == 2
    assert 'id="payloads"' in page.get(hook_url, {"state": "mapped"}, headers={"HX-Request": "true"}).text
    page.post(reverse("settings_mapping_stop", args=[Source.objects.get().pk]))
    assert SourceMapping.objects.get().live is None


def test_what_is_wrong_with_a_rule_is_said_and_nothing_typed_is_lost(page: Client) -> None:
    view = hooks.create(SYSTEM, "Shop")
    editor = reverse("settings_mapping", args=[view.source_id])
    assert "No payload came yet" in page.get(editor).text
    page.post(reverse("settings_hook_samples", args=[view.source_id]), {"body": '{"type": "x", "user": 7}'})
    form = {"r0.key": "a", "r0.kind": "track", "r0.event": "$.type", "r0.user_id": "$..", "do": "live"}
    refused = page.post(editor, form)
    assert refused.status_code == 422
    assert "is not a path" in refused.text
    assert 'value="$.."' in refused.text
    assert not SourceMapping.objects.exists()
    tried = page.post(editor, form | {"r0.user_id": "$.nobody", "do": "try"})
    assert "names nobody" in tried.text
    preset = page.post(editor, form | {"do": "preset:payments"})
    assert "$.data.object.customer" in preset.text
    bad = page.post(reverse("settings_hook_samples", args=[view.source_id]), {"body": "{"}, follow=True)
    assert "not valid JSON" in bad.text


def test_signature_and_address(page: Client) -> None:
    view = hooks.create(SYSTEM, "Shop")
    url = reverse("settings_hook", args=[view.source_id])
    assert "Give the secret" in page.post(url, {"header": "X-Signature", "secret": ""}).text
    assert page.post(url, {"header": "X-Signature", "secret": "s"}).status_code == 302
    assert "x-signature" in page.get(url).text
    page.post(reverse("settings_hook_address", args=[view.source_id]))
    assert hooks.ensure(SYSTEM, view.source_id).path != view.path


def test_the_list_of_sources_leads_to_each_kind_of_page(page: Client, tmp_path: Path) -> None:
    view = hooks.create(SYSTEM, "Shop")
    assert "Shop" in page.get(reverse("settings_sources")).text
    url = reverse("settings_source", args=[view.source_id])
    assert page.get(url).headers["Location"] == reverse("settings_hook", args=[view.source_id])


@pytest.mark.slow
def test_a_connector_from_form_to_run(page: Client, tmp_path: Path, settings: Any) -> None:
    settings.CONFIG = replace(settings.CONFIG, connector_folders=(str(tmp_path),))
    (tmp_path / "k.csv").write_text("id;name\n1;Ann\n", "utf-8")
    os.utime(tmp_path / "k.csv", (time.time() - 60,) * 2)
    new = reverse("settings_connector_new")
    assert "Folder of files" in page.get(new).text
    form = {"name": "Files", "folder": "/etc", "pattern": "*.csv", "every_minutes": "10", "cron": ""}
    assert "may not be used" in page.post(f"{new}?kind=folder", form).text
    made = page.post(f"{new}?kind=folder", form | {"folder": str(tmp_path)})
    editor = made.headers["Location"]
    shown = page.get(editor)
    assert "Ann" in shown.text
    source_id = Connector.objects.get().source_id
    not_yet = page.post(reverse("settings_connector_runs", args=[source_id]), follow=True)
    assert "Take the mapping live first" in not_yet.text
    assert "Say what the rows mean" in page.get(reverse("settings_connector", args=[source_id])).text
    assert page.post(editor, form_of(shown.text) | {"do": "live"}).status_code == 302
    page.post(reverse("settings_connector_runs", args=[source_id]))
    part = page.get(reverse("settings_connector", args=[source_id]), headers={"HX-Request": "true"})
    assert "every 2s" in part.text
    drain()
    assert len(landed()) == 1
    shown = page.get(reverse("settings_connector", args=[source_id]))
    assert "k.csv" in shown.text
    page.post(reverse("settings_connector_activity", args=[source_id]), {"active": "on"})
    assert connectors.get(SYSTEM, source_id).active
    page.post(reverse("settings_connector_runs", args=[source_id]), {"over": "1"})
    settings_url = reverse("settings_connector_settings", args=[source_id])
    assert str(tmp_path) in page.get(settings_url).text
    changed = page.post(settings_url, form | {"folder": str(tmp_path), "cron": "0 6 * * *"})
    assert (changed.status_code, Connector.objects.get().cron) == (302, "0 6 * * *")
    assert page.post(settings_url, form | {"folder": str(tmp_path), "cron": "x"}).status_code == 422


@pytest.mark.parametrize("kind", ["postgres", "mysql", "rest"])
@pytest.mark.slow
def test_the_forms_of_the_other_kinds(page: Client, kind: str) -> None:
    url = f"{reverse('settings_connector_new')}?kind={kind}"
    assert page.get(url).status_code == 200
    sql = {
        "host": "db.example.com",
        "database": "d",
        "user": "u",
        "secret": "p",
        "tls": "verify",
        "table": "t",
        "cursor": "c",
        "key": "k",
        "look_back": "60",
    }
    rest = {
        "url": "https://api.example.com/x",
        "items": "$.data",
        "paging": "page",
        "parameter": "p",
        "first_page": "1",
    }
    form = {"name": "X", "every_minutes": "5", **(rest if kind == "rest" else sql)}
    assert page.post(url, form).status_code == 302
    assert Connector.objects.get().kind == kind


def test_destinations_from_form_to_deletion(page: Client, settings: Any, tmp_path: Path) -> None:
    settings.CONFIG = replace(settings.CONFIG, home=tmp_path)
    listing = reverse("settings_destinations")
    assert "No destinations yet" in page.get(listing).text
    new = reverse("settings_destination_new")
    files = {
        "name": "Warehouse",
        "folder": "wh",
        "max_rows": "10",
        "every_minutes": "5",
        "gzip": "on",
        "events": "Order *, Cart *",
        "start": "now",
    }
    assert "may not be used" in page.post(f"{new}?kind=files", files | {"folder": "/etc"}).text
    one = page.post(f"{new}?kind=files", files).headers["Location"]
    kafka = {
        "name": "Bus",
        "brokers": "b:9092",
        "topic": "t",
        "start": "beginning",
        "secret": "sasl.password=geheim",
        "events": "",
    }
    page.post(f"{new}?kind=kafka", kafka)
    assert "geheim" not in str(Destination.objects.values())
    WebhookEndpoint.objects.create(url="https://example.com/x", secret="x", topics=["event.Order *"])
    shown = page.get(listing).text
    assert all(word in shown for word in ("Warehouse", "Bus", "https://example.com/x", "event.Order *"))
    assert "Order *, Cart *" in page.get(one).text
    assert page.post(one, files | {"max_rows": "20", "gzip": ""}).status_code == 302
    assert Destination.objects.get(kind="files").settings == {
        "folder": "wh",
        "max_rows": 20,
        "every_minutes": 5,
        "gzip": False,
    }
    assert page.post(one, files | {"name": ""}).status_code == 422
    page.post(f"{one}/activity")
    assert [view.state for view in destinations.destinations(SYSTEM)] == ["on", "off"]
    page.post(f"{one}/deletion")
    assert Destination.objects.count() == 1


def test_the_webhook_form_takes_names_of_events(page: Client, settings: Any) -> None:
    page.post(
        reverse("settings_webhooks"),
        {"url": "https://example.com/x", "topics": ["deal.created"], "events": "Order *, Cart Viewed"},
    )
    assert WebhookEndpoint.objects.get().topics == ["deal.created", "event.Cart Viewed", "event.Order *"]


def test_who_may_not_sees_nothing_of_it(client: Client) -> None:
    view = hooks.create(SYSTEM, "Shop")
    client.force_login(hire("Gus", "agent"))
    for name, args in (
        ("settings_hook", [view.source_id]),
        ("settings_mapping", [view.source_id]),
        ("settings_destinations", []),
    ):
        assert client.get(reverse(name, args=args)).status_code == 403
    assert client.post(reverse("settings_hook_address", args=[view.source_id])).status_code == 403
    assert Hook.objects.get().source_id == view.source_id
    assert mappings.get(SYSTEM, view.source_id).live is None
