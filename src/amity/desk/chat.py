"""Web chat as its visitors see it: what was said in their conversations, in order, and nothing else.

A visitor's talk is every conversation of that address at that chat. A place in it is a mark,
``<conversation id>:<number>``, which grows; what comes after a mark is exactly what its reader has not seen. An answer
that can still be taken back holds up what follows it for these seconds, so that the order is the same for everybody.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, live
from amity.base.errors import NotFound
from amity.channels import api as channels
from amity.desk import conversations_following, csat
from amity.desk.handing import hand_over
from amity.desk.models import Conversation, Happening, Message, State
from amity.desk.thread import KIND

START = f"{UUID(int=0)}:00000000"
PAGE = 100  # messages that a visitor gets at once
_WAITING, _LOST = ("queued", "handing"), ("held", "refused", "failed", "unknown")
_PATIENCE = timedelta(minutes=1)  # an answer that waits for longer holds up nobody
_AFTER = """
SELECT u.room, few.* FROM
unnest(%s::text[], %s::uuid[], %s::text[], %s::uuid[], %s::bigint[]) AS u (room, account, address, home, seq)
CROSS JOIN LATERAL (
    SELECT m.id AS message, m.key, c.id AS home, m.seq, m.author, m.author_name, m.staff_id, m.text, m.files,
           m.citations, m.at, m.outgoing_id
    FROM desk_conversation c JOIN desk_message m ON m.conversation_id = c.id
    WHERE c.account_id = u.account AND c.address = u.address AND c.id >= u.home AND (c.id, m.seq) > (u.home, u.seq)
      AND m.channel = 'chat' AND m.direction IN ('in', 'out') AND m.withdrawn_at IS NULL
    ORDER BY c.id, m.seq LIMIT %s) few
ORDER BY u.room, few.home, few.seq
"""
_STANDINGS = """
SELECT u.room, c.id, c.state, c.handler, c.csat, c.waiting_since IS NOT NULL
FROM unnest(%s::text[], %s::uuid[], %s::text[]) AS u (room, account, address)
CROSS JOIN LATERAL (
    SELECT * FROM desk_conversation c WHERE c.account_id = u.account AND c.address = u.address
      AND c.merged_into_id IS NULL AND c.state <> 'spam' ORDER BY c.last_at DESC, c.id DESC LIMIT 1) c
"""
_LATEST = """
SELECT c.id, m.seq FROM desk_conversation c JOIN desk_message m ON m.conversation_id = c.id
WHERE c.account_id = %s AND c.address = %s ORDER BY c.id DESC, m.seq DESC OFFSET %s LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file of a message."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Line:
    """One message as the visitor reads it. ``mark``: its place; ``author``: customer, staff, bot, system."""

    mark: str
    id: UUID
    author: str
    name: str
    text: str
    files: tuple[FileLine, ...]
    sources: tuple[str, ...]  # titles of what an answer quotes
    at: datetime
    said: str  # id of what the visitor said, as posting it returned


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a visitor's newest conversation stands. ``handler``: staff or bot; ``state`` as in `State`."""

    conversation_id: UUID | None
    state: str
    handler: str
    csat: int | None
    waiting: bool  # the visitor's last word has no answer yet


NOTHING = Standing(None, "", "", None, False)


def heard(conversation: Conversation, message: Message) -> None:
    """`thread` listener: open chats of the visitor are told. 1 query, none on other channels."""
    if message.channel == "chat" and conversation.account_id and message.direction != "note":
        channels.chat.tell(conversation.account_id, conversation.address)


def visitor_does(conversation_id: UUID | str, does: str) -> None:
    """Pages of staff see what the visitor does (writes, looks, left, read); kept nowhere. 1 query."""
    live.say(KIND, conversation_id, {"who": "", "id": "customer", "does": does})


def lines_after(marks: Mapping[tuple[UUID, str], str]) -> dict[str, list[Line]]:
    """What is new by room, for readers at (account, address) who have read up to a mark. 3 queries, however many.

    At most ``PAGE`` of each; who gets so many asks again.
    """
    rows = _rows(marks)
    states = channels.chat.states_of([row[-1] for row in rows if row[-1]])
    names = access.staff_names({row[7] for row in rows if row[7]})
    files = _files(rows)
    found: dict[str, list[Line]] = {}
    stopped: set[str] = set()
    old = clock.now() - _PATIENCE
    for row in rows:
        room, state = row[0], states.get(row[-1], "")
        if room in stopped or state in _LOST or (state in _WAITING and row[11] < old):
            continue
        if state in _WAITING:
            stopped.add(room)
        else:
            found.setdefault(room, []).append(_line(row, names, files))
    return found


def history(account_id: UUID, address: str) -> list[Line]:
    """The newest messages of a visitor's talk, oldest first. 4 queries."""
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, [account_id, address, PAGE])
        row = cursor.fetchone()
    since = f"{row[0]}:{row[1]:08d}" if row else START
    return lines_after({(account_id, address): since}).get(channels.chat.room_of(account_id, address), [])


def standings(who: Iterable[tuple[UUID, str]]) -> dict[str, Standing]:
    """Where the newest conversation of each visitor stands, by room. 1 query."""
    rooms = [(channels.chat.room_of(*each), *each) for each in who]
    found = dict.fromkeys((room for room, *_who in rooms), NOTHING)
    if rooms:
        with connection.cursor() as cursor:
            cursor.execute(_STANDINGS, [list(column) for column in zip(*rooms, strict=True)])
            found |= {room: Standing(*told) for room, *told in cursor.fetchall()}
    return found


def standing(account_id: UUID, address: str) -> Standing:
    """`standings` of one visitor."""
    return standings([(account_id, address)])[channels.chat.room_of(account_id, address)]


def newest(account_id: UUID, address: str) -> Conversation | None:
    """The conversation that goes on. 1 query."""
    rows = Conversation.objects.filter(account_id=account_id, address=address, merged_into=None)
    return rows.exclude(state=State.SPAM).order_by("-last_at", "-id").first()


def file_for(account_id: UUID, address: str, file_id: UUID) -> channels.AttachmentView:
    """A file that was said in this visitor's talk; raises `NotFound` for any other. 2 queries."""
    said = Message.objects.filter(
        conversation__account_id=account_id, conversation__address=address, channel="chat",
        direction__in=("in", "out"), withdrawn_at=None, files__contains=[str(file_id)],
    )  # fmt: skip
    found = channels.file_views([file_id]).get(file_id) if said.exists() else None
    if found is None or found.refused:
        raise NotFound(_("There is no such file."))
    return found


def want_person(account_id: UUID, address: str) -> None:
    """The visitor wants a person: the bot lets go of the conversation, now or when its first message comes."""
    home = standing(account_id, address).conversation_id
    if home is not None:
        hand_over(home, "", "asked")


def rate(account_id: UUID, address: str, score: int, words: str) -> None:
    """The visitor says how the newest conversation was. Raises as `csat.rate`."""
    home = standing(account_id, address).conversation_id
    if home is None:
        raise NotFound(_("There is nothing to rate yet."))
    csat.rate(home, score, words)


def now_known(account_id: UUID, before: str, address: str, person_id: UUID) -> None:
    """What an anonymous visitor said belongs to the user whom the site vouched for. In the caller's transaction."""
    rows = Conversation.objects.filter(account_id=account_id, address=before)
    homes = dict(rows.values_list("pk", "person_id"))
    ids = list(homes)
    if ids:
        rows.update(address=address, person_id=person_id)
        said = Message.objects.filter(conversation_id__in=ids)
        said.update(person_id=person_id)
        received = said.filter(received_id__isnull=False).values_list("received_id", flat=True)
        channels.move_received([pk for pk in received if pk], person_id=person_id)
        for home, was in homes.items():
            conversations_following.letters(home, was, person_id)
        Happening.objects.filter(conversation_id__in=ids).update(person_id=person_id)


def _rows(marks: Mapping[tuple[UUID, str], str]) -> Sequence[Any]:
    places = [(channels.chat.room_of(*who), *who, *read(mark)) for who, mark in marks.items()]
    if not places:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_AFTER, [*(list(column) for column in zip(*places, strict=True)), PAGE])
        return list(cursor.fetchall())


def read(mark: str) -> tuple[UUID, int]:
    """A mark's conversation and number; the very start for what is none."""
    home, _colon, number = mark.partition(":")
    try:
        return UUID(home), int(number)
    except ValueError:
        return UUID(int=0), 0


def _files(rows: Sequence[Any]) -> dict[str, FileLine]:
    """Files of these messages that can be opened. 1 query, none without files."""
    ids = [UUID(each) for row in rows for each in _list(row[9])]
    found = channels.file_views(ids) if ids else {}
    return {str(pk): FileLine(str(pk), view.name) for pk, view in found.items() if not view.refused}


def _line(row: Any, names: Mapping[UUID, str], known: Mapping[str, FileLine]) -> Line:
    _said_in, pk, key, home, seq, author, name, staff_id, text, files, citations, at, _outgoing = row
    shown = name if author == "customer" else (names.get(staff_id, "") or name).split(" ")[0]
    said = key.rpartition(":")[2] if author == "customer" else ""
    return Line(
        f"{home}:{seq:08d}", pk, author, shown, text, tuple(known[each] for each in _list(files) if each in known),
        tuple(str(each.get("title", "")) for each in _list(citations)), at, said,
    )  # fmt: skip


def _list(value: Any) -> Iterable[Any]:
    """A JSON column of a raw query."""
    return json.loads(value) if isinstance(value, str) else (value or ())
