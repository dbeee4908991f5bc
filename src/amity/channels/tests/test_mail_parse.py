"""Mails as programs write them are read, whatever is wrong with them; what is new is told from what is quoted."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amity.channels import html_clean, mail_marks, mail_parse
from amity.channels.mail_reply import parted

WHOLE = "\r\n".join((
    "From: =?utf-8?B?xbthbmV0YSwgU3DDs8WCa2E=?= <Zaneta@Example.PL>",
    'To: "Shop, Help" <help@shop.example>, undisclosed-recipients:;',
    "Cc: b@c.de",
    "Subject: =?iso-8859-2?Q?Zam=F3wienie?= =?utf-8?q?_=C5=BC?=",
    " ok",
    "Date: Mon, 23 Nov 2026 10:15:00 +0100 (CET)",
    "Message-ID: <abc@example.pl>",
    "In-Reply-To: <one@x>",
    "References: <zero@x>",
    "\t<one@x>",
    "Content-Type: multipart/mixed; boundary=b1", "", "--b1",
    "Content-Type: multipart/alternative; boundary=b2", "", "--b2",
    "Content-Type: text/plain; charset=iso-8859-2; format=flowed",
    "Content-Transfer-Encoding: quoted-printable", "",
    "Dzie=F1 dobry, to jest=20", "jedna linia.", "--b2",
    "Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: base64", "", "PHA+SGVsbG88L3A+", "--b2--",
    "--b1", "Content-Type: application/pdf; name*=utf-8''Rachunek%20%C5%BC.pdf",
    "Content-Transfer-Encoding: base64", "Content-Disposition: attachment", "", "JVBERi0xLjQK",
    "--b1", "Content-Type: application/ms-tnef", "Content-Transfer-Encoding: base64", "", "eJ8+Ig==",
    "--b1", "Content-Type: text/calendar; method=REQUEST", "", "BEGIN:VCALENDAR",
    "--b1", "Content-Type: message/rfc822", "", "From: x@y.z", "Subject: inner", "", "body", "--b1--", "",
))  # fmt: skip


def test_a_mail_with_everything() -> None:
    mail = mail_parse.read(WHOLE.encode())
    assert (mail.sender, mail.sender_name) == ("zaneta@example.pl", "Żaneta, Spółka")
    assert mail.to == ["help@shop.example", "b@c.de"]
    assert mail.subject == "Zamówienie ż ok" and mail.answers == ["one@x", "zero@x"]
    assert mail.sent_at is not None and mail.sent_at.isoformat() == "2026-11-23T09:15:00+00:00"
    assert mail.parts.new == "Dzień dobry, to jest jedna linia."
    assert [(each.name, each.type) for each in mail.files] == [
        ("Rachunek ż.pdf", "application/pdf"), ("winmail.dat", "application/ms-tnef"),
        ("invite.ics", "text/calendar"), ("inner.eml", "message/rfc822"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "sender", "subject", "text"),
    [
        (b"", "", "", ""),
        (b"From: a@b.c\n\n\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82", "a@b.c", "", "Привет"),
        ("Subject: Привет\nFrom: Иван <i@x.ru>\n\nДа".encode(), "i@x.ru", "Привет", "Да"),
        (
            b"From: a@b.c\nContent-Type: text/plain; charset=no\n\n" + "Привет, как дела сегодня?".encode("cp1251"),
            "a@b.c", "", "Привет, как дела сегодня?",
        ),
        (b"From: a@b.c\nContent-Type: text/plain; charset=iso-8859-1\n\n\x93hi\x94 \x80", "a@b.c", "", "“hi” €"),
        (b"Content-Type: multipart/mixed; boundary=zz\nFrom: a@b.c\n\n--zz\n\nno end", "a@b.c", "", "no end"),
        (b"From: <<>>\nTo: ;;;\nSubject: =?utf-8?B?####?=\nDate: yesterday\n\nhi", "", "", "hi"),
        (b"From: a@b.c\nContent-Type: text/html\n\n<p>One</p><p>Two</p>", "a@b.c", "", "One\n\nTwo"),
    ],
)  # fmt: skip
def test_what_is_broken_is_read_as_well_as_it_can_be(raw: bytes, sender: str, subject: str, text: str) -> None:
    mail = mail_parse.read(raw)
    assert (mail.sender, mail.subject, mail.parts.new) == (sender, subject, text)


@given(st.binary(max_size=400), st.sampled_from(["", "text/html", "multipart/mixed; boundary=b", "message/rfc822"]))
@settings(max_examples=60, deadline=None)
def test_nothing_makes_it_fail(junk: bytes, kind: str) -> None:
    mail = mail_parse.read(b"From: a@b.c\nContent-Type: " + kind.encode() + b"\n" + junk)
    assert len(mail.fingerprint) <= 440 and "\x00" not in mail.parts.new


OLD = "> old words"


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("Yes.\n\nOn Mon, Nov 23, 2026 at 9:15 AM Shop\n<help@shop.example> wrote:\n\n" + OLD, "Yes."),
        ("Да.\n\nпн, 23 нояб. 2026 г. в 10:15, Магазин <help@shop.example>:\n\n" + OLD, "Да."),
        ("Да.\n\n23.11.2026 10:15, Магазин пишет:\n" + OLD, "Да."),
        ("Tak.\n\npt., 20 lis 2026 o 10:15 Sklep <help@shop.example> napisał(a):\n\n" + OLD, "Tak."),
        ("Tak.\n\nW dniu 23.11.2026 o 10:15, Sklep pisze:\n" + OLD, "Tak."),
        ("Ja.\n\nAm Mo., 23. Nov. 2026 um 10:15 Uhr schrieb Laden <\nhelp@shop.example>:\n\n" + OLD, "Ja."),
        ("Ja.\n\nVon: Laden\nGesendet: Montag\nAn: Anna\nBetreff: AW: x\n\nalt", "Ja."),
        ("Да.\n\nОт: Магазин\nОтправлено: пн\nКому: Анна\nТема: x\n\nстарое", "Да."),
        ("Yes.\n\n-----Original Message-----\nFrom: Shop\n\nold", "Yes."),
        ("Ja.\n\nVon meinem iPhone gesendet\n\n> Am 23.11.2026 schrieb Laden <help@shop.example>:\n" + OLD, "Ja."),
        ("Thanks, one more thing:\nwhen?\n\nBest regards,\nAnn\n+48 600", "Thanks, one more thing:\nwhen?"),
        ("Yes to this.\n\n" + OLD + "\n\nand no to that.", "Yes to this.\n\n" + OLD + "\n\nand no to that."),
        ("From: here\nto there, please.", "From: here\nto there, please."),
        ("- one\n- two\n- three", "- one\n- two\n- three"),
    ],
)
def test_only_what_is_new_is_shown(text: str, new: str) -> None:
    assert parted(text).new == new


@pytest.mark.parametrize(
    ("html", "new"),
    [
        ('Yes<div class="gmail_quote"><div class="gmail_attr">On Mon, A &lt;a@b.c&gt; wrote:<br></div><blockquote '
         'class="gmail_quote">old</blockquote></div>', "Yes"),
        ('<p>Ja</p><div style="border:none;border-top:solid #E1E1E1 1.0pt"><b>Von:</b> x</div><p>alt</p>', "Ja"),
        ('<div>Tak</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>Od:</b> x</div>stare', "Tak"),
        ('Да<br><div id="AppleMailSignature">С iPhone</div><blockquote type="cite">старое</blockquote>', "Да"),
        ('<div style="display:none">preheader</div><p>Yes</p><style>p{}</style>', "Yes"),
    ],
)  # fmt: skip
def test_html_says_itself_what_is_quoted(html: str, new: str) -> None:
    assert parted(html_clean.text_of(html)[0]).new == new


def test_html_is_harmless() -> None:
    evil = (
        '<p onclick=x style="color:red">hi<script>alert(1)</script><img src="http://t.example/p.gif?a=1" alt="a>b" '
        'onerror=x><img src=cid:a@x><img src="data:image/png;base64,x"><a href="javascript:x">l</a>'
        '<a href="https://ok.example">ok</a><form><input></form><iframe src=x></iframe><svg onload=x></svg>'
    )
    clean = html_clean.clean(evil)
    assert clean == (
        '<p>hi<img data-src="http://t.example/p.gif?a=1" alt="a›b"><img data-cid="a@x"><img>'
        '<a target="_blank" rel="noopener noreferrer nofollow">l</a>'
        '<a href="https://ok.example" target="_blank" rel="noopener noreferrer nofollow">ok</a></p>'
    )


def test_marks_are_ours_alone() -> None:
    pk = UUID(int=7 << 64)
    address = mail_marks.address("help@shop.example", pk)
    assert mail_marks.of_addresses([address.upper(), "help+cabc@shop.example"]) == [pk]
    assert mail_marks.plain_mailbox(address) == "help@shop.example"
    assert mail_marks.of_text(f"> {mail_marks.line(pk)}") == [pk] and len(address.partition("@")[0]) <= 64
    assert (
        mail_marks.address("a-very-long-local-part-of-an-address@x.y", pk) == "a-very-long-local-part-of-an-address@x.y"
    )
    other = mail_marks.token(pk)[:-1] + ("a" if mail_marks.token(pk)[-1] != "a" else "b")
    assert mail_marks.read(other) is None and not mail_marks.ours(f"{pk}.aaaaaaaaaa")
