"""Messages as letters: sender, headers that let people leave with one click, and the mark that a machine wrote them."""

from __future__ import annotations

from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings

from amity.base import clock
from amity.channels.models import Outgoing
from amity.engines import api as engines
from amity.people import api as people


def engine() -> engines.MailEngine:
    """The way out for mail, as the installation is set up."""
    return engines.mail_engine(settings.CONFIG.mail_url, settings.CONFIG.home / "outbox")


def letter_of(row: Outgoing) -> engines.Letter:
    """The letter of a message. Its Message-ID is the message's own, so the same letter twice would be known."""
    name, sender = sender_of()
    return engines.Letter(
        id=f"{row.pk}@{sender.rpartition('@')[2]}", sender=sender, sender_name=name, to=row.address,
        subject=row.subject, text=row.body, html=row.html, date=clock.now(), headers=_headers(row),
    )  # fmt: skip


def sender_of() -> tuple[str, str]:
    """(name, address) that mail comes from; of this installation's own host where none is set."""
    name, address = parseaddr(settings.CONFIG.mail_from)
    host = urlsplit(settings.CONFIG.public_url).hostname or "localhost.localdomain"
    return name or "Amity", address or f"amity@{host}"


def _headers(row: Outgoing) -> dict[str, str]:
    headers = {"Auto-Submitted": "auto-generated", "X-Amity": str(row.pk)}
    if row.language:
        headers["Content-Language"] = row.language
    purpose = people.consent.purpose(row.purpose)
    if row.person_id and not purpose.owed:
        link = people.consent.unsubscribe_link(row.person_id, "email", row.address, row.purpose)
        headers |= {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return headers
