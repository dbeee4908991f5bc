"""What can be wrong with a record: kinds of problems, and the nouns that rooms register with their own kinds.

A detector only reads: it says what a value is, what it should be, why, and how sure that is. `quality_scan` keeps what
it says as proposals, `quality_apply` carries them out through the noun's own way of changing a record.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db.models import QuerySet
from django.utils.functional import Promise

from amity.access import api as access

Text = str | Promise
Values = Mapping[str, Any]
TRAITS = "traits."  # custom fields stand under this in ``before`` and ``after``


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem. ``version`` grows when its detector changes what it says."""

    key: str
    label: Text
    hint: Text
    noun: str
    version: int = 1
    group: Literal["problem", "gap"] = "problem"


@dataclass(frozen=True, slots=True)
class Found:
    """A problem with its repair. ``after`` is empty where nobody can know what was meant.

    ``reason``: a code of the noun's `reasons` and the words for its placeholders.
    """

    kind: str
    field: str
    before: Values
    after: Values
    reason: tuple[str, Mapping[str, str]]
    confidence: float


@dataclass(frozen=True, slots=True)
class Row:
    """A record as detectors see it: its columns by name, its custom fields, where it came from."""

    id: UUID
    values: Mapping[str, Any]
    traits: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""

    def text(self, name: str) -> str:
        """A column as text."""
        return str(self.values.get(name) or "")


class Noun(ABC):
    """Records that are looked through. Another room registers its own in its ``apps.py``."""

    key: str
    label: Text
    view_permission: str
    edit_permission: str
    url_name: str
    kinds: Sequence[Kind]
    reasons: Mapping[str, Text]
    labels: Mapping[str, Text]  # of fields
    listed_sql = "t.archived_at IS NULL"  # which rows of the table are looked through

    @abstractmethod
    def world(self) -> Any:
        """What detectors need to know about the whole base; read once per scan, set-based."""

    @abstractmethod
    def batch(self, after: UUID | None, limit: int, since: datetime | None, ids: Sequence[UUID] | None) -> list[Row]:
        """The next rows by id (keyset); only those written since, or only these. 1–3 queries."""

    @abstractmethod
    def look(self, row: Row, world: Any) -> Iterable[Found]:
        """Everything that is wrong with one row."""

    @abstractmethod
    def total(self) -> int:
        """About how many rows there are, for progress."""

    @abstractmethod
    def current(self, ids: Sequence[UUID], lock: bool = False) -> dict[UUID, Row]:
        """Rows as they are now. 1–2 queries."""

    @abstractmethod
    def change(self, principal: access.Principal, target_id: UUID, after: Values) -> dict[str, Any] | None:
        """Write ``after`` as a member of staff would; what `take_back` needs, None where nothing changed."""

    @abstractmethod
    def take_back(self, principal: access.Principal, target_id: UUID, undo: Mapping[str, Any]) -> None:
        """Make the row what it was before `change`; values that somebody changed since stay."""

    @abstractmethod
    def visible_model(self) -> Any:
        """The model of its rows."""

    @abstractmethod
    def visible(self, principal: access.Principal) -> QuerySet[Any]:
        """Ids of the rows that ``principal`` sees, as a sub-query."""

    @abstractmethod
    def names(self, ids: Iterable[UUID], principal: access.Principal) -> dict[UUID, str]:
        """What to call rows, only those in sight. 1 query."""

    def told_ids(self, values: Iterable[tuple[str, Any]], principal: access.Principal) -> dict[str, str]:
        """What the ids among these values (field, value) are called, in sight of ``principal``. 1 query or none."""
        return {}

    def value(self, row: Row, name: str) -> Any:
        """A field of a row, custom fields included, as proposals compare it."""
        if name.startswith(TRAITS):
            return plain(row.traits.get(name.removeprefix(TRAITS)))
        return plain(row.values.get(name))


_nouns: dict[str, Noun] = {}


def register(noun: Noun) -> None:
    """Have the rows of a noun looked through; called in a room's apps.py."""
    _nouns[noun.key] = noun


def nouns() -> list[Noun]:
    """All that are registered, in order."""
    return list(_nouns.values())


def noun(key: str) -> Noun:
    """One of them; `KeyError` where no room registered it."""
    return _nouns[key]


def kinds() -> dict[str, Kind]:
    """All kinds by key."""
    return {kind.key: kind for each in _nouns.values() for kind in each.kinds}


def kind_label(key: str) -> str:
    """What a kind is called; the key of one that is gone."""
    known = kinds().get(key)
    return str(known.label) if known else key


def seen_nouns(principal: access.Principal) -> list[Noun]:
    """The nouns whose rows ``principal`` may look at."""
    return [each for each in _nouns.values() if principal.may(each.view_permission)]


def reason(noun_key: str, told: Sequence[Any]) -> str:
    """A stored reason in the reader's language."""
    if not told or noun_key not in _nouns:
        return ""
    text = _nouns[noun_key].reasons.get(told[0])
    if text is None:
        return str(told[0])
    words = told[1] if len(told) > 1 else {}
    return str(text).format(**words) if words else str(text)


def field_label(noun_key: str, name: str) -> str:
    """A field as forms call it; a custom field by its name."""
    if name.startswith(TRAITS):
        return name.removeprefix(TRAITS)
    labels = _nouns[noun_key].labels if noun_key in _nouns else {}
    return str(labels.get(name) or name.replace("_", " "))


def fingerprint(target_id: UUID, found: Found) -> str:
    """The same problem with the same repair is one proposal, however often it is found."""
    parts = [found.kind, str(target_id), found.field, dict(found.before), dict(found.after)]
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def plain(value: Any) -> Any:
    """A value as JSON keeps it."""
    if value is None or isinstance(value, str | int | float | bool | list | dict):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
