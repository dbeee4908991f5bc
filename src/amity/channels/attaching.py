"""Files of messages: told apart by their content, bounded, kept encrypted; what could harm is noted and not kept."""

from __future__ import annotations

import hashlib
import io
import re
import struct
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from uuid import UUID

import filetype
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.base.errors import NotFound, Refused
from amity.channels.receiving_models import Account, Attachment
from amity.engines import api as engines

AREA = "mail"  # of `blobs`: what nothing refers to any more is swept
MAX_BYTES = 25 * 1024**2
REFUSED = {
    "type": gettext_lazy("Programs and scripts are not kept."),
    "disguised": gettext_lazy("It is a program under another name."),
    "size": gettext_lazy("It is too large."),
    "empty": gettext_lazy("It is empty."),
    "unreached": gettext_lazy("It could not be fetched."),
}
_PROGRAM_WORDS = """
 exe com scr pif bat cmd ps1 psm1 vbs vbe js jse mjs wsf wsh wsc hta msi msp mst jar lnk url iso img vhd vhdx dll
 cpl sys drv ocx reg inf chm hlp apk ipa app dmg pkg deb rpm sh bash run bin elf gadget application appref-ms scf sct
 shb shs xll msc library-ms settingcontent-ms diagcab one
"""
_PROGRAMS = frozenset(_PROGRAM_WORDS.split())
_PROGRAM_TYPES = frozenset((
    "application/x-msdownload", "application/x-executable", "application/x-deb", "application/x-rpm",
    "application/wasm", "application/x-google-chrome-extension", "application/x-shockwave-flash",
    "application/vnd.ms-cab-compressed",
))  # fmt: skip
_STARTS = ((b"MZ", "application/x-msdownload"), (b"\x7fELF", "application/x-executable"), (b"#!", "text/x-script"))
_IMAGES = frozenset(("image/png", "image/jpeg", "image/gif", "image/webp"))
_BAD_SIGNS = re.compile(r'[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069/\\:*?"<>|]+')
_TEXTS = {
    "ics": "text/calendar", "csv": "text/csv", "html": "text/html", "htm": "text/html", "eml": "message/rfc822",
}  # fmt: skip
_MAX_ENTRIES = 5_000


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """A file. ``refused`` says in words why it was not kept, or nothing; ``image``: browsers show it safely."""

    id: UUID
    person_id: UUID | None
    conversation_id: UUID | None
    message_id: UUID | None
    name: str
    type: str
    size: int
    refused: str | Promise
    image: bool
    inline_id: str


def attach(
    account_id: UUID | None, name: str, content: bytes, person_id: UUID | None, declared_type: str = "",
    inline_id: str = "",
) -> UUID:  # fmt: skip
    """Keep a file; returns its id, also for one that is refused (noted by name and size, content dropped).

    ``account_id``: where it came in (its ``settings["file_bytes"]`` may set a lower limit), None for our own files.
    ``declared_type`` counts only for plain texts, which content cannot tell apart. Raises `engines.BlobsDown`.
    """
    kind = type_of(content, name, declared_type)
    why = fault(name, kind, content, _most(account_id))
    with transaction.atomic():
        row = Attachment.objects.create(
            person_id=person_id, name=plain_name(name), type=kind[:120], size=len(content), refused=why,
            sha256=hashlib.sha256(content).hexdigest(), inline_id=inline_id[:255],
            blob="" if why else engines.blobs().put(content, AREA),
        )  # fmt: skip
    return row.pk


def missing(name: str, person_id: UUID | None, declared_type: str = "") -> UUID:
    """Note a file that could not be fetched from where it lies."""
    row = Attachment.objects.create(
        person_id=person_id, name=plain_name(name), type=declared_type[:120], size=0, refused="unreached", sha256=""
    )
    return row.pk


def files(ids: Iterable[UUID]) -> dict[UUID, AttachmentView]:
    """Files by id. 1 query."""
    return {row.pk: _view(row) for row in Attachment.objects.filter(pk__in=list(ids))}


def content_of(attachment_id: UUID) -> bytes:
    """The content of a file; who may see it is the caller's question. Raises `NotFound`, ``Refused("no_file")``."""
    row = Attachment.objects.filter(pk=attachment_id).first()
    if row is None:
        raise NotFound(_("There is no such file."))
    if row.refused or not row.blob:
        raise Refused("no_file", str(REFUSED.get(row.refused, _("This file was not kept."))), 410)
    try:
        return engines.blobs().get(row.blob)
    except (engines.NoBlob, engines.BlobDamaged) as error:
        raise Refused("no_file", _("This file was not kept."), 410) from error


def belong(ids: Iterable[UUID], conversation_id: UUID, message_id: UUID, person_id: UUID | None) -> None:
    """Say of which message files are. 1 query."""
    Attachment.objects.filter(pk__in=list(ids)).update(
        conversation_id=conversation_id, message_id=message_id, person_id=person_id
    )


def type_of(content: bytes, name: str = "", declared: str = "") -> str:
    """The media type that the content has; what is told about it counts for texts alone. Pure."""
    for start, kind in _STARTS:
        if content.startswith(start):
            return kind
    guessed = filetype.guess(content[:8_192])
    if guessed is not None:
        return str(guessed.mime)
    if content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return "application/x-ole-storage"
    if b"\x00" in content[:8_192]:
        return "application/octet-stream"
    told = declared.partition(";")[0].strip().lower()
    return _TEXTS.get(_suffix(name)) or (told if told.startswith(("text/", "message/")) else "text/plain")


def fault(name: str, kind: str, content: bytes, most: int = MAX_BYTES) -> str:
    """Why a file is not kept, a key of `REFUSED`, or nothing. Pure."""
    if not content:
        return "empty"
    if len(content) > most:
        return "size"
    program = _suffix(name) in _PROGRAMS
    if kind in _PROGRAM_TYPES or (kind == "text/x-script" and program):
        return "type" if program else "disguised"
    if program:
        return "type"
    return "type" if kind in ("application/zip", "application/java-archive") and _holds_program(content) else ""


def plain_name(name: str) -> str:
    """A file's name without folders, control signs and signs that turn its reading around. Pure."""
    bare = PurePosixPath(name.replace("\\", "/")).name
    stem, dot, suffix = _BAD_SIGNS.sub("_", bare).strip(" .").rpartition(".")
    return f"{stem[:180]}{dot}{suffix[:60]}" or "file"


def _most(account_id: UUID | None) -> int:
    told = Account.objects.filter(pk=account_id).values_list("settings", flat=True).first() if account_id else None
    return min(int((told or {}).get("file_bytes") or MAX_BYTES), MAX_BYTES)


def _suffix(name: str) -> str:
    return plain_name(name).rpartition(".")[2].lower() if "." in name else ""


def _holds_program(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()[:_MAX_ENTRIES]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, OverflowError, struct.error):
        return False
    return any(_suffix(name) in _PROGRAMS - {"bin", "url", "one", "img"} for name in names)


def _view(row: Attachment) -> AttachmentView:
    return AttachmentView(
        row.pk, row.person_id, row.conversation_id, row.message_id, row.name, row.type, row.size,
        REFUSED.get(row.refused, ""), row.type in _IMAGES and not row.refused, row.inline_id,
    )  # fmt: skip
