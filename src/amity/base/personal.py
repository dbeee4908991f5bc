"""What personal data a table holds and how it is erased. A model that does not say so cannot be defined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ErasePolicy = Literal["none", "delete", "blank", "keep"]


@dataclass(frozen=True, slots=True)
class Personal:
    """A table's declaration for erasure, export and the processing register.

    ``fields`` hold personal data; ``subject`` is the path to the person or staff member
    (e.g. ``"person_id"``); ``erase`` says what happens to the row; ``why`` is the reason in words
    (for ``keep``: the legal ground; for ``none``: why nothing personal is inside).
    """

    erase: ErasePolicy
    why: str
    subject: str = ""
    fields: tuple[str, ...] = ()


def nothing(why: str) -> Personal:
    """The table holds no personal data."""
    return Personal("none", why)


def deleted(subject: str, fields: tuple[str, ...], why: str = "of no use without its subject") -> Personal:
    """The row goes when its subject is erased."""
    return Personal("delete", why, subject, fields)


def blanked(subject: str, fields: tuple[str, ...], why: str) -> Personal:
    """The row stays for the books, its personal fields are emptied."""
    return Personal("blank", why, subject, fields)


def kept(subject: str, fields: tuple[str, ...], why: str) -> Personal:
    """The row stays as it is, for the legal ground in ``why``."""
    return Personal("keep", why, subject, fields)
