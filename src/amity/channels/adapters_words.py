"""STOP and START in text messages: consent taken back or given again, in the message's own transaction, confirmed once.

What people are owed (an answer to a question, a code) still reaches them; the gateway may refuse even that.
"""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.channels import outbox
from amity.channels.adapters import Word
from amity.channels.models import Account
from amity.channels.receiving import Incoming
from amity.people import api as people

HOW = "link"  # only who holds the number can say it, as with a link in a mail


def obey(account: Account, message: Incoming, word: Word, confirmed: bool) -> None:
    """Do what the word says for every purpose that text messages serve and that is not owed."""
    if message.person_id is None:
        return
    before = people.consent.states_of([message.person_id]).get(message.person_id, {})
    changed = False
    for purpose in people.consent.purposes():
        if purpose.owed or "sms" not in purpose.channels:
            continue
        state = before.get((purpose.key, "sms"), "unknown")
        changed |= _say(message, purpose.key, word, str(state))
    if changed and not confirmed:
        _confirm(account, message, word)


def _say(message: Incoming, purpose: str, word: Word, state: str) -> bool:
    """START gives back what STOP took, and nothing that was never given."""
    assert message.person_id is not None
    evidence = {"text": message.text[:100], "message": message.provider_id[:100]}
    said = people.consent.Said(HOW, evidence, message.address, confirmed=True)
    if word == "stop" and state != "withdrawn":
        people.consent.withdraw(access.SYSTEM, message.person_id, purpose, "sms", said)
        return True
    if word == "start" and state == "withdrawn":
        people.consent.give(access.SYSTEM, message.person_id, purpose, "sms", said)
        return True
    return False


def _confirm(account: Account, message: Incoming, word: Word) -> None:
    person = people.get_person(access.SYSTEM, message.person_id) if message.person_id else None
    language = person.language if person else ""
    with translation.override(language or None):
        stopped = _("You get no more text messages with offers from us. Answer START to get them again.")
        text = stopped if word == "stop" else _("You get text messages from us again. Answer STOP to end them.")
    outbox.propose(
        access.SYSTEM,
        outbox.Message(
            f"sms-{word}:{account.pk}:{message.provider_id}"[:200], "sms", people.consent.SERVICE, "", text,
            person_id=message.person_id, address=message.address, language=language, account_id=account.pk,
        ),
    )  # fmt: skip
