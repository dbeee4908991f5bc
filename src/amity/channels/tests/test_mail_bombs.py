"""Mails and files that are made to break or to stop whoever reads them: they come in, and cost little."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from amity.channels import attaching, html_clean, mail_parse
from amity.channels.mail_arriving import incoming
from amity.channels.models import Account
from amity.channels.receiving import _row

HEAD = b"From: Anna <anna@example.com>\r\nSubject: Hi\r\nMessage-ID: <1@x>\r\n"
BOMBS = {
    "mails in mails": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 400,
    "comments in comments": HEAD + b"To: " + b"(" * 9_000 + b"\r\n\r\nHi",
    "a charset with a zero": HEAD + b'Content-Type: text/plain; charset="a\x00b"\r\n\r\n\xff\xfe',
    "lines times parts": HEAD + b"Content-Type: text/plain\r\n\r\n" + b"boundary=\n" * 8_000,
}


@pytest.mark.parametrize("raw", BOMBS.values(), ids=BOMBS)
def test_what_breaks_readers_is_read_as_far_as_its_headers(raw: bytes) -> None:
    mail = mail_parse.read(raw)
    assert (mail.sender, mail.subject, mail.message_id) == ("anna@example.com", "Hi", "1@x")


def test_what_is_only_opened_is_not_parsed() -> None:
    deep = "<div>" * 20_000 + "word &amp; word"
    assert html_clean.clean(deep) == ""
    assert html_clean.text_of(deep) == ("word & word", False)
    assert html_clean.text_of("<" * 900_000) == ("<" * 900_000, False)


def test_an_image_never_keeps_its_source() -> None:
    told = html_clean.clean('<img alt=" src=" src="http://x.example/a.png"><img title=\'a src="\' src="cid:one">')
    assert ' src="http' not in told and ' src="cid' not in told
    assert 'data-src="http://x.example/a.png"' in told and 'data-cid="one"' in told


def test_an_archive_of_a_future_version_is_kept() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.txt", "x")
    content = bytearray(made.getvalue())
    at = content.find(b"PK\x01\x02")
    content[at + 6 : at + 8] = struct.pack("<H", 99)
    assert attaching.fault("a.zip", "application/zip", bytes(content)) == ""


def test_card_numbers_are_kept_nowhere_not_even_in_headers() -> None:
    raw = b"From: a@b.c\r\nSubject: Card 4111 1111 1111 1111\r\n\r\nHi"
    row = _row(incoming(Account(kind="email", address="help@shop.example"), mail_parse.read(raw)))
    assert "4111 1111" not in f"{row.subject}{row.headers}"
    assert row.headers["subject"].endswith("1111")
