"""What a complaint of each kind needs on paper, and which attachment brings which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MISSING, HERE, WAIVED = "missing", "here", "waived"
MAX_PAPERS, MAX_NAME = 12, 80
KINDS: dict[str, Promise] = {
    "goods": _("Faulty goods"),
    "delivery": _("Delivery"),
    "billing": _("Invoice or price"),
    "payment": _("Payment"),
    "service": _("Service"),
    "privacy": _("Personal data"),
}
PAPERS: dict[str, Promise] = {
    "photo": _("a photo of the fault"),
    "invoice": _("the invoice or proof of purchase"),
    "bank_account": _("the bank account for a refund"),
    "serial_number": _("the serial number"),
    "delivery_report": _("the report of the carrier"),
    "bank_statement": _("the bank statement with the payment"),
    "identity": _("proof of identity"),
}
NEEDED: dict[str, tuple[str, ...]] = {
    "goods": ("photo", "invoice", "serial_number"),
    "delivery": ("photo", "delivery_report"),
    "billing": ("invoice",),
    "payment": ("bank_statement", "bank_account"),
    "service": (),
    "privacy": ("identity",),
}
_BY_TYPE = {"image/": ("photo",), "application/pdf": ("invoice", "bank_statement", "delivery_report")}


def label(name: str) -> str:
    """What a paper is called in the language of now."""
    return str(PAPERS.get(name, name))


def brought(missing: Sequence[str], types: Iterable[str]) -> list[int | None]:
    """For each attachment, by its type, the place in ``missing`` of the paper that it may be; each paper once. Pure."""
    left = list(range(len(missing)))
    found: list[int | None] = []
    for kind in types:
        wanted = next((names for start, names in _BY_TYPE.items() if kind.startswith(start)), ())
        place = next((at for at in left if missing[at] in wanted), None)
        if place is not None:
            left.remove(place)
        found.append(place)
    return found
