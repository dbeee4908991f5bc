"""What the door of web chat does for a visitor, on a thread with a connection of its own. Every answer is JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeVar
from urllib.parse import unquote

import msgspec
from django.db import InterfaceError, OperationalError, close_old_connections, connections, transaction
from django.utils import translation

from amity.base.errors import Refused
from amity.base.ids import read_id
from amity.channels import api as channels
from amity.desk import api as desk
from amity.web import chat_live_http as http
from amity.web.chat_live_hub import Round, Who

MAX_FILE = 10 * 1024**2
T = TypeVar("T")
Told = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """What came with a request: the token, the body as sent, a file's name, a mark."""

    token: str
    raw: bytes
    name: str = ""
    after: str = ""


def connected(doing: Callable[..., T], *given: Any) -> T:
    """Do it with a sound connection; raises ``OSError`` while the database is away."""
    close_old_connections()
    try:
        return doing(*given)
    except (OperationalError, InterfaceError) as error:
        raise OSError("database") from error
    finally:
        close_old_connections()


def close_connections() -> None:
    connections.close_all()


def news(marks: dict[Who, str]) -> Round:
    """What is new for these visitors. 4 queries."""
    return Round(desk.chat.lines_after(marks), desk.chat.standings(marks))


def visitor(about: channels.chat.Chat, token: str) -> channels.chat.Visitor:
    return channels.chat.visitor(about, token)


def begin(about: channels.chat.Chat, told: http.SessionIn, language: str) -> Told:
    """Begin or go on; the history comes along. About 11 queries."""
    with translation.override(language):
        opening = channels.chat.Opening(**msgspec.structs.asdict(told))
        with transaction.atomic():
            opened = channels.chat.open_session(about, opening)
            me = opened.visitor
            if opened.before:
                desk.chat.now_known(about.id, opened.before, me.address, channels.chat.person_of(me))
    spoken = me.language or language
    return {
        "token": opened.token,
        "name": about.name,
        "greeting": about.greeting.get(spoken) or about.greeting.get("en", ""),
        "privacy_url": about.privacy_url,
        "colour": about.colour,
        "known": bool(me.user_id),
        "bot": channels.starts_with_bot(about.id),
        "email": me.email,
        "read": me.read_to,
        **_state(about, me),
    }


def messages(about: channels.chat.Chat, given: Given, language: str) -> Told:
    """The newest messages, oldest first, and where the talk stands."""
    return _state(about, _me(about, given, language))


def say(about: channels.chat.Chat, given: Given, language: str) -> Told:
    """Take in what a visitor says."""
    told: http.MessageIn = http.parsed(given.raw, http.MessageIn)
    with translation.override(language):
        me = channels.chat.visitor(about, given.token)
        taken = channels.chat.say(me, told.id, told.text, channels.chat.own_files(me, told.files))
    return {"id": taken.id, "conversation": taken.conversation_id, "new": taken.new}


def sign(about: channels.chat.Chat, given: Given, language: str) -> Told:
    """Staff see that the visitor types, and how far they have read."""
    told: http.SignIn = http.parsed(given.raw, http.SignIn)
    me = _me(about, given, language)
    if told.read:
        channels.chat.note_read(me, told.read)
    home = desk.chat.standing(about.id, me.address).conversation_id
    if home and told.read:
        desk.chat.visitor_does(home, "read")
    if home and told.typing:
        desk.chat.visitor_does(home, "writes")
    return {}


def contact(about: channels.chat.Chat, given: Given, language: str) -> Told:
    """The visitor says how to be reached."""
    told: http.ContactIn = http.parsed(given.raw, http.ContactIn)
    with translation.override(language):
        channels.chat.say_contact(channels.chat.visitor(about, given.token), told.email[:254], told.name[:200])
    return {}


def file(about: channels.chat.Chat, given: Given, language: str) -> Told:
    """The visitor gives a file; the message that names its id takes it along."""
    with translation.override(language):
        me = channels.chat.visitor(about, given.token)
        return {"id": channels.chat.give_file(me, unquote(given.name)[:255], given.raw)}


def content(about: channels.chat.Chat, given: Given, language: str) -> bytes:
    """A file of the visitor's own talk."""
    me = _me(about, given, language)
    wanted = read_id(given.after)
    if wanted is None:
        raise Refused("bad_id", "Name a file.", 400)
    return channels.file_content(desk.chat.file_for(about.id, me.address, wanted).id)


def person(about: channels.chat.Chat, given: Given, language: str) -> Told:
    """The visitor wants to talk to a person."""
    me = _me(about, given, language)
    with translation.override(me.language or language):
        desk.chat.want_person(about.id, me.address)
    return {}


def rate(about: channels.chat.Chat, given: Given, language: str) -> Told:
    """The visitor says how it was."""
    told: http.RatingIn = http.parsed(given.raw, http.RatingIn)
    with translation.override(language):
        me = channels.chat.visitor(about, given.token)
        desk.chat.rate(about.id, me.address, told.score, told.words)
    return {}


def _me(about: channels.chat.Chat, given: Given, language: str) -> channels.chat.Visitor:
    with translation.override(language):
        return channels.chat.visitor(about, given.token)


def _state(about: channels.chat.Chat, me: channels.chat.Visitor) -> Told:
    return {
        "lines": desk.chat.history(about.id, me.address),
        "standing": asdict(desk.chat.standing(about.id, me.address)),
    }


BY_PLACE: dict[tuple[str, str], Callable[[channels.chat.Chat, Given, str], Told]] = {
    ("messages", "GET"): messages, ("messages", "POST"): say, ("signs", "POST"): sign, ("contact", "POST"): contact,
    ("files", "POST"): file,
    ("person", "POST"): person, ("rating", "POST"): rate,
}  # fmt: skip
