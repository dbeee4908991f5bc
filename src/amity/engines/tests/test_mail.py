"""One contract for both ways out for mail: the folder, and a real SMTP server on this machine."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from amity.engines.mail import Enclosure, FolderEngine, Letter, MailEngine, Receipt, SmtpEngine, mail_engine
from amity.engines.tests.smtp_sink import Sink


def letter(**values: Any) -> Letter:
    told: dict[str, Any] = {
        "id": "0197@crm.example", "sender": "shop@crm.example", "sender_name": "Our shop", "to": "anna@example.com",
        "subject": "Zażółć 你好 — Grüße", "text": "Dear Anna,\n.a line with a dot\nПривет\n",
        "date": datetime(2026, 3, 1, 12, tzinfo=UTC),
    }  # fmt: skip
    return Letter(**(told | values))


class Way:
    """An engine and where its letters are read."""

    def __init__(self, engine: MailEngine, sink: Sink | None, folder: Path) -> None:
        self.engine, self.sink, self.folder = engine, sink, folder

    def send(self, *letters: Letter) -> list[Receipt]:
        with self.engine.session() as session:
            return [session.hand_over(each) for each in letters]

    def read(self) -> list[EmailMessage]:
        if self.sink is not None:
            found = [each.content for each in self.sink.mails]
        else:
            found = [path.read_bytes() for path in sorted(self.folder.rglob("*.eml"))]
        return [message_from_bytes(each, policy=policy.default) for each in found]


@pytest.fixture(params=["folder", "smtp"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:
    if request.param == "folder":
        yield Way(FolderEngine(tmp_path), None, tmp_path)
        return
    with Sink() as sink:
        yield Way(SmtpEngine(f"{sink.url}?tls=no"), sink, tmp_path)


def test_a_letter_arrives_as_it_was_written(way: Way) -> None:
    link = f"<https://crm.example/{'p' * 300}>"
    headers = {"List-Unsubscribe": link, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    (receipt,) = way.send(letter(html="<p>Привет</p>", headers=headers))
    assert receipt.result == "accepted"
    (mail,) = way.read()
    assert (mail["To"], mail["From"], mail["Subject"]) == (
        "anna@example.com", "Our shop <shop@crm.example>", "Zażółć 你好 — Grüße")  # fmt: skip
    assert mail["List-Unsubscribe"] == link
    assert mail["Message-ID"] == "<0197@crm.example>" and mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().replace("\r\n", "\n") == "Dear Anna,\n.a line with a dot\nПривет\n"
    assert (found := mail.get_body(("html",))) is not None and "Привет" in found.get_content()


def test_several_letters_in_one_session(way: Way) -> None:
    receipts = way.send(*[letter(id=f"{n}@crm.example", to=f"p{n}@example.com") for n in range(5)])
    assert [each.result for each in receipts] == ["accepted"] * 5
    assert sorted(mail["To"] for mail in way.read()) == [f"p{n}@example.com" for n in range(5)]


def test_nothing_smuggles_in_headers_or_receivers(way: Way) -> None:
    (receipt,) = way.send(letter(subject="Hello\r\nBcc: eve@example.com", sender_name="Shop\r\nBcc: eve@example.com"))
    assert receipt.result == "accepted"
    (mail,) = way.read()
    assert mail["Bcc"] is None and mail["Subject"] == "Hello Bcc: eve@example.com"
    for to in (
        "anna@example.com\r\nRCPT TO:<eve@example.com>",
        "no address",
        "a@",
        "@b.com",
        "anna@example.com,eve@x.de",
    ):
        (receipt,) = way.send(letter(to=to))
        assert receipt.result == "refused" and receipt.dead, to
    assert len(way.read()) == 1


def test_domains_in_any_script(way: Way) -> None:
    (receipt,) = way.send(letter(to="anna@bücher.example"))
    assert receipt.result == "accepted"
    assert "xn--bcher-kva.example" in str(way.read()[0]["To"])


def test_a_folder_keeps_one_file_per_letter(tmp_path: Path) -> None:
    way = Way(mail_engine("", tmp_path), None, tmp_path)
    way.send(letter(), letter())
    assert len(way.read()) == 1
    assert {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*.eml")} == {0o600}


def test_what_servers_say() -> None:
    with Sink() as sink:
        way = Way(mail_engine(f"{sink.url}?tls=no", Path("unused")), sink, Path("unused"))
        sink.answers |= {
            "dead@example.com": "550 5.1.1 no such user",
            "policy@example.com": "550 5.7.1 not from you",
            "full@example.com": "452 4.2.2 mailbox full",
        }
        found = way.send(*[letter(to=f"{name}@example.com") for name in ("dead", "policy", "full", "anna")])
        assert [(each.result, each.dead) for each in found] == [
            ("refused", True), ("refused", False), ("later", False), ("accepted", False)]  # fmt: skip
        assert [mail["To"] for mail in way.read()] == ["anna@example.com"]


def test_a_connection_lost_after_the_text_is_unknown() -> None:
    with Sink() as sink:
        sink.drop_after_data = True
        way = Way(SmtpEngine(f"{sink.url}?tls=no"), sink, Path("unused"))
        assert way.send(letter())[0].result == "unknown"
        sink.drop_after_data = False
        assert [each.result for each in way.send(letter(), letter())] == ["accepted", "accepted"]


def test_nobody_there_is_later() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"smtp://127.0.0.1:{free.getsockname()[1]}"
    assert Way(SmtpEngine(url), None, Path("unused")).send(letter())[0].result == "later"


def test_a_password_is_not_told_in_the_clear() -> None:
    with Sink() as sink:
        engine = SmtpEngine(sink.url.replace("//", "//user:secret@"))
        (receipt,) = Way(engine, sink, Path("unused")).send(letter())
        assert receipt.result == "later" and "TLS" in receipt.text
    for bad in ("http://mail.example", "smtp://", "mail.example:25"):
        with pytest.raises(ValueError, match="mail server"):
            mail_engine(bad, Path("unused"))


def test_a_letter_that_cannot_be_written_does_not_make_its_receiver_dead(way: Way) -> None:
    invite = Enclosure("invite.ics", "text/calendar", "BEGIN:VCALENDAR Zażółć".encode("cp1250"))
    assert way.send(letter(files=[invite]))[0].result == "accepted"
    (receipt,) = way.send(letter(headers={"X-Long": "x" * 2_000}))
    assert (receipt.result, receipt.dead) == ("refused", False)
    (receipt,) = way.send(letter(to="nobody"))
    assert (receipt.result, receipt.dead) == ("refused", True)
