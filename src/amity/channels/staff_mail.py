"""Mail to staff: invitations, and what Django writes (password links). Through the gate, like everything that leaves.

Their links open an account, so the text of a message that was sent is not kept, and the outbox never shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.channels.confirmations import language_of, literal
from amity.channels.outbox import Message, new_key, propose
from amity.people import api as people


class Backend(BaseEmailBackend):
    """Django's way out for mail (``EMAIL_BACKEND``)."""

    def send_messages(self, email_messages: Sequence[Any]) -> int:
        """Propose each mail to each of its receivers; how many may go out."""
        return sum(
            propose(access.SYSTEM, _owed(to, str(each.subject), str(each.body), "password")).state == "queued"
            for each in email_messages
            for to in each.recipients()
        )


def deliver(invitation: access.Invitation) -> bool:
    """Send an invitation; False where no mail server is set up: then the link is passed on by hand."""
    if not settings.CONFIG.mail_url:
        return False
    language = language_of(invitation.language)
    with translation.override(language):
        values = {"name": invitation.name, "link": invitation.link}
        body = render_to_string("channels/mail/invitation.txt", values)
        message = _owed(invitation.email, _("Your invitation to Amity"), body, "invitation", language)
    return propose(access.SYSTEM, message).state == "queued"


def _owed(to: str, subject: str, body: str, template: str, language: str = "") -> Message:
    return Message(
        key=f"{template}:{new_key()}", channel="email", purpose=people.consent.ACCOUNT, subject=literal(subject),
        body=literal(body), address=to, template=template, language=language,
    )  # fmt: skip
