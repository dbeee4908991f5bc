"""The question that confirms an address (double opt-in), in the person's language."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock
from amity.channels.outbox import Message, propose
from amity.people import api as people

LANGUAGES = frozenset(code for code, _name in settings.LANGUAGES)


def ask(word_id: UUID, person_id: UUID, address: str, purpose: str) -> None:
    """Send the link that makes a waiting word a yes; at most one question per address, purpose and day."""
    person = people.get_person(access.SYSTEM, person_id)
    language = language_of(person.language)
    about = people.consent.purpose(purpose)
    with translation.override(language):
        values = {
            "link": people.consent.confirm_link(word_id),
            "purpose": people.consent.in_language(about.names, language),
            "words": people.consent.in_language(about.words, language),
        }
        subject = _("Please confirm your e-mail address")
        body = render_to_string("channels/mail/confirm.txt", values)
    day = clock.now().date().isoformat()
    propose(
        access.SYSTEM,
        Message(
            key=f"confirm:{people.consent.address_key('email', address)}:{purpose}:{day}", channel="email",
            purpose=people.consent.ACCOUNT, subject=subject, body=literal(body), person_id=person_id, address=address,
            template="confirm", language=language,
        ),
    )  # fmt: skip


def language_of(told: str) -> str:
    """A language that Amity speaks: the one given, else the house's."""
    return told[:2] if told[:2] in LANGUAGES else settings.LANGUAGE_CODE[:2]


def literal(text: str) -> str:
    """A finished text; what looks like a placeholder in an administrator's wording stays out of it."""
    return text.replace("{", "(").replace("}", ")")
