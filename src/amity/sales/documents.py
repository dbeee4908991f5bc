"""What stands on quotes and orders on paper; `documents_sheet` prints them as PDF."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from babel.numbers import format_decimal

from amity.base import words

MAX_LOGO = 500_000


@dataclass(frozen=True, slots=True)
class Paper:
    """Our side of a document; ``logo`` PNG or JPEG."""

    name: str = ""
    address: str = ""
    tax_id: str = ""
    contact: str = ""
    bank: str = ""
    logo: bytes = b""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is printed; ``discount`` and ``tax`` in hundredths of a percent."""

    name: str
    quantity: Decimal
    price_minor: int
    net_minor: int
    tax_minor: int
    discount: int = 0
    tax: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """What is printed. ``heading``: a finished title; ``made`` fixes the file: the same document is the same file."""

    heading: str
    recipient: str
    currency: str
    lines: Sequence[Line]
    made: datetime
    number: str = ""
    dated: date | None = None
    valid_until: date | None = None
    intro: str = ""
    terms: str = ""


def readable_logo(content: bytes) -> bool:
    """Whether this is a picture that paper can carry: PNG or JPEG, at most 500 kB and 4,000 pixels a side."""
    if len(content) > MAX_LOGO:
        return False
    from PIL import Image, UnidentifiedImageError

    with suppress(UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        picture = Image.open(io.BytesIO(content))
        if picture.format in ("PNG", "JPEG") and max(picture.size) <= 4_000:
            picture.load()  # a cut-off picture would break every paper
            return True
    return False


def rate(hundredths: int) -> str:
    """2300 as "23 %" in the reader's language."""
    return words.percent(hundredths / 10_000, 0 if hundredths % 100 == 0 else 2)


def quantity(value: Decimal) -> str:
    """A quantity with the reader's separators, without idle zeros."""
    return format_decimal(value.normalize(), locale=words.locale(), decimal_quantization=False)
