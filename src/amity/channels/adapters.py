"""What an adapter of a provider is: who may speak for it, what its payloads say, how it is asked and written to.

An adapter knows one provider's payloads and nothing of people, conversations or the gate. What comes in goes through
`adapters_taking`, what goes out through `adapters_carrier`; both are the same for every provider.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, get_args
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from amity.base import sealing
from amity.channels.models import Account, Outgoing
from amity.channels.receiving import Incoming
from amity.engines import api as engines

Word = Literal["", "stop", "start"]
Delivered = Literal["sent", "delivered", "read", "failed"]
MAX_BODY = 12 * 1024**2


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request of a provider. ``url`` is the address as the provider called it; header names in lower case."""

    url: str
    headers: Mapping[str, str]
    body: bytes = b""
    query: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; raises `Malformed`."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise Malformed("not JSON") from error
        if not isinstance(found, dict):
            raise Malformed("not an object")
        return found


class Malformed(ValueError):
    """A payload is not what its provider documents; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A file of a message: ``content``, or ``ref`` by which the provider gives it."""

    name: str
    type: str = ""
    ref: str = ""
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as a payload tells it. ``kind``: of the address for `people.contact`; ``answers``: a provider's ids."""

    message: Incoming
    kind: str
    files: Sequence[Remote] = ()
    answers: Sequence[str] = ()
    language: str = ""
    word: Word = ""
    confirmed: bool = False  # the provider has answered the word itself


@dataclass(frozen=True, slots=True)
class Progress:
    """What a provider says about a message of ours, found by our own id or by its."""

    state: Delivered
    at: datetime
    own_id: UUID | None = None
    provider_id: str = ""
    text: str = ""
    reason: str = ""
    dead: bool = False


@dataclass(slots=True)
class Parsed:
    """What a payload says. ``broken``: parts that could not be read, raw, with the reason."""

    messages: list[Heard] = field(default_factory=list)
    states: list[Progress] = field(default_factory=list)
    broken: list[tuple[bytes, str]] = field(default_factory=list)

    def read(self, parts: Iterable[Any], reads: Callable[[Any], Heard | Progress | None]) -> None:
        """Add what each part says; one that cannot be read is kept as broken and does not take the others along."""
        for part in parts:
            try:
                said = reads(part)
            except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
                self.broken.append((raw_of(part), f"{type(error).__name__}: {error}"[:300]))
                continue
            if isinstance(said, Heard):
                self.messages.append(said)
            elif said:
                self.states.append(said)


@dataclass(frozen=True, slots=True)
class Setting:
    """A field of an account's settings page. Secrets are sealed and never shown."""

    name: str
    label: Any
    secret: bool = False
    required: bool = False
    help: Any = ""


class Adapter(Protocol):
    """One provider; see the module."""

    @property
    def kind(self) -> str:
        """The kind of account, which is also the channel."""

    @property
    def settings(self) -> Sequence[Setting]:
        """What an account can be told."""

    def verify(self, arrival: Arrival, account: Account) -> bool:
        """Whether the provider sent this. Never raises; without a secret nobody is believed."""

    def parse(self, arrival: Arrival, account: Account) -> Parsed:
        """What it says. A broken part does not take the others along; raises `Malformed` when nothing can be read."""

    def fetch(self, ref: str, account: Account) -> bytes:
        """The content of a file; raises `engines.ProviderTrouble`."""

    def hand_over(self, row: Outgoing, account: Account, message: engines.Outbound) -> engines.Receipt:
        """Hand a message over; never raises for what providers and networks do."""

    def ask(self, account: Account) -> str:
        """Ask the provider who we are, and have it call us; a name. Raises `engines.ProviderTrouble`."""

    def ready(self, account: Account) -> bool:
        """Whether the account has what sending needs."""


_adapters: dict[str, Adapter] = {}


def register_adapter(adapter: Adapter) -> None:
    """Called in apps.py."""
    _adapters[adapter.kind] = adapter


def adapter(kind: str) -> Adapter | None:
    """The adapter of a kind of account, None where it has none (mail, chat)."""
    return _adapters.get(kind)


def kinds() -> tuple[str, ...]:
    """Kinds that have an adapter."""
    return tuple(_adapters)


def secret_of(account: Account, name: str) -> str:
    """A secret of an account, empty where there is none."""
    told = json.loads(sealing.unseal(account.secret)) if account.secret else {}
    return str(told.get(name, ""))


def hook_url(account: Account) -> str:
    """The address that the provider calls, empty where this installation has no public address."""
    path = reverse("provider_hook", args=[account.kind, account.public_key])
    base = settings.CONFIG.public_url.rstrip("/")
    return f"{base}{path}" if base else ""


def private_allowed() -> bool:
    """Whether addresses inside our own network may be asked (`webhook_allow_private`)."""
    return bool(settings.CONFIG.webhook_allow_private)


def progress_of(
    state: str, at: datetime, own_id: UUID | None, provider_id: str = "", *, text: str = "", reason: str = "",
    dead: bool = False,
) -> Progress:  # fmt: skip
    """What a provider says about a message of ours; raises `Malformed` for a state that is none. Pure."""
    if state not in get_args(Delivered):
        raise Malformed(f"unknown state {state[:40]}")
    gone = dead and state == "failed"
    return Progress(state, at, own_id, provider_id, text[:1_000], reason, gone)  # type: ignore[arg-type]


def text_at(told: Any, *path: str) -> str:
    """The text at a path of a JSON object, empty where there is none. Numbers become text. Pure."""
    for name in path:
        told = told.get(name) if isinstance(told, dict) else None
    return str(told) if isinstance(told, (str, int, float)) and not isinstance(told, bool) else ""


def items_at(told: Any, *path: str) -> list[Any]:
    """The list at a path of a JSON object; empty where there is none. Pure."""
    for name in path:
        told = told.get(name) if isinstance(told, dict) else None
    return told if isinstance(told, list) else []


def raw_of(told: Any) -> bytes:
    """A part of a payload as bytes."""
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")
