"""Mailboxes: set up on a page, read over IMAP without a trace, each message once; mail from files and over the API."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from amity.access import api as access
from amity.access.permissions import SYSTEM
from amity.access.tests.staffing import hire
from amity.base.errors import Refused
from amity.channels import mail_account, mail_account_reading, mail_arriving
from amity.channels.models import Account, Attachment, Received
from amity.channels.tests.kit import home
from amity.engines.tests.imap_server import FOLDER, FOREIGN, PASSWORD, USER, Server, imap_server
from amity.people import api as people

__all__ = ["home"]
pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("home")]


@pytest.fixture
def server() -> Iterator[Server]:
    with imap_server() as opened:
        yield opened


def mailbox(server: Server, **values: Any) -> Account:
    pk = mail_account.create(SYSTEM, "Help", USER)
    mail_account.set_password(SYSTEM, pk, PASSWORD)
    told = {"host": "127.0.0.1", "port": server.port, "security": "none", "user": USER} | values
    mail_account.change(SYSTEM, pk, told)
    return Account.objects.get(pk=pk)


def mail(n: int) -> bytes:
    return f"From: anna@example.com\r\nMessage-ID: <{n}@x>\r\nSubject: S{n}\r\n\r\nText {n}\r\n".encode()


def subjects() -> list[str]:
    return list(Received.objects.order_by("id").values_list("subject", flat=True))


def test_every_message_is_read_once_and_nothing_is_changed_there(server: Server) -> None:
    account = mailbox(server)
    server.mails = {3: mail(3), 5: mail(5)}
    assert (mail_account_reading.read_all(), mail_account_reading.read_all()) == (2, 0)
    server.mails[9] = mail(9)
    assert mail_account_reading.read(account.pk) == 1 and subjects() == ["S3", "S5", "S9"]
    account.refresh_from_db()
    assert (account.state, account.mark) == ("ok", {"validity": 7, "uid": 9})
    server.validity, server.mails = 8, {1: mail(9), 2: mail(10)}  # the server numbers anew
    assert mail_account_reading.read(account.pk) == 1 and subjects() == ["S3", "S5", "S9", "S10"]
    verbs = {command.split()[0] if not command.startswith("UID") else command[:9] for command in server.said}
    assert verbs == {"CAPABILITY", "LOGIN", "EXAMINE", "UID SEARC", "UID FETCH", "LOGOUT"}
    assert all("PEEK" in command for command in server.said if command.startswith("UID FETCH"))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"user": "other@shop.example"}, "sign_in: b'[AUTHENTICATIONFAILED] wrong password'"),
        ({"folder": "Nowhere"}, "folder: [b'no such folder']"),
        ({"port": 1}, "unreachable: ConnectionRefusedError"),
        ({"host": "a..b"}, "unreachable: UnicodeError"),
        ({"security": "tls"}, "certificate: "),
    ],
)
def test_what_goes_wrong_stands_at_the_mailbox(server: Server, values: dict[str, Any], told: str) -> None:
    account = mailbox(server, **values)
    assert mail_account_reading.read_all() == 0
    account.refresh_from_db()
    assert account.state == "failing" and account.detail.startswith(told)
    assert PASSWORD not in account.detail and PASSWORD not in account.secret


def test_what_the_database_cannot_hold_comes_in_as_a_file(server: Server) -> None:
    account = mailbox(server)
    server.mails = {1: mail(1), 2: b"From: a\x00b@c.d\r\nSubject: a\x00b\r\nX-Amity: \x00\r\n\r\n\x00", 3: mail(3)}
    assert mail_account_reading.read(account.pk) == 3
    assert subjects()[0] == "S1" and subjects()[2] == "S3"


def test_a_mail_that_breaks_readers_does_not_stop_those_behind_it(server: Server) -> None:
    account = mailbox(server)
    nested = b"From: a@b.c\r\nSubject: Deep\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 400
    server.mails = {1: nested, 2: b"From: a@b.c\r\nSubject: Round\r\nTo: " + b"(" * 9_000 + b"\r\n\r\nHi", 3: mail(3)}
    assert mail_account_reading.read(account.pk) == 3
    assert subjects() == ["Deep", "Round", "S3"]


def test_passwords_and_folders_have_letters_of_any_language(server: Server) -> None:
    account = mailbox(server, folder=FOLDER)
    mail_account.set_password(access.SYSTEM, account.pk, FOREIGN)
    server.mails = {1: mail(1)}
    assert mail_account_reading.read(account.pk) == 1
    mail_account.set_password(access.SYSTEM, account.pk, f"{FOREIGN}!")
    assert mail_account_reading.read(account.pk) == 0
    account.refresh_from_db()
    assert account.detail.startswith("sign_in: ") and FOREIGN not in account.detail


def test_a_mailbox_is_made_changed_and_undone_on_its_page(client: Client) -> None:
    client.force_login(hire("Max", "manager"))
    page = client.get(reverse("settings_mailboxes"))
    assert b"No mailbox yet" in page.content
    assert client.post(reverse("settings_mailboxes"), {"name": "", "address": "x"}).status_code == 422
    assert (
        client.post(reverse("settings_mailboxes"), {"name": "Help", "address": "Help@Shop.example"}).status_code == 302
    )
    account = Account.objects.get()
    url = reverse("settings_mailbox", args=[account.pk])
    told = {
        "name": "Help", "address": "help@shop.example", "enabled": "on", "host": "imap.shop.example", "port": "993",
        "security": "tls", "folder": "INBOX", "password": "secret", "authserv_ids": "mx.shop.example, mx2",
    }  # fmt: skip
    assert client.post(url, told | {"host": "a b"}).status_code == 422
    assert client.post(url, told).status_code == 302
    account.refresh_from_db()
    assert account.settings["authserv_ids"] == ["mx.shop.example", "mx2"] and account.settings["inbound"] is True
    box = mail_account.box_of(account)
    assert box is not None and (box.password, box.user) == ("secret", "help@shop.example")
    Account.objects.update(state="failing", detail="sign_in: no")
    assert b"sign_in: no" in client.get(url).content and b"secret" not in client.get(url).content
    assert b"help@shop.example" in client.get(reverse("settings_mailboxes")).content


def test_mail_comes_from_files_and_over_the_api(client: Client) -> None:
    max_ = hire("Max", "manager")
    client.force_login(max_)
    pk = mail_account.create(SYSTEM, "Help", USER)
    files = [SimpleUploadedFile("a.eml", mail(1)), SimpleUploadedFile("b.eml", mail(1))]
    assert client.post(reverse("settings_mailbox_take", args=[pk]), {"mails": files}).status_code == 302
    assert client.post(reverse("settings_mailbox_read", args=[pk])).status_code == 302
    assert Received.objects.count() == 1
    body = {"account_id": str(pk), "raw": base64.b64encode(mail(2)).decode()}
    _id, secret = access.create_token(access.principal_of(max_), "t", ["channels:write"])
    asked = Client(headers={"Authorization": f"Bearer {secret}"})
    answers = [asked.post("/v1/mail", body, content_type="application/json").json() for _n in range(2)]
    assert [each["new"] for each in answers] == [True, False] and answers[0]["id"] == answers[1]["id"]
    assert asked.post("/v1/mail", body | {"raw": "no!"}, content_type="application/json").status_code == 422
    assert Received.objects.count() == 2 and not Attachment.objects.exists()


def test_a_mailbox_needs_a_real_address() -> None:
    with pytest.raises(Refused):
        mail_account.create(SYSTEM, "Help", "no address")


def test_what_came_goes_with_whose_it_is_and_is_handed_out_to_them(settings: Any) -> None:
    pk = mail_account.create(SYSTEM, "Help", USER)
    file = b"From: a@example.com\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n%PDF-1.4"
    person_id = Received.objects.get(pk=mail_arriving.take(pk, file).id).person_id
    subject = people.privacy.subject_of(person_id) if person_id else None
    assert subject is not None
    told = people.privacy.exporting.gather(subject)["kept_files"]
    assert [each["name"] for each in told] == ["a.pdf", ".eml"] and base64.b64decode(told[1]["content"]) == file
    people.privacy.erasing.erase(subject, people.privacy.erasing.Why("request", "desk"))
    assert not Received.objects.exists() and not Attachment.objects.exists()
    assert not [path for path in (settings.CONFIG.home / "blobs").rglob("*") if path.is_file()]
