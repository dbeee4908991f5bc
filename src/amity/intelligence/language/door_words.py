"""Customers' words as a type: what tone is read from, and cannot be made from what staff or a bot said."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from amity.base.errors import Refused


class Speaker(StrEnum):
    """Who wrote a message."""

    CUSTOMER = "customer"
    STAFF = "staff"
    BOT = "bot"


@dataclass(frozen=True, slots=True)
class CustomerWords:
    """What a customer wrote; raises `Refused` for any other speaker."""

    text: str
    speaker: Literal[Speaker.CUSTOMER]

    def __post_init__(self) -> None:
        if Speaker(self.speaker) is not Speaker.CUSTOMER:
            raise Refused("not_customer", "Tone is read from customers' words only.")
