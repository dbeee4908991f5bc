"""How content customers were: one to five and words, asked once a conversation is solved, changeable by them alone.

In a chat the widget asks; by mail a letter with a link does, at most one per conversation, through the send gate. Every
answer is a fact of the log (kind "csat"); the last one counts, and the conversation shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, live
from amity.base.errors import NotFound, Refused
from amity.channels import api as channels
from amity.desk import happenings
from amity.desk.models import Conversation, Happening, State
from amity.desk.thread import KIND
from amity.people import api as people

SCORES = (1, 2, 3, 4, 5)
MAX_WORDS = 2_000
WAIT = timedelta(minutes=30)  # a conversation solved by mistake is open again by then
ASKED_FOR = timedelta(days=2)  # what was solved longer ago is not asked about any more
VALID = timedelta(days=60)  # how long a link can be used
BATCH, MOST = 200, 100_000
MERGES = 10  # one after another, that a link follows
_SALT = "amity.csat"
_LANGUAGES = ("en", "ru", "pl", "de")


@dataclass(frozen=True, slots=True)
class Rating:
    """What a customer answered last; ``score`` 1–5 or None. ``name``: what it is called; ``open``: can be rated now."""

    conversation_id: UUID
    name: str
    score: int | None
    words: str
    open: bool


def rate(conversation_id: UUID, score: int, words: str = "") -> None:
    """The customer says how it was, or changes what they said. 5 queries. Raises `Refused`, `NotFound`.

    The same answer twice is one fact.
    """
    if score not in SCORES:
        raise Refused("bad_score", _("Choose from 1 to 5."))
    told = {"score": score, "words": channels.masked(words.replace("\0", "").strip())[:MAX_WORDS]}
    with transaction.atomic():
        row = Conversation.objects.select_for_update().filter(pk=_whole(conversation_id)).first()
        if row is None or not _can_be_rated(row):
            raise NotFound(_("There is nothing to rate yet."))
        last = _last(row.pk)
        if last is not None and last.data == told:
            return
        happenings.note(row, "csat", "customer", None, told)
        row.csat = score
        row.save(update_fields=["csat"])
        live.tell(KIND, [row.pk])


def rating(conversation_id: UUID) -> Rating:
    """What was answered so far. 3 queries; raises `NotFound`."""
    row = Conversation.objects.filter(pk=_whole(conversation_id)).first()
    if row is None:
        raise NotFound(_("This link leads nowhere any more."))
    last = _last(row.pk)
    name = row.subject or f"#{row.number}"
    return Rating(row.pk, name, row.csat, str(last.data.get("words", "")) if last else "", _can_be_rated(row))


def token_of(conversation_id: UUID) -> str:
    """What the link in a letter carries; it opens the page on which this one conversation is rated."""
    return signing.dumps(conversation_id.hex, salt=_SALT)


def read_token(token: str) -> UUID:
    """The conversation of a link; raises `NotFound` for one that is wrong or too old."""
    try:
        return UUID(signing.loads(token, salt=_SALT, max_age=VALID))
    except (signing.BadSignature, ValueError) as error:
        raise NotFound(_("This link leads nowhere any more.")) from error


def ask_by_mail() -> int:
    """Write to customers whose mail conversation was solved a while ago; how many letters were proposed.

    Safe to run twice: the key of the letter is the conversation.
    """
    now = clock.now()
    due = Conversation.objects.filter(
        state=State.SOLVED, channel="email", csat=None, merged_into=None, person__isnull=False,
        solved_at__lte=now - WAIT, solved_at__gt=now - ASKED_FOR, customer_at__isnull=False,
    ).exclude(address="").order_by("solved_at", "id")  # fmt: skip
    found = _unasked(due)
    for key, row in found.items():
        channels.propose(access.SYSTEM, _letter(key, row))
    return len(found)


def _unasked(due: QuerySet[Conversation]) -> dict[str, Conversation]:
    """The first of these whose customer got no letter yet, at most 200, by the letter's key. 2 queries per 200 read."""
    found: dict[str, Conversation] = {}
    ids = list(due.values_list("pk", flat=True)[:MOST])
    for at in range(0, len(ids), BATCH):
        keys = {f"csat:{pk}": pk for pk in ids[at : at + BATCH]}
        known = channels.known_keys(keys)
        rows = Conversation.objects.in_bulk([pk for key, pk in keys.items() if key not in known])
        found |= {key: rows[pk] for key, pk in keys.items() if pk in rows}
        if len(found) >= BATCH:
            break
    return dict(list(found.items())[:BATCH])


def _letter(key: str, row: Conversation) -> channels.Message:
    language = row.language[:2] if row.language[:2] in _LANGUAGES else settings.LANGUAGE_CODE[:2]
    with translation.override(language):
        link = people.consent.public_url(reverse("csat", args=[token_of(row.pk)]))
        context = {"number": f"#{row.number}", "scores": [(score, f"{link}?score={score}") for score in SCORES]}
        body = render_to_string("desk/mail/csat.txt", context)
        subject = _("How was our answer to your request {number}?").format(number=f"#{row.number}")
    return channels.Message(
        key=key, channel="email", purpose="service", subject=channels.literal(subject), body=channels.literal(body),
        person_id=row.person_id, address=row.address, template="csat", language=language,
    )  # fmt: skip


def _whole(conversation_id: UUID) -> UUID:
    """What a conversation is part of by now: the link of a letter outlives a merge. 1 query, and 1 for each merge."""
    for _step in range(MERGES):
        into = Conversation.objects.filter(pk=conversation_id).values_list("merged_into", flat=True).first()
        if into is None:
            break
        conversation_id = into
    return conversation_id


def _can_be_rated(row: Conversation) -> bool:
    return row.state == State.SOLVED or row.csat is not None or row.reopened > 0


def _last(conversation_id: UUID) -> Happening | None:
    rows = Happening.objects.filter(conversation_id=conversation_id, kind="csat")
    return rows.order_by("-at", "-id").first()
