"""Card numbers in mails as they came: masked in every writing, while all else stays as it was, byte for byte."""

from __future__ import annotations

import base64
import binascii
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amity.channels import adapters_taking, mail_arriving, mail_masking, mail_parse
from amity.channels.mail_masking import without_cards
from amity.channels.masking import masked, masked_source
from amity.channels.models import Account, Attachment, Received, Unread
from amity.channels.tests.kit import home
from amity.engines import api as engines

__all__ = ["home"]

CARD, HIDDEN = "4111 1111 1111 1111", "**** **** **** 1111"
HEAD = (
    "From: Anna <anna@example.com>\r\nTo: help@shop.example\r\nSubject: My card\r\nMessage-ID: <1@x>\r\n"
    "In-Reply-To: <0@x>\r\nReferences: <zero@x>\r\n\t<0@x>\r\nX-Odd:  kept   as it is \r\n"
)


def mail_of(text: bytes, kind: str, encoding: str = "8bit", end: str = "\r\n") -> bytes:
    lines = f"{HEAD}Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return lines.replace("\r\n", end).encode() + text


def lines_of(raw: bytes, end: bytes = b"\r\n") -> bytes:
    return raw.replace(b"\r\n", b"\n").replace(b"\n", end)


WRITINGS = {
    "plain": (b"Hi,\r\n4111111111111111\r\nAnna\r\n", "text/plain", "7bit"),
    "windows-1251": (f"Моя карта {CARD}\r\n".encode("cp1251"), "text/plain; charset=windows-1251", "8bit"),
    "koi8-r": (f"Моя карта {CARD}".encode("koi8-r"), "text/plain; charset=koi8-r", "8bit"),
    "utf-8 with hard blanks": ("Żółw 4111\u00a01111\u00a01111\u00a01111 ✓\r\n".encode(), "text/plain", "8bit"),
    "japanese": (f"カード番号は{CARD}です".encode("iso-2022-jp"), "text/plain; charset=iso-2022-jp", "7bit"),
    "utf-16": (base64.encodebytes(f"Karte {CARD} ä".encode("utf-16")), "text/plain; charset=utf-16", "base64"),
    "utf-16, the other way": (
        base64.encodebytes(b"\xfe\xff" + f"Karte {CARD} ä".encode("utf-16-be")), "text/plain; charset=utf-16", "base64",
    ),
    "wrong charset and broken bytes": (b"\x81\x9d 4111-1111-1111-1111 \x9d", "text/plain; charset=utf-8", "8bit"),
    "no such charset": (f"Karte {CARD}".encode(), "text/plain; charset=nonsense", "8bit"),
    "base64": (
        lines_of(base64.encodebytes(f"Żółw {CARD}\r\n{'lorem ' * 30}".encode())), "text/plain; charset=utf-8", "base64",
    ),
    "base64 in one line": (base64.b64encode(f"{CARD} ä".encode()), "text/plain; charset=utf-8", "BASE64"),
    "quoted-printable": (
        b"Meine Karte: 4111=20=\r\n1111 =31111 1111, sch=C3=B6n\r\n", "text/plain; charset=utf-8", "quoted-printable",
    ),
    "html": (b"<p>Card: <b>4111</b>&nbsp;1111&#160;1111 <i>1111</i></p>\r\n", "text/html; charset=us-ascii", "7bit"),
    "html, quoted-printable": (
        binascii.b2a_qp("<p>Zażółć 4111&nbsp;1111&nbsp;1111&nbsp;1111</p>\r\n".encode("iso-8859-2")),
        "text/html; charset=iso-8859-2", "quoted-printable",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITINGS)
@pytest.mark.parametrize("end", ["\r\n", "\n"], ids=["crlf", "lf"])
def test_a_number_is_masked_in_every_encoding_and_charset(name: str, end: str) -> None:
    text, kind, encoding = WRITINGS[name]
    raw = mail_of(text.replace(b"\r\n", end.encode()) if "utf-16" not in name else text, kind, encoding, end)
    before = mail_parse.read(raw)
    assert masked(before.text or before.parts.new) != (before.text or before.parts.new), "the test holds a card"
    found = without_cards(raw)
    assert found is not None
    after = mail_parse.read(found)
    assert after.text == masked(before.text, "*") and "1111" in after.text
    assert found[: found.index(end.encode() * 2)] == raw[: raw.index(end.encode() * 2)], "headers as they came"
    assert without_cards(found) == found


def mixed(card: str) -> str:
    """A mail with a number in each of its texts, in a file, and in a mail within."""
    html = base64.encodebytes(f"<p>Dzień dobry, {card}</p>".encode()).decode().strip()
    return (
        HEAD.replace("\r\n", "\n")
        + f"""MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="out"

A preamble.
--out
Content-Type: multipart/alternative; boundary=in

--in
Content-Type: text/plain; charset=iso-8859-2
Content-Transfer-Encoding: quoted-printable

Dzie=F1 dobry, {card}
--in
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

{html}
--in--
--out
Content-Type: text/plain; name=log.txt
Content-Disposition: attachment; filename=log.txt

Order {card}
--out
Content-Type: application/pdf
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="Rachunek.pdf"

JVBERi0xLjQK
--out
Content-Type: message/rfc822

From: bob@example.com
Subject: Your {card}
Message-ID: <bob@x>

Bob has {card}
--out--
An epilogue.
"""
    )


MIXED = mixed(CARD)


@pytest.mark.parametrize("end", [b"\r\n", b"\n"], ids=["crlf", "lf"])
def test_a_mail_of_many_parts_keeps_its_bounds_its_files_and_its_thread(end: bytes) -> None:
    raw = lines_of(MIXED.encode(), end)
    found = without_cards(raw)
    assert found is not None
    before, after = mail_parse.read(raw), mail_parse.read(found)
    assert after.parts.new == f"Dzień dobry, {HIDDEN}" and HIDDEN in after.html
    assert (after.message_id, after.answers) == ("1@x", ["0@x", "zero@x"]) == (before.message_id, before.answers)
    assert [each.name for each in after.files] == ["log.txt", "Rachunek.pdf", f"Your {HIDDEN}.eml"]
    assert after.files[:2] == before.files[:2], "files stay as they are"
    assert CARD.encode() not in after.files[2].content and b"<bob@x>" in after.files[2].content
    changed = {n for n, (a, b) in enumerate(zip(raw.split(end), found.split(end), strict=True)) if a != b}
    assert len(changed) == 4, "the two texts, and subject and text of the mail within"


@pytest.mark.parametrize(
    "subject",
    [CARD, "My =?utf-8?q?karta_=C5=BC_4111_1111_1111_1111?=", "My card\r\n 4111 1111 1111 1111",
     "=?utf-8?b?" + base64.b64encode(f"Карта {CARD}".encode()).decode() + "?="],
)  # fmt: skip
def test_subjects_are_masked_too_and_those_of_threads(subject: str) -> None:
    head = HEAD.replace("Subject: My card", f"X-Subject: no\r\nSubject: {subject}\r\nThread-Topic: {subject}")
    raw = head.encode() + b"\r\nHi"
    found = without_cards(raw)
    assert found is not None
    before, after = mail_parse.read(raw), mail_parse.read(found)
    assert after.subject == masked(before.subject, "*") == after.first("thread-topic")
    assert after.subject.endswith(HIDDEN)
    assert (after.answers, after.text) == (before.answers, "Hi")


@pytest.mark.parametrize(
    "raw",
    [mixed("4111 1111 1111 1112").encode(), mail_of(b"Order 1234567890123, +48 501 502 503", "text/plain"), b"",
     b"\n", b"no headers at all", mail_of(b"", "multipart/mixed; boundary=zz")],
)  # fmt: skip
def test_a_mail_without_a_card_number_is_kept_as_it_came(raw: bytes) -> None:
    assert without_cards(raw) == raw


def test_plain_digits_are_masked_though_the_charset_is_taken_for_another() -> None:
    raw = mail_of(b"\xff\xfe" + CARD.encode() + b"\r\n", "text/plain; charset=utf-8")
    assert CARD not in mail_parse.read(raw).text, "it reads as UTF-16"
    assert without_cards(raw) == raw.replace(CARD.encode(), HIDDEN.encode())


def test_where_a_number_cannot_be_masked_the_mail_is_not_kept() -> None:
    flowed = mail_of(b"4111 1111 \r\n1111 1111\r\n", "text/plain; format=flowed", "7bit")
    assert masked(mail_parse.read(flowed).text) != mail_parse.read(flowed).text
    assert without_cards(flowed) is None
    coded = b"begin 644 a\n" + binascii.b2a_uu(CARD.encode()) + b"`\nend\n"
    assert without_cards(mail_of(coded, "text/plain", "x-uuencode")) is None


def test_a_mail_that_breaks_readers_is_swept() -> None:
    deep = HEAD.encode() + b"Content-Type: message/rfc822\r\n\r\n" * 400 + CARD.encode()
    heavy = mail_of(b"boundary=\n" * 8_000 + CARD.encode(), "text/plain")
    for raw in (deep, heavy):
        found = without_cards(raw)
        assert found is not None and found == raw.replace(CARD.encode(), HIDDEN.encode())


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Nd"]), max_size=200),
    st.sampled_from(["utf-8", "utf-16", "cp1251", "iso-8859-2", "gb18030", "shift_jis", "iso-2022-jp"]),
    st.sampled_from(["8bit", "base64", "quoted-printable"]), st.sampled_from(["text/plain", "text/html"]),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_whatever_stands_around_a_number_it_is_never_kept(text: str, charset: str, encoding: str, kind: str) -> None:
    data = f"{text} {CARD} {text}".encode(charset, "replace")
    told = {"base64": base64.encodebytes, "quoted-printable": binascii.b2a_qp}.get(encoding, bytes)(data)
    raw = mail_of(told, f"{kind}; charset={charset}", encoding)
    found = without_cards(raw)
    assert found is not None or encoding == "8bit", "what is encoded can always be encoded anew"
    if found is not None:
        mail = mail_parse.read(found)
        assert masked(mail.text) == mail.text and masked_source(mail.html) == mail.html
        assert (mail.message_id, mail.answers) == ("1@x", ["0@x", "zero@x"])


@given(st.binary(max_size=400), st.sampled_from(["", "text/html", "multipart/mixed; boundary=b", "message/rfc822"]))
@settings(max_examples=60, deadline=None)
def test_nothing_makes_it_fail(junk: bytes, kind: str) -> None:
    raw = b"From: a@b.c\nContent-Type: " + kind.encode() + b"\n" + junk
    assert without_cards(raw) in (raw, None)


@pytest.mark.slow
@pytest.mark.django_db
def test_what_is_stored_of_a_mail_holds_no_card_number(home: Path) -> None:
    account = Account.objects.create(kind="email", name="Support", address="help@shop.example", public_key="m")
    first = mail_arriving.take(account.pk, MIXED.encode())
    row = Received.objects.get(pk=first.id)
    assert row.raw and engines.blobs().get(row.raw) == without_cards(MIXED.encode())
    inner = Attachment.objects.get(type="message/rfc822")
    assert CARD.encode() not in engines.blobs().get(inner.blob)
    assert inner.name == "Your •••• •••• •••• 1111.eml"
    assert "4111" not in f"{row.subject}{row.text}{row.html}"
    assert mail_arriving.take(account.pk, MIXED.encode()).id == first.id, "the same mail again is known"
    flowed = mail_of(b"4111 1111 \r\n1111 1111\r\n", "text/plain; format=flowed", "7bit").replace(b"<1@x>", b"<2@x>")
    later = Received.objects.get(pk=mail_arriving.take(account.pk, flowed).id)
    assert (later.raw, later.text) == ("", "•••• •••• •••• 1111")
    as_file = mail_arriving.take_as_file(account.pk, mail_of(CARD.encode(), "text/plain"), "It could not be read")
    (kept,) = Attachment.objects.filter(received_id=as_file.id)
    assert HIDDEN.encode() in engines.blobs().get(kept.blob)


def test_the_first_part_that_reads_alike_is_not_taken_for_another() -> None:
    body = f"{CARD}\n"
    raw = (
        "Subject: twice\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/x\n\n" + body
        + "--b\nContent-Type: text/plain\n\n" + body + "--b--\n"
    ).encode()  # fmt: skip
    found = without_cards(raw)
    assert found is not None and found.count(CARD.encode()) == 1 and found.count(HIDDEN.encode()) == 1
    assert mail_parse.read(found).text.strip() == HIDDEN
    assert mail_masking.SIGN == "*"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("4111&nbsp;1111&nbsp;1111&nbsp;1111", "****&nbsp;****&nbsp;****&nbsp;1111"),
        ("<b>4111</b> 1111 <span style='x:1'>1111</span> 1111", "<b>****</b> **** <span style='x:1'>****</span> 1111"),
        ("Body=4111+1111+1111+1111&To=1", "Body=****+****+****+1111&To=1"),
        ("4111%201111%201111%201111", "****%20****%20****%201111"),
        ('{"text": "4111\\u00a01111\\u00a01111\\u00a01111"}', '{"text": "****\\u00a0****\\u00a0****\\u00a01111"}'),
        ("<td>4111111111</td><td>111111</td>", "<td>4111111111</td><td>111111</td>"),
        ("4111&nbsp;1111&nbsp;1111&nbsp;1112", "4111&nbsp;1111&nbsp;1111&nbsp;1112"),
        ("0000 0000 0000 0000", "0000 0000 0000 0000"),
    ],
)  # fmt: skip
def test_numbers_are_seen_through_what_html_json_and_forms_put_between_digits(text: str, told: str) -> None:
    assert masked_source(text, "*") == told


@pytest.mark.slow
@pytest.mark.django_db
def test_what_could_not_be_read_is_kept_without_card_numbers(home: Path) -> None:
    account = Account.objects.create(kind="sms", name="Texts", public_key="s")
    for raw in (b"Body=4111+1111+1111+1111", b'{"text": "\xff 4111 1111 1111 1111"}'):
        adapters_taking.keep(account, raw, "unreadable")
    kept = [bytes(each.body) for each in Unread.objects.order_by("at", "id")]
    assert kept == [b"Body=****+****+****+1111", b'{"text": "\xff **** **** **** 1111"}']


def test_numbers_that_stand_beside_each_other_in_a_table_do_not_cost_the_copy() -> None:
    raw = mail_of(b"<table><tr><td>41111111</td><td>11111111</td></tr></table>", "text/html")
    text = mail_parse.read(raw).text
    assert masked(text) != text, "as text they look like one"
    assert without_cards(raw) == raw


def test_tags_between_digits_that_end_too_early_cost_no_time() -> None:
    text = ("1<b></b><b><b></b>" * 11 + "x ") * 2_000
    started = time.perf_counter()
    assert masked_source(text) == text
    assert time.perf_counter() - started < 10  # seconds; it was hours


def test_an_expiry_beside_a_number_hides_it_from_nobody() -> None:
    found = without_cards(mail_of(b"4111 1111 1111 1111 12/28", "text/plain"))
    assert found is not None and mail_parse.read(found).text.strip() == "**** **** **** 1111 12/28"


@pytest.mark.parametrize("raw", ["{card}\n--b\n\nhi\n--b--\n", "--b\n\nhi\n--b--\n{card}\n"])
def test_a_mail_with_a_number_beside_its_parts_is_not_kept(raw: str) -> None:
    head = "Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n"
    assert without_cards((head + raw.format(card=CARD)).encode()) is None
    usual = (head + raw.format(card="This is a message in MIME format.")).encode()
    assert without_cards(usual) == usual
