"""Messages as letters: sender, headers that let people leave with one click, and the mark that a machine wrote them."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from amity.base import clock
from amity.base.errors import Refused
from amity.channels import mail_marks, mail_threads
from amity.channels.mail_models import MailRef
from amity.channels.models import Outgoing
from amity.engines import api as engines
from amity.people import api as people

MAX_FILES = 8 * 1024**2  # bytes of all files of a message


def engine() -> engines.MailEngine:
    """The way out for mail, as the installation is set up."""
    return engines.mail_engine(settings.CONFIG.mail_url, settings.CONFIG.home / "outbox")


def letter_of(row: Outgoing) -> engines.Letter:
    """The letter of a message. Its Message-ID is the message's own, so the same letter twice would be known."""
    ref = mail_threads.of(row)
    if ref is not None:
        return _in_thread(row, ref)
    name, sender = sender_of()
    return engines.Letter(
        id=f"{row.pk}@{sender.rpartition('@')[2]}", sender=sender, sender_name=name, to=row.address,
        subject=row.subject, text=row.body, html=row.html, date=clock.now(), headers=_headers(row),
        files=_files(row.files),
    )  # fmt: skip


def _in_thread(row: Outgoing, ref: MailRef) -> engines.Letter:
    """A letter of a conversation: from its mailbox, with what leads the answer home."""
    account = mail_threads.account_of(ref)
    name, sender = sender_of()
    if account is not None and account.address:
        name, sender = account.settings.get("sender_name") or account.name, account.address
    text, html = mail_threads.bodies(row, ref)
    headers = mail_threads.headers(ref, account)
    if row.language:
        headers["Content-Language"] = row.language
    return engines.Letter(
        id=ref.message_ref, sender=sender, sender_name=name, to=row.address,
        subject=mail_threads.subject_of(row, ref, account), text=text, html=html, date=clock.now(), headers=headers,
        files=_files(row.files),
    )  # fmt: skip


def kept(files: Sequence[engines.Enclosure]) -> list[dict[str, str]]:
    """Files as the outbox keeps them until they are sent; raises `Refused` when they are too large for mail."""
    if sum(len(each.content) for each in files) > MAX_FILES:
        raise Refused("files_too_large", _("The files of a message may have 8 MB together."))
    return [{"name": each.name, "type": each.kind, "content": b64encode(each.content).decode()} for each in files]


def without_content(files: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """What went along, by name only."""
    return [{"name": each["name"], "type": each["type"]} for each in files]


def _files(told: Sequence[Mapping[str, str]]) -> list[engines.Enclosure]:
    return [engines.Enclosure(each["name"], each["type"], b64decode(each["content"])) for each in told]


def sender_of() -> tuple[str, str]:
    """(name, address) that mail comes from; of this installation's own host where none is set."""
    name, address = parseaddr(settings.CONFIG.mail_from)
    host = urlsplit(settings.CONFIG.public_url).hostname or "localhost.localdomain"
    return name or "Amity", address or f"amity@{host}"


def _headers(row: Outgoing) -> dict[str, str]:
    headers = {"Auto-Submitted": "auto-generated", "X-Amity": mail_marks.header(row.pk)}
    if row.language:
        headers["Content-Language"] = row.language
    purpose = people.consent.purpose(row.purpose)
    if row.person_id and not purpose.owed:
        link = people.consent.unsubscribe_link(row.person_id, "email", row.address, row.purpose)
        headers |= {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return headers
