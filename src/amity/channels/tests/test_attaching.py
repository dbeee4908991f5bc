"""Files are what their content says; programs are noted and not kept."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from amity.base import clock
from amity.base.errors import Refused
from amity.channels import attaching, blobs_of_people
from amity.channels.models import Account, Attachment
from amity.channels.tests.kit import home

__all__ = ["home"]
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + b"\x00" * 40


def packed(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "kind", "why"),
    [
        ("photo.png", PNG, "image/png", ""),
        ("photo.txt", PNG, "image/png", ""),
        ("notes.txt", "Zażółć".encode(), "text/plain", ""),
        ("meeting.ics", b"BEGIN:VCALENDAR", "text/calendar", ""),
        ("winmail.dat", b"\x78\x9f\x3e\x22\x00\x01", "application/octet-stream", ""),
        ("invoice.exe", b"MZ\x90\x00", "application/x-msdownload", "type"),
        ("invoice.pdf", b"MZ\x90\x00", "application/x-msdownload", "disguised"),
        ("invoice.pdf.js", b"alert(1)", "text/plain", "type"),
        ("run.sh", b"#!/bin/sh\n", "text/x-script", "type"),
        ("example.py", b"#!/usr/bin/python\n", "text/x-script", ""),
        ("holiday.zip", packed("a.jpg", "b.txt"), "application/zip", ""),
        ("holiday.zip", packed("a.jpg", "deep/pay.scr"), "application/zip", "type"),
        ("nothing.pdf", b"", "text/plain", "empty"),
    ],
)
def test_content_decides(name: str, content: bytes, kind: str, why: str) -> None:
    found = attaching.type_of(content, name)
    assert (found, attaching.fault(name, found, content)) == (kind, why)


@pytest.mark.parametrize(
    ("told", "plain"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\a\\Rechnung.pdf", "Rechnung.pdf"),
        ("invoice\u202efdp.exe", "invoice_fdp.exe"),
        ("a\r\nX: y.txt", "a_X_ y.txt"),
        ("", "file"),
        ("..", "file"),
        ("x" * 300 + ".pdf", "x" * 180 + ".pdf"),
    ],
)
def test_names_are_only_names(told: str, plain: str) -> None:
    assert attaching.plain_name(told) == plain


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.usefixtures("home")
def test_a_file_is_kept_encrypted_and_a_program_is_only_noted(tmp_path: Path, settings: Any) -> None:
    account = Account.objects.create(kind="email", name="M", public_key="k", settings={"file_bytes": 100})
    kept = attaching.attach(account.pk, "photo.png", PNG, None, "application/x-lies")
    program = attaching.attach(account.pk, "photo.exe", b"MZ", None)
    large = attaching.attach(account.pk, "large.txt", b"x" * 101, None)
    assert attaching.content_of(kept) == PNG
    views = attaching.files([kept, program, large])
    assert [(views[pk].type, bool(views[pk].refused), views[pk].image) for pk in (kept, program, large)] == [
        ("image/png", False, True), ("application/x-msdownload", True, False), ("text/plain", True, False),
    ]  # fmt: skip
    with pytest.raises(Refused):
        attaching.content_of(program)
    (path,) = [path for path in (settings.CONFIG.home / "blobs").rglob("*") if path.is_file()]
    assert PNG not in path.read_bytes() and Attachment.objects.exclude(blob="").count() == 1


@pytest.mark.django_db
@pytest.mark.slow
def test_what_was_given_and_never_sent_is_swept(home: Path) -> None:
    old, new = (attaching.attach(None, "a.txt", b"x", None) for _n in range(2))
    Attachment.objects.filter(pk=old).update(created_at=clock.now() - 2 * blobs_of_people.UNUSED)
    blobs_of_people.sweep()
    assert list(Attachment.objects.values_list("pk", flat=True)) == [new]
