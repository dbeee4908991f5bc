"""Telling open pages that a record changed: `tell` in the transaction of the change, Postgres carries it (NOTIFY).

Only kinds and ids travel, never values: a page that hears its record named asks for its parts again, through the
same access checks as always. A room registers who may hear of its kinds (`register`) in its ``apps.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from django.db import connection

CHANNEL = "amity_live"
MANY = 2_000  # more ids than this in one call are told as "many of this kind changed"
_PER_NOTICE = 200  # 200 ids take 7,450 bytes at most; Postgres carries less than 8,000 per notice
Sees = Callable[[Any, frozenset[str]], set[str]]
HearsAll = Callable[[Any], bool]

_kinds: dict[str, Sees] = {}
_hears_all: dict[str, HearsAll] = {}


def register(kind: str, sees: Sees, hears_all: HearsAll | None = None) -> None:
    """Make ``kind`` known. ``sees(principal, ids)``: those of ``ids`` that the principal may see, at most 1 query.

    ``hears_all(principal)``: whether that is every one of them whatever they are, said without a query.
    """
    _kinds[kind] = sees
    _hears_all.pop(kind, None)
    if hears_all is not None:
        _hears_all[kind] = hears_all


def hears_all(principal: Any, kind: str) -> bool:
    """Whether ``principal`` may hear of every record of ``kind``; False where that takes a query to say. Pure."""
    return kind in _hears_all and _hears_all[kind](principal)


def kinds() -> frozenset[str]:
    """Everything that can be listened to."""
    return frozenset(_kinds)


def visible(principal: Any, kind: str, ids: Iterable[str]) -> set[str]:
    """Those of ``ids`` that ``principal`` may hear of; nothing of an unknown kind. At most 1 query."""
    wanted = frozenset(ids)
    return _kinds[kind](principal, wanted) & wanted if wanted and kind in _kinds else set()


_waiting: ContextVar[dict[tuple[str, bool], set[str]] | None] = ContextVar("live_notices", default=None)


@contextmanager
def together() -> Iterator[None]:
    """What is told within it is told at its end, each thing once. 1 query; nothing where it raises."""
    if _waiting.get() is not None:
        yield
        return
    waiting: dict[tuple[str, bool], set[str]] = {}
    token = _waiting.set(waiting)
    try:
        yield
    finally:
        _waiting.reset(token)
    _send([text for (kind, soon), ids in waiting.items() for text in notices(kind, ids, soon)])


def tell(kind: str, ids: Iterable[UUID | str], cursor: Any = None, *, soon: bool = False) -> None:
    """Tell open pages, when this transaction commits, that these records changed. At most 1 query.

    Within a transaction equal notices are sent once (Postgres does that). ``cursor``: an open cursor to use, for
    whoever works below Django's connection. ``soon``: somebody waits for an answer to it, so lists that show it do
    not rest first; for what people do one at a time, never for mass work.
    """
    waiting = _waiting.get()
    if waiting is not None and cursor is None:
        waiting.setdefault((kind, soon), set()).update(map(str, ids))
        return
    _send(notices(kind, ids, soon), cursor)


def _send(texts: list[str], cursor: Any = None) -> None:
    if not texts:
        return
    sql = "SELECT pg_notify(%s, notice) FROM unnest(%s::text[]) AS notice"
    if cursor is not None:
        cursor.execute(sql, [CHANNEL, texts])
        return
    with connection.cursor() as own:
        own.execute(sql, [CHANNEL, texts])


def say(kind: str, subject_id: UUID | str, words: Mapping[str, str]) -> None:
    """Tell open pages of one record something that is kept nowhere, such as who is writing. 1 query.

    At most 500 bytes; told to whoever may hear of the record and listens at that moment.
    """
    text = json.dumps({"kind": kind, "ids": [str(subject_id)], "say": dict(words)}, separators=(",", ":"))
    if len(text.encode()) > 700:
        raise ValueError("too long for a notice")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, text])


def notices(kind: str, ids: Iterable[UUID | str], soon: bool = False) -> list[str]:
    """The payloads that `tell` sends, each under 8,000 bytes; ``ids`` empty in a payload means "many"."""
    several = set(ids)
    if len(several) > MANY:
        return [json.dumps({"kind": kind, "ids": []}, separators=(",", ":"))]
    known = sorted({str(each) for each in several})
    chunks = (known[at : at + _PER_NOTICE] for at in range(0, len(known), _PER_NOTICE))
    more = {"soon": True} if soon else {}
    return [json.dumps({"kind": kind, "ids": chunk, **more}, separators=(",", ":")) for chunk in chunks]


def said(payload: str) -> tuple[str, str, dict[str, str]] | None:
    """(kind, id, words) of what `say` told; None for any other notice."""
    try:
        told = json.loads(payload)
        return str(told["kind"]), str(told["ids"][0]), {str(k): str(v) for k, v in told["say"].items()}
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None


def read(payload: str) -> tuple[str, frozenset[str] | None, bool] | None:
    """(kind, ids, soon) of a notice, ids None for "many"; None for what is no notice of ours."""
    try:
        told = json.loads(payload)
        kind, ids, soon = told["kind"], told["ids"], told.get("soon", False)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    if not isinstance(kind, str) or not isinstance(ids, list):
        return None
    return kind, frozenset(map(str, ids)) or None, soon is True
