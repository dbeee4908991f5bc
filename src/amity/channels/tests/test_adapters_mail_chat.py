"""What of the adapters' contract mail and web chat share: in once, kept whole where it can be read or not, threaded."""

from __future__ import annotations

import pytest

from amity.access.permissions import SYSTEM
from amity.channels import api as channels
from amity.channels import chat_settings, mail_account
from amity.channels.models import Attachment, Received
from amity.channels.tests.kit import home

__all__ = ["home"]
pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("home")]
MAIL = (
    b"From: Anna Nowak <anna@example.com>\r\nMessage-ID: <%d@x>\r\nSubject: Order\r\n%s"
    b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
    b'Where? 4111 1111 1111 1111\r\n--b\r\nContent-Disposition: attachment; filename="a.pdf"\r\n\r\n'
    b"%%PDF-1.4 x\r\n--b--\r\n"
)


def test_mail_comes_in_once_with_its_files_and_finds_its_thread() -> None:
    pk = mail_account.create(SYSTEM, "Help", "help@shop.example")
    taken = [channels.take_mail(pk, MAIL % (1, b"")) for _n in range(3)]
    assert [each.new for each in taken] == [True, False, False] and len({each.id for each in taken}) == 1
    row = Received.objects.get()
    assert row.text == "Where? •••• •••• •••• 1111" and Attachment.objects.get().received_id == row.pk
    answer = channels.take_mail(pk, MAIL % (2, b"In-Reply-To: <1@x>\r\n"))
    assert answer.new and answer.conversation_id == row.conversation_id


def test_chat_takes_the_same_id_once_and_goes_on_in_the_same_talk() -> None:
    chat_settings.create(SYSTEM, "Site")
    key = chat_settings.chats(SYSTEM)[0].key
    about = channels.chat.open_session(channels.chat.chat(key), channels.chat.Opening(name="Anna")).visitor
    taken = [channels.chat.say(about, "message-1", "Card 4111 1111 1111 1111") for _n in range(2)]
    assert [each.new for each in taken] == [True, False]
    assert Received.objects.get().text == "Card •••• •••• •••• 1111"
    assert channels.chat.say(about, "message-2", "Hello?").conversation_id == taken[0].conversation_id
