"""Our own name, address and logo on quotes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, undo
from amity.base.errors import Refused
from amity.sales.documents import Paper, readable_logo
from amity.sales.models import Letterhead

CHANGE = "letterhead.change"
PERMISSION = "deals.assign"
WORDS = ("name", "address", "tax_id", "contact", "bank", "terms", "valid_days", "rates")
RATES = (0, 700, 1900, 2000, 2300)  # before anybody chose: hundredths of a percent


def letterhead() -> Letterhead:
    """What stands on our paper; an unsaved empty one before anybody filled it in. 1 query."""
    return Letterhead.objects.first() or Letterhead(rates=list(RATES))


def paper() -> Paper:
    """Our side of a document."""
    row = letterhead()
    return Paper(row.name, row.address, row.tax_id, row.contact, row.bank, bytes(row.logo or b""))


def change(principal: access.Principal, values: Mapping[str, Any], logo: bytes | None = None) -> Any:
    """Change `WORDS`, and the logo where one is given (empty: none); returns the undo group of the words."""
    access.require(principal, PERMISSION)
    if logo and not readable_logo(logo):
        raise Refused("bad_logo", _("The logo must be a PNG or JPEG of at most 500 kB."))
    with transaction.atomic():
        group = undo.perform(principal, CHANGE, {"values": {k: v for k, v in values.items() if k in WORDS}})
        if logo is not None:
            Letterhead.objects.filter(only=True).update(logo=logo or None)
            access.record(principal, "change", "letterhead", "logo")
    return group


def change_words(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: other words on our paper."""
    access.require(principal, PERMISSION)
    Letterhead.objects.get_or_create(only=True, defaults={"rates": list(RATES)})
    row = Letterhead.objects.select_for_update().get(only=True)
    before = {name: getattr(row, name) for name in args["values"]}
    _set(row, args["values"])
    access.record(principal, "change", "letterhead", "words", {"fields": sorted(args["values"])})
    return before


def unchange_words(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: the words as they were, those that nobody changed since."""
    row = Letterhead.objects.select_for_update().get(only=True)
    _set(row, {name: was for name, was in before.items() if getattr(row, name) == args["values"][name]})
    access.record(principal, "undo", "letterhead", "words")


def _set(row: Letterhead, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.updated_at = clock.now()
    row.save()
