"""Taking in what a provider's payload says: every message once, whole, with its files; what cannot be read is kept raw.

Files are fetched before the transaction begins, so that no lock waits for a provider.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from django.db import DataError, connection, transaction

from amity.base import clock
from amity.base.errors import Refused
from amity.channels import adapters_states, adapters_words, attaching
from amity.channels.adapters import Adapter, Heard, Parsed, Remote
from amity.channels.masking import masked_source
from amity.channels.models import Account, Outgoing, Received, Unread
from amity.channels.receiving import known, receive
from amity.engines import api as engines
from amity.people import api as people

KEPT = timedelta(days=30)  # what could not be read
MAX_TEXT = 200_000
log = logging.getLogger("amity.channels")


@dataclass(frozen=True, slots=True)
class Result:
    """How many messages were new, were known, told of ours, and were kept raw because they could not be read."""

    new: int = 0
    known: int = 0
    states: int = 0
    broken: int = 0


def take(account: Account, adapter: Adapter, parsed: Parsed) -> Result:
    """Take in what a payload says. One part that fails stops no other. Raises `engines.BlobsDown`."""
    new = 0
    broken = list(parsed.broken)
    for heard in parsed.messages:
        try:
            new += take_one(account, adapter, heard)
        except (DataError, ValueError) as error:
            log.exception("provider.unreadable", extra={"account_id": str(account.pk)})
            broken.append((repr(heard).encode("utf-8", "replace"), type(error).__name__))
    for progress in parsed.states:
        adapters_states.note(account, progress)
    for raw, reason in broken:
        keep(account, raw, reason)
    lost = len(broken) - len(parsed.broken)
    return Result(new, len(parsed.messages) - new - lost, len(parsed.states), len(broken))


def take_one(account: Account, adapter: Adapter, heard: Heard) -> bool:
    """Take one message in; False when it was known. About 20 queries."""
    if known(heard.message) is not None:
        return False
    files = [(each, _content(account, adapter, each)) for each in heard.files]
    with transaction.atomic(), connection.cursor() as cursor:
        name = f"channels.received:{account.pk}:{heard.message.provider_id}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        if known(heard.message) is not None:
            return False
        person_id = _person(heard)
        kept = [_attached(account, person_id, each, content) for each, content in files]
        message = replace(
            heard.message, person_id=person_id, files=kept, text=_plain(heard.message.text),
            name=_plain(heard.message.name), marks=_talks(account, heard.answers), references=heard.answers,
        )  # fmt: skip
        receive(message)
        if heard.word:
            adapters_words.obey(account, message, heard.word, heard.confirmed)
    return True


def keep(account: Account, raw: bytes, reason: str) -> None:
    """Keep what could not be read, with the reason, card numbers masked; the same again is the same. 1 query."""
    raw = masked_source(raw.decode("utf-8", "surrogateescape"), "*").encode("utf-8", "surrogateescape")
    digest = hashlib.sha256(raw).hexdigest()
    row = Unread(account=account, digest=digest, body=raw, reason=reason[:300])
    Unread.objects.bulk_create([row], ignore_conflicts=True)


def clear_old() -> int:
    """Remove what was kept raw for 30 days; how many."""
    return Unread.objects.filter(at__lt=clock.now() - KEPT).delete()[0]


def _content(account: Account, adapter: Adapter, file: Remote) -> bytes | None:
    """What a file holds; None when its provider does not give it: the message comes in without it."""
    if file.content is not None:
        return file.content
    try:
        return adapter.fetch(file.ref, account)
    except engines.ProviderTrouble as trouble:
        log.warning("provider.file", extra={"account_id": str(account.pk), "detail": str(trouble)})
        return None


def _attached(account: Account, person_id: UUID | None, file: Remote, content: bytes | None) -> UUID:
    if content is None:
        return attaching.missing(file.name, person_id, file.type)
    return attaching.attach(account.pk, file.name, content, person_id, file.type)


def _person(heard: Heard) -> UUID | None:
    try:
        return people.contact(heard.kind, heard.message.address, _plain(heard.message.name), heard.language)
    except Refused:  # a short number, or what is no number at all
        return None


def _talks(account: Account, answers: Sequence[str]) -> list[UUID]:
    """Conversations of the messages that are answered, of theirs or ours at this account, whose ids mean nothing
    elsewhere. At most 3 queries, none without answers."""
    if not answers:
        return []
    came = Received.objects.filter(account_id=account.pk, message_ref__in=answers, conversation_id__isnull=False)
    went = Outgoing.objects.filter(channel=account.kind, account_id=account.pk, conversation_id__isnull=False)
    found = [*came.values_list("conversation_id", flat=True)[:5]]
    found += went.filter(provider_id__in=answers).values_list("conversation_id", flat=True)[:5]
    own = [known_id for each in answers if (known_id := _uuid(each))]
    found += went.filter(pk__in=own).values_list("conversation_id", flat=True) if own else []
    return [each for each in dict.fromkeys(found) if each]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _plain(text: str) -> str:
    """What the database can hold: no zero signs, no halves of signs."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()[:MAX_TEXT].strip()
