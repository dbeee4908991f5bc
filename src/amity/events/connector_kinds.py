"""What a connector reads, in pieces: a database, a REST endpoint or a folder. Reading changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _

from amity.base.errors import Refused
from amity.events.mapping_paths import Sample

BATCH = 2_000
PREVIEW = 20
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows as samples for the mapping, the position behind them, and whether there may be more.

    ``rejected``: rows that could not even be read, with the reason. ``files``: what the run notes about files.
    """

    rows: list[Sample]
    position: Json
    more: bool
    rejected: list[str] = field(default_factory=list)
    files: list[FileNote] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FileNote:
    """A file that was met: what it was when it was read, and how far that went."""

    name: str
    size: int
    modified_ns: int
    sha256: str
    rows: int
    finished: bool
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """One request to a reader. ``fresh``: the first batch of a run. ``connector_id`` None: only looking."""

    settings: Json
    secret: str
    position: Json
    limit: int
    fresh: bool
    connector_id: UUID | None = None


class Reader(Protocol):
    """One kind of connector."""

    def check(self, settings: Json) -> Json:
        """Settings as they are stored. Raises ``Refused("bad_connector")``."""
        ...

    def read(self, reading: Reading) -> Piece:
        """The next rows. Raises ``Refused`` with what the other side said."""
        ...


def sample_of(row: Any, identity: bytes = b"") -> Sample:
    """A row as a sample; the same row read again has the same bytes, so its event is known."""
    raw = identity + msgspec.json.encode(row, order="deterministic")
    return Sample(row, raw=raw)


def settings_as(kind: type[Any], settings: Json) -> Any:
    """Settings as a struct; raises ``Refused("bad_connector")`` naming the field."""
    try:
        return msgspec.convert(settings, kind)
    except msgspec.ValidationError as error:
        raise Refused("bad_connector", _("The settings cannot be used: {reason}.").format(reason=error)) from error


def refused(code: str, message: str) -> Refused:
    """What the other side said, as a refusal."""
    return Refused(code, message[:280])
