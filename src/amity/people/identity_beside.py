"""What the pipeline lets a second connection do while its own waits: reading who is who, and tidying the word index.

Only while there is much to catch up with, and let go of as soon as there is not.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

import psycopg

from amity.events import api as events
from amity.people import identity_rows as rows
from amity.people import literals
from amity.people.identity import Device, Memory
from amity.people.identity_junk import plain_id

MANY = 2_000  # events in a batch from which on a second connection is worth its while
_TIDY_EVERY = 4  # batches
_DEVICES = "SELECT value, id, login_id, shared FROM people_device WHERE value = ANY(%s::text[])"
# Changed rows wait in a list before the index of words: whoever fills it up pays for all, for seconds.
_TIDY = "SELECT gin_clean_pending_list('person_search')"


@dataclass(slots=True)
class Found:
    """Rows of user ids and devices."""

    logins: dict[str, UUID]
    devices: dict[str, Device]

    def put(self, memory: Memory) -> None:
        """Into what is remembered, unless it is there."""
        for value, login in self.logins.items():
            memory.logins.setdefault(value, login)
        for value, device in self.devices.items():
            memory.devices.setdefault(value, device)


@dataclass(slots=True)
class Beside:
    """One thread with one connection of its own."""

    _pool: ThreadPoolExecutor = field(default_factory=partial(ThreadPoolExecutor, 1, "beside"))
    _connection: psycopg.Connection[Any] | None = None
    _batches: int = 0

    def look_up(self, memory: Memory, facts: Sequence[events.Fact]) -> Future[Found] | None:
        """Begin to read the identifiers of a big batch that ``memory`` lacks.

        Call it while nobody else may change who is who (`merge_groups.lock`), with nothing changed yet: what it sees
        is then what the caller's transaction would see.
        """
        if len(facts) < MANY:
            if self._connection is not None:
                self._pool.submit(self._close)
            return None
        logins = {plain_id(fact.user_id) for fact in facts if fact.user_id} - memory.logins.keys() - {""}
        devices = {plain_id(fact.anonymous_id) for fact in facts if fact.anonymous_id} - memory.devices.keys() - {""}
        found = self._pool.submit(self._read, logins, devices)
        self._batches += 1
        if self._batches % _TIDY_EVERY == 0:
            self._pool.submit(self._tidy)
        return found

    def rest(self) -> None:
        """Wait until nothing is under way."""
        self._pool.submit(lambda: None).result()

    def _read(self, logins: set[str], devices: set[str]) -> Found:
        try:
            with self._opened().cursor() as cursor:
                known = rows.logins(cursor, logins)
                cursor.execute(_DEVICES, [literals.texts(devices)])
                return Found(known, {value: Device(*rest) for value, *rest in cursor.fetchall()})
        except psycopg.Error:
            self._close()
            raise

    def _tidy(self) -> None:
        with contextlib.suppress(psycopg.Error):  # the server does it by itself, when it must
            self._opened().execute(_TIDY)

    def _opened(self) -> psycopg.Connection[Any]:
        if self._connection is None:
            self._connection = events.own_connection()
        return self._connection

    def _close(self) -> None:
        held, self._connection = self._connection, None
        if held is not None:
            with contextlib.suppress(psycopg.Error):
                held.close()
