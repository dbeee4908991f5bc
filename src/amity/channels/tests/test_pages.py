"""Settings → Outgoing as an administrator sees it; and letters to staff."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client

from amity.access import api as access
from amity.access.tests.staffing import hire
from amity.channels import api as channels
from amity.channels import sending
from amity.channels.models import Outgoing, SendRule, Suppression
from amity.channels.staff_mail import Backend, deliver
from amity.channels.tests.kit import home
from amity.engines.tests.smtp_sink import Sink
from amity.people import api as people

__all__ = ["home"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]
WHO = access.SYSTEM


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(hire("Ada"))
    return client


def propose(pk: UUID | None, **values: Any) -> channels.Outcome:
    told: dict[str, Any] = {"channel": "email", "purpose": "service", "subject": "Your order", "body": "It is <here>."}
    return channels.propose(
        WHO, channels.Message(key=str(len(Outgoing.objects.all())), person_id=pk, **(told | values))
    )


def test_the_outbox_tells_what_went_out_and_why_not(admin: Client) -> None:
    empty = admin.get("/settings/outgoing/").content.decode()
    assert "Nothing went out yet" in empty and "letters stay on this machine" in empty
    pk = people.create_person(WHO, {"given_name": "Anna", "email": "anna@example.com"})
    propose(pk)
    refused = propose(pk, purpose="newsletter")
    shown = admin.get("/settings/outgoing/").content.decode()
    assert "Anna" in shown and "They have not agreed" in shown
    part = admin.get("/settings/outgoing/?state=sent", headers={"HX-Request": "true"}).content.decode()
    assert "Nothing matches" in part and "<html" not in part
    one = admin.get(f"/settings/outgoing/{refused.id}").content.decode()
    assert "It is &lt;here&gt;." in one and "Try again" in one
    assert admin.post(f"/settings/outgoing/{refused.id}/again").status_code == 302
    sending.send_due()
    assert set(Outgoing.objects.values_list("state", "reason")) == {("sent", ""), ("refused", "no_consent")}
    Outgoing.objects.filter(pk=refused.id).update(state="unknown", reason="interrupted")
    assert "does not know whether it was sent" in admin.get(f"/settings/outgoing/{refused.id}").content.decode()


def test_addresses_are_blocked_and_allowed(admin: Client) -> None:
    assert "No address is blocked" in admin.get("/settings/outgoing/blocked").content.decode()
    told = {"kind": "email", "address": "Anna@example.com", "note": "asked on the phone"}
    assert admin.post("/settings/outgoing/blocked", told).status_code == 302
    assert "no address" in admin.post("/settings/outgoing/blocked", told | {"address": "x"}).content.decode()
    assert "anna@example.com" in admin.get("/settings/outgoing/blocked").content.decode()
    row = Suppression.objects.get()
    assert admin.post(f"/settings/outgoing/blocked/{row.pk}/lift").status_code == 302
    assert admin.post(f"/settings/outgoing/blocked/{row.pk}/lift").status_code == 404


def test_caps_and_quiet_hours_are_set(admin: Client) -> None:
    assert "21:00" in admin.get("/settings/outgoing/rules").content.decode()
    told = {"channel": "email", "most": "5", "days": "30", "quiet_from": "", "quiet_to": ""}
    assert admin.post("/settings/outgoing/rules", told).status_code == 302
    assert SendRule.objects.values_list("most", "days", "quiet_from").get() == (5, 30, None)
    for bad in ({"quiet_from": "21:00"}, {"most": "many"}, {"channel": "pigeon"}, {"days": "0"}):
        assert admin.post("/settings/outgoing/rules", told | bad).status_code == 422


def test_an_invitation_is_mailed_once_there_is_a_server(admin: Client, settings: Any) -> None:
    told = {"name": "Bob", "email": "bob@example.com", "role": "agent", "scope": "own"}
    assert "Send this link over a channel you trust" in admin.post("/settings/staff/new", told).content.decode()
    with Sink() as sink:
        settings.CONFIG = replace(settings.CONFIG, mail_url=f"{sink.url}?tls=no")
        shown = admin.post("/settings/staff/new", told | {"email": "eve@example.com"}).content.decode()
        assert "on its way to eve@example.com" in shown
        sending.send_due()
        found = next(each for each in sink.mails if each.to == "eve@example.com")
    assert "/in/" in found.content.decode().replace("=\r\n", "")
    row = Outgoing.objects.get(address="eve@example.com")
    assert (row.state, row.body) == ("sent", "")
    assert "Not shown" in admin.get(f"/settings/outgoing/{row.pk}").content.decode()


def test_mail_that_django_writes_goes_through_the_gate(settings: Any) -> None:
    sent = Backend().send_messages([EmailMessage("Hello {name}", "Link {x}", to=["a@example.com", "no address"])])
    assert sent == 1
    assert Outgoing.objects.get(state="queued").subject == "Hello (name)"
    channels.suppress(WHO, "email", "a@example.com", "manual")
    assert Backend().send_messages([EmailMessage("Hello", "Link", to=["a@example.com"])]) == 0
    assert not deliver(access.Invitation(UUID(int=1), "Ann", "x@example.com", "pl", "https://crm.example/in/1"))


def test_a_forgotten_password_is_mailed_to_staff_only(settings: Any) -> None:
    settings.EMAIL_BACKEND = "amity.channels.staff_mail.Backend"
    hire("Carl")
    for address in ("carl@example.com", "stranger@example.com"):
        assert Client().post("/account/password/reset/", {"email": address}).status_code == 302
    assert list(Outgoing.objects.values_list("address", "template")) == [("carl@example.com", "password")]
    assert not getattr(mail, "outbox", [])
