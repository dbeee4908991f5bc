"""The portal: a customer proves an e-mail address with a code and sees the requests that are theirs, and no others.

Theirs is what was written from that address by mail, and what is at home with a profile row that proved the address.
What a stranger only said about it (an address typed into a chat, a merge on such a word) opens nothing. Nothing is kept
about sign-ins: who asks gets a sealed cookie with a number of its own, the code is computed from address and number, is
good for ten minutes, three tries and one session, and only in that browser or by the link of the letter.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from amity.access import api as access
from amity.base import clock, jobs, sealing
from amity.base.errors import NotFound, Refused
from amity.channels import api as channels
from amity.desk import csat, thread
from amity.desk.models import Conversation, Message, State
from amity.people import api as people

CODE_MINUTES = 10
TRIES, LETTERS, PER_ADDRESS_SECONDS = 3, 3, 15 * 60
SESSION = timedelta(hours=12)
MOST, MAX_TEXT, MAX_SUBJECT = 100, 20_000, 300
_LOST = ("queued", "held", "refused", "failed", "handing")
_LANGUAGES = ("en", "ru", "pl", "de")


@dataclass(frozen=True, slots=True)
class Asked:
    """A code that was asked for: whose address, which number, when (seconds since 1970)."""

    address: str
    number: str
    at: float

    @property
    def sealed(self) -> str:
        """As the browser keeps it; `read_asked` reads it back."""
        return sealing.seal(json.dumps([self.address, self.number, self.at]))

    @property
    def holds(self) -> bool:
        return 0 <= clock.now().timestamp() - self.at < CODE_MINUTES * 60


@dataclass(frozen=True, slots=True)
class Request:
    """A request as its customer sees it. ``rating``: the page on which it is rated, once it is solved."""

    id: UUID
    name: str
    title: str
    state: str
    state_label: str
    last_at: datetime
    rating: str


@dataclass(frozen=True, slots=True)
class Words:
    """One message. ``mine``: the customer's own."""

    mine: bool
    author: str
    name: str
    text: str
    at: datetime
    files: tuple[str, ...]


def ask_for_code(email: str, client: str, language: str) -> Asked:
    """Have a code sent to an address that is known; what the browser keeps. Raises `Refused`, `TooMany`.

    Answers the same, and as fast, for an address that nobody has: who is known is looked up by a job.
    """
    address = plain(email)
    access.spend("portal.client", client, 30, PER_ADDRESS_SECONDS)
    access.spend("portal.letter", address, LETTERS, PER_ADDRESS_SECONDS)
    asked = Asked(address, secrets.token_hex(12), clock.now().timestamp())
    jobs.named("desk.portal_code").defer(sealed=asked.sealed, language=language)
    return asked


def send_code_to(asked: Asked, language: str) -> bool:
    """The job: a letter with code and link, where somebody has this address. Through the send gate, once."""
    address = asked.address
    if not known(address) or not asked.holds:
        return False
    code = _code(asked)
    with translation.override(language if language in _LANGUAGES else settings.LANGUAGE_CODE):
        token = sealing.seal(json.dumps([address, asked.number, asked.at, code]))
        link = people.consent.public_url(reverse("portal_link", args=[token]))
        body = render_to_string("desk/mail/portal.txt", {"code": code, "link": link, "minutes": CODE_MINUTES})
        message = channels.Message(
            key=f"portal:{asked.number}", channel="email", purpose=people.consent.ACCOUNT,
            subject=channels.literal(_("Your code to sign in")), body=channels.literal(body), address=address,
             template="portal", language=language,
        )  # fmt: skip
    return channels.propose(access.SYSTEM, message).state == "queued"


def sign_in(asked: Asked, code: str) -> str:
    """The sealed session of who typed the right code. Raises ``Refused("bad_code")``, `TooMany` after three tries.

    A code opens one session.
    """
    access.spend("portal.try", asked.number, TRIES, CODE_MINUTES * 60)
    typed = "".join(sign for sign in code if sign.isascii() and sign.isdigit())
    good = hmac.compare_digest(_code(asked).encode(), typed.encode())
    if not good or not asked.holds or not known(asked.address):
        raise Refused("bad_code", _("This code is wrong or too old."))
    if access.spend("portal.used", asked.number, 1_000, 3_600) < 999:
        raise Refused("bad_code", _("This code is wrong or too old."))
    return sealing.seal(json.dumps([asked.address, clock.now().timestamp()]))


def read_asked(sealed: str) -> Asked | None:
    """What a browser kept; None for nothing of ours."""
    told = _unsealed(sealed) if sealed else []
    return _asked(told) if len(told) == 3 else None


def read_link(token: str) -> tuple[Asked, str]:
    """What a link is about, and its code; raises ``Refused("bad_code")``."""
    told = _unsealed(token)
    asked = _asked(told[:3]) if len(told) == 4 else None
    if asked is None:
        raise Refused("bad_code", _("This code is wrong or too old."))
    return asked, str(told[3])


def address_of(session: str) -> str:
    """Who a session belongs to; empty for none, or one that is over."""
    told = _unsealed(session) if session else []
    if len(told) != 2 or not isinstance(told[1], float):
        return ""
    return str(told[0]) if clock.now().timestamp() - told[1] < SESSION.total_seconds() else ""


def plain(email: str) -> str:
    """An address as it is compared; raises ``Refused("bad_address")``."""
    address = people.consent.plain_address("email", email)
    if not address:
        raise Refused("bad_address", _("This is no e-mail address."))
    return address


def known(address: str) -> bool:
    """Whether anything here is this address's. 2 queries."""
    return bool(people.proved("email", address)) or _by_mail(address).exists()


def requests(address: str) -> list[Request]:
    """What this customer asked, newest first (at most 100). 4 queries."""
    rows = Conversation.objects.filter(pk__in=_ids(address)).order_by("-last_at", "-id")[:MOST]
    return [_view(row) for row in rows]


def request(address: str, conversation_id: UUID) -> tuple[Request, list[Words]]:
    """One request with what was said; raises `NotFound` for everybody else's. 8 queries."""
    row = _own(address, conversation_id)
    said = row.messages.filter(direction__in=("in", "out"), withdrawn_at=None).order_by("seq")[:500]
    return _view(row), _words(list(said))


def write(address: str, conversation_id: UUID, text: str, key: str) -> None:
    """The customer goes on with a request; the same ``key`` is one message. Raises as `request`."""
    row, text = _own(address, conversation_id), _checked(text)
    _append(row, text, f"portal:{row.pk}:{key[:60]}")


def open_request(address: str, subject: str, text: str, key: str) -> UUID:
    """A new request; answers go to the address and show here. The same ``key`` opens one. Raises `Refused`."""
    text, subject = _checked(text), channels.masked(" ".join(subject.split()))[:MAX_SUBJECT]
    if not subject:
        raise Refused("no_subject", _("Say in a few words what it is about."))
    said_key = f"portal:{hashlib.sha256(address.encode()).hexdigest()[:24]}:{key[:60]}"
    with transaction.atomic():
        known_one = Message.objects.filter(key=said_key).first()
        if known_one is not None:
            return known_one.conversation_id
        person_id, account_id = people.contact("email", address), channels.usual_account("email")
        row = thread.open_conversation(person_id, "email", subject, account_id, address)
        _append(row, text, said_key)
    return row.pk


def _append(row: Conversation, text: str, key: str) -> None:
    thread.append(row.pk, thread.Said(key=key, direction="in", author="customer", text=text, channel=row.channel))


def _own(address: str, conversation_id: UUID) -> Conversation:
    row = Conversation.objects.filter(pk=conversation_id).first()
    if row is None or row.pk not in _ids(address, conversation_id):
        raise NotFound(_("This request is not here."))
    return row


def _by_mail(address: str) -> QuerySet[Conversation]:
    rows = Conversation.objects.filter(channel="email", address=address, merged_into=None)
    return rows.exclude(state=State.SPAM)


def _ids(address: str, only: UUID | None = None) -> set[UUID]:
    """Conversations of an address: written from it by mail, or at home with who proved it."""
    rows = Conversation.objects.filter(merged_into=None).exclude(state=State.SPAM)
    rows = rows.filter(pk=only) if only else rows
    found = set(rows.filter(channel="email", address=address).order_by("-last_at").values_list("pk", flat=True)[:MOST])
    members = people.proved("email", address)
    if members:
        tops = set(people.survivors(members).values())
        near = dict(rows.filter(person_id__in=tops).order_by("-last_at").values_list("pk", "person_id")[: 5 * MOST])
        found |= {pk for pk, home in people.homes_of("conversation", near).items() if home in members}
    return found


def _words(messages: Sequence[Message]) -> list[Words]:
    states = channels.deliveries([each.outgoing_id for each in messages if each.outgoing_id])
    names = access.staff_names({each.staff_id for each in messages if each.staff_id})
    ids = [UUID(str(file)) for each in messages for file in each.files]
    files = channels.file_views(ids) if ids else {}
    shown = []
    for each in messages:
        told = states.get(each.outgoing_id) if each.outgoing_id else None
        if told is not None and told.state in _LOST:
            continue
        name = names.get(each.staff_id, "").split(" ")[0] if each.staff_id else ""
        named = tuple(files[pk].name for file in each.files if (pk := UUID(str(file))) in files)
        shown.append(Words(each.author == "customer", each.author, name, each.text, each.at, named))
    return shown


def _view(row: Conversation) -> Request:
    solved = row.state == State.SOLVED
    waits = row.state == State.PENDING
    label = pgettext("request", "Solved") if solved else _("Waiting for you") if waits else _("We are on it")
    rating = reverse("csat", args=[csat.token_of(row.pk)]) if solved else ""
    state = "solved" if solved else "pending" if waits else "open"
    return Request(
        row.pk, f"#{row.number}", row.subject or row.opening or row.snippet or f"#{row.number}", state, label,
        row.last_at, rating,
    )  # fmt: skip


def _checked(text: str) -> str:
    text = channels.masked(text.replace("\0", "").replace("\r\n", "\n").strip())
    if not text:
        raise Refused("message_empty", _("Write something first."))
    if len(text) > MAX_TEXT:
        raise Refused("message_long", _("This is too long for one message."))
    return text


def _asked(told: list[object]) -> Asked | None:
    address, number, at = told
    return Asked(str(address), str(number), at) if isinstance(at, float) else None


def _code(asked: Asked) -> str:
    """Six digits that only this installation can work out (HOTP's truncation, RFC 4226)."""
    about = f"{asked.address}:{asked.number}".encode()
    told = hmac.new(f"portal:{settings.SECRET_KEY}".encode(), about, hashlib.sha256).digest()
    at = told[-1] & 15
    return f"{(int.from_bytes(told[at : at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


def _unsealed(token: str) -> list[object]:
    try:
        told = json.loads(sealing.unseal(token))
    except (Refused, ValueError):
        return []
    return told if isinstance(told, list) else []
