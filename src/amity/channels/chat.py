"""Web chat: sessions of visitors. A session is a token in the visitor's browser; whoever has it reads its own talk.

Who the visitor is: a browser (its anonymous id, that of the tracking SDK where the site has it), or a user of the site
whom the site's own server vouches for with ``HMAC-SHA256(secret, user id)`` in hex. An e-mail address that a visitor
types is kept as their word and nothing more.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from amity.base import clock, sealing
from amity.base.errors import Forbidden, NotFound, Refused
from amity.channels.chat_models import ChatSession
from amity.channels.receiving_models import Account
from amity.people import api as people

LANGUAGES = ("en", "ru", "pl", "de")
KEPT = timedelta(days=180)  # a token that was not used for so long opens nothing
_SEEN = timedelta(minutes=10)  # how exactly it is known when a session was used last
_ID = re.compile(r"[\x21-\x7e\u00a1-\ud7ff\ue000-\uffff ]{1,200}")


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat on a site, as the widget and its door need it. ``origins``: sites that may show it; "*" any."""

    id: UUID
    key: str
    name: str
    origins: frozenset[str]
    greeting: dict[str, str]  # by language
    privacy_url: str
    colour: str
    secret: str  # with which the site's server signs user ids


@dataclass(frozen=True, slots=True)
class Visitor:
    """A session as the rest of Amity sees it. ``address``: what its conversations are found by."""

    id: UUID
    account_id: UUID
    address: str
    person_id: UUID | None
    user_id: str
    anonymous_id: str
    email: str
    name: str
    language: str
    read_to: str

    @property
    def room(self) -> str:
        return room_of(self.account_id, self.address)


@dataclass(frozen=True, slots=True)
class Opening:
    """What a browser says when it begins. ``proof``: the hex digest that the site's server made of ``user_id``."""

    token: str = ""
    anonymous_id: str = ""
    user_id: str = ""
    proof: str = ""
    name: str = ""
    language: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """``token`` is told once, when it is new. ``before``: the address of an anonymous talk that is this user's now."""

    visitor: Visitor
    token: str
    before: str = ""


def room_of(account_id: UUID, address: str) -> str:
    """What streams of a talk listen for: a digest, because user ids must not travel in notices."""
    return hashlib.blake2b(f"{account_id}:{address}".encode(), digest_size=12).hexdigest()


def chat(key: str) -> Chat:
    """The chat with this public key; raises `NotFound`. 1 query."""
    row = Account.objects.filter(public_key=key, kind=Account.Kind.CHAT, enabled=True).first()
    if row is None:
        raise NotFound(_("There is no chat at this address."))
    told = row.settings
    greeting = told.get("greeting") or {}
    return Chat(
        row.pk, row.public_key, row.name, frozenset(told.get("origins") or ()),
        greeting if isinstance(greeting, dict) else {"en": str(greeting)}, str(told.get("privacy_url") or ""),
        str(told.get("colour") or ""), identity_secret(row),
    )  # fmt: skip


def identity_secret(row: Account) -> str:
    """The secret that a site's server signs user ids with; empty where none was made."""
    return str(json.loads(sealing.unseal(row.secret)).get("identity", "")) if row.secret else ""


def proof_of(secret: str, user_id: str) -> str:
    """What a site's server sends beside a user id: HMAC-SHA256 in hex (RFC 2104)."""
    return hmac.new(secret.encode(), user_id.encode(), hashlib.sha256).hexdigest()


def open_session(about: Chat, opening: Opening) -> Opened:
    """Go on with a session, or begin one. Raises `Forbidden` where a user id is not proved. About 4 queries.

    A browser that was anonymous becomes the user's once the user is proved; one that was another user's begins anew.
    """
    user_id = _proved(about, opening)
    with transaction.atomic():
        row = _row(about.id, opening.token, lock=True)
        if row is not None and row.user_id == user_id:
            _refresh(row, opening)
            return Opened(_view(row), "")
        if row is not None and user_id and not row.user_id:
            return _now_known(row, user_id, opening)
        return _begun(about, user_id, opening)


def visitor(about: Chat, token: str) -> Visitor:
    """Whose session this is; raises `Forbidden`. 1 query, 2 once in ten minutes."""
    row = _row(about.id, token)
    if row is None:
        raise Forbidden(_("This chat has ended. Open it again."))
    if row.seen_at < clock.now() - _SEEN:
        ChatSession.objects.filter(pk=row.pk).update(seen_at=clock.now())
    return _view(row)


def person_of(about: Visitor) -> UUID:
    """The profile that a visitor's words belong to, made with their first words. None to 8 queries."""
    if about.person_id:
        return about.person_id
    if about.user_id:
        found = people.signed_in(about.user_id, about.account_id)
    else:
        found = people.visitor(about.anonymous_id, about.account_id)
    ChatSession.objects.filter(pk=about.id).update(person_id=found)
    return found


def say_contact(about: Visitor, email: str, name: str = "") -> None:
    """Note the address a visitor gives: their word, shown to staff as such. Raises ``Refused("bad_address")``."""
    plain = people.consent.plain_address("email", email) if email else ""
    if email and not plain:
        raise Refused("bad_address", _("This is no e-mail address."))
    told = {"email": plain} if plain else {}
    if name.strip():
        told["name"] = " ".join(name.split())[:200]
    if told:
        ChatSession.objects.filter(pk=about.id).update(**told)


def note_read(about: Visitor, mark: str) -> None:
    """How far the visitor has read. 1 query."""
    ChatSession.objects.filter(pk=about.id).exclude(read_to__gte=mark).update(read_to=mark[:60])


def sweep() -> int:
    """Forget sessions that open nothing any more; how many."""
    return ChatSession.objects.filter(seen_at__lt=clock.now() - KEPT).delete()[0]


def visitors_at(account_id: UUID, address: str) -> list[Visitor]:
    """Sessions of a talk, the latest first, for staff. 1 query."""
    rows = ChatSession.objects.filter(account_id=account_id, address=address).order_by("-seen_at")
    return [_view(row) for row in rows[:20]]


def _proved(about: Chat, opening: Opening) -> str:
    if not opening.user_id or not opening.proof:
        return ""
    good = _ID.fullmatch(opening.user_id) and about.secret
    told = opening.proof.lower().encode("utf-8", "replace")
    if not good or not hmac.compare_digest(proof_of(about.secret, opening.user_id).encode(), told):
        raise Forbidden(_("The site's signature of this user does not fit."))
    return opening.user_id


def _row(account_id: UUID, token: str, lock: bool = False) -> ChatSession | None:
    if not token:
        return None
    rows = ChatSession.objects.select_for_update() if lock else ChatSession.objects.all()
    return rows.filter(account_id=account_id, token_hash=_digest(token), seen_at__gt=clock.now() - KEPT).first()


def _begun(about: Chat, user_id: str, opening: Opening) -> Opened:
    token, own = secrets.token_urlsafe(32), secrets.token_hex(12)
    given = opening.anonymous_id if _ID.fullmatch(opening.anonymous_id) else ""
    row = ChatSession.objects.create(
        account_id=about.id, token_hash=_digest(token), address=_address(user_id) or f"browser:{own}",
        anonymous_id=given or f"chat-{own}", user_id=user_id, **_told(opening),
    )  # fmt: skip
    return Opened(_view(row), token)


def _now_known(row: ChatSession, user_id: str, opening: Opening) -> Opened:
    before, token = row.address, secrets.token_urlsafe(32)
    row.address, row.user_id, row.person_id = _address(user_id), user_id, None
    row.token_hash = _digest(token)  # who kept the anonymous one does not become the user
    row.save(update_fields=["address", "user_id", "person_id", "token_hash"])
    _refresh(row, opening)
    return Opened(_view(row), token, before)


def _refresh(row: ChatSession, opening: Opening) -> None:
    told = {name: value for name, value in _told(opening).items() if value}
    ChatSession.objects.filter(pk=row.pk).update(seen_at=clock.now(), **told)
    for name, value in told.items():
        setattr(row, name, value)


def _told(opening: Opening) -> dict[str, Any]:
    language = opening.language[:2].lower()
    return {
        "name": " ".join(opening.name.split())[:200], "page": opening.page[:500],
        "language": language if language in LANGUAGES else "",
    }  # fmt: skip


def _address(user_id: str) -> str:
    return f"user:{user_id}" if user_id else ""


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _view(row: ChatSession) -> Visitor:
    return Visitor(
        row.pk, row.account_id, row.address, row.person_id, row.user_id, row.anonymous_id, row.email, row.name,
        row.language, row.read_to,
    )  # fmt: skip
