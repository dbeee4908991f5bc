"""What personal data a table holds and how it is erased. A model that does not say so cannot be defined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ErasePolicy = Literal["none", "delete", "blank", "keep"]
_OF_NO_USE = _("of no use without its subject")


@dataclass(frozen=True, slots=True)
class Personal:
    """A table's declaration for erasure, export and the processing register.

    ``fields`` hold personal data; ``subject`` is the path to the person or staff member
    (e.g. ``"person_id"``); ``erase`` says what happens to the row; ``why`` is the reason in words
    (for ``keep``: the legal ground; for ``none``: why nothing personal is inside), a lazy translation:
    call ``str`` on it where it leaves for JSON or a file.
    """

    erase: ErasePolicy
    why: Promise
    subject: str = ""
    fields: tuple[str, ...] = ()


def nothing(why: Promise) -> Personal:
    """The table holds no personal data."""
    return Personal("none", why)


def deleted(subject: str, fields: tuple[str, ...], why: Promise = _OF_NO_USE) -> Personal:
    """The row goes when its subject is erased."""
    return Personal("delete", why, subject, fields)


def blanked(subject: str, fields: tuple[str, ...], why: Promise) -> Personal:
    """The row stays for the books, its personal fields are emptied."""
    return Personal("blank", why, subject, fields)


def kept(subject: str, fields: tuple[str, ...], why: Promise) -> Personal:
    """The row stays as it is, for the legal ground in ``why``."""
    return Personal("keep", why, subject, fields)
