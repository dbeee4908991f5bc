"""Quotes: drafted with lines, given a number and sent, answered, ordered from; drafts and answers can be undone.

A number is given when a quote is sent, in the transaction that locks its year: so numbers of a year have no gaps.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base import clock, live, undo
from amity.base.errors import NotFound, Refused
from amity.base.ids import new_id
from amity.people import api as people
from amity.sales.models import Letterhead, Product, Quote, QuoteLine, QuoteYear
from amity.sales.notes_subjects import About, about
from amity.sales.quotes_money import WHOLE, Sums, line_sums, sum_of

DRAFT, CHANGE, ARCHIVE = "quotes.draft", "quotes.change", "quotes.archive"
VIEW, EDIT = "deals.view", "deals.edit"
MAX_LINES, MAX_PRICE = 200, 10**13  # of a price and of a line: the sum of all lines fits into a bigint
TEXTS = ("title", "recipient", "intro", "terms", "language", "currency")
_LINE = ("product_id", "position", "name", "quantity", "price_minor", "discount", "tax", "net_minor", "tax_minor")


@dataclass(frozen=True, slots=True)
class QuoteView:
    """A quote as pages and the API see it; sums in minor units of ``currency``."""

    id: UUID
    number: str
    version: int
    status: str
    title: str
    person_id: UUID | None
    company_id: UUID | None
    deal_id: UUID | None
    owner_id: UUID | None
    order_id: UUID | None
    before_id: UUID | None
    currency: str
    language: str
    valid_until: date | None
    recipient: str
    intro: str
    terms: str
    net_minor: int
    tax_minor: int
    total_minor: int
    answered_by: str
    sent_at: datetime | None
    answered_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def name(self) -> str:
        """``2026-0001``, ``2026-0001-2`` for its second version; of a draft its title."""
        if not self.number:
            return self.title or _("Draft")
        return self.number if self.version == 1 else f"{self.number}-{self.version}"

    @property
    def expired(self) -> bool:
        late = self.valid_until is not None and self.valid_until < clock.today()
        return self.status == Quote.Status.SENT and late

    @property
    def status_label(self) -> str:
        return _("Expired") if self.expired else str(Quote.Status(self.status).label)

    @property
    def draft(self) -> bool:
        return self.status == Quote.Status.DRAFT


@dataclass(frozen=True, slots=True)
class LineView:
    """A line; ``discount`` and ``tax`` in hundredths of a percent."""

    product_id: UUID | None
    position: int
    name: str
    quantity: Decimal
    price_minor: int
    discount: int
    tax: int
    net_minor: int
    tax_minor: int


FIELDS = tuple(QuoteView.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A line to be stored; its sums are computed."""

    name: str
    quantity: Decimal
    price_minor: int
    product_id: UUID | None = None
    discount: int = 0
    tax: int = 0

    @property
    def sums(self) -> Sums:
        return line_sums(self.quantity, self.price_minor, self.discount, self.tax)


def quotes(
    principal: access.Principal, status: str = "", limit: int = 100, **about_ids: UUID | None
) -> list[QuoteView]:
    """Newest quotes in sight; ``person_id``, ``company_id`` or ``deal_id`` narrow them. 1 query."""
    access.require(principal, VIEW)
    rows = Quote.objects.filter(access.rows_of(principal), archived_at=None, **about_ids)
    if status in Quote.Status.values:
        rows = rows.filter(status=status)
    return [QuoteView(**row) for row in rows.order_by("-created_at", "-id").values(*FIELDS)[:limit]]


def get_quote(principal: access.Principal, quote_id: UUID) -> QuoteView:
    """The quote, if ``principal`` sees it; raises `NotFound`. 1 query."""
    access.require(principal, VIEW)
    row = Quote.objects.filter(access.rows_of(principal), pk=quote_id, archived_at=None).values(*FIELDS).first()
    if row is None:
        raise NotFound(_("This quote is not here, or not among the records that you see."))
    return QuoteView(**row)


def lines_of(quote_id: UUID) -> list[LineView]:
    """Lines of a quote that the caller was shown. 1 query."""
    rows = QuoteLine.objects.filter(quote_id=quote_id).order_by("position")
    return [LineView(**row) for row in rows.values(*_LINE)]


def create(principal: access.Principal, kind: str, record_id: UUID) -> tuple[UUID, UUID]:
    """A draft for a person, company or deal: (its id, undo group)."""
    subject = about(principal, kind, record_id)
    made = new_id()
    return made, undo.perform(principal, DRAFT, {"id": str(made), "about": kind, "record": str(subject.id)})


def change(
    principal: access.Principal, quote_id: UUID, values: Mapping[str, Any], lines: Sequence[Wanted] | None = None
) -> UUID:
    """Change a draft: `TEXTS`, ``valid_until`` and its lines, all of them; returns the undo group.

    Raises `Refused` for a quote that was sent, and for lines that are none.
    """
    told = {name: undo.plain(values[name]) for name in (*TEXTS, "valid_until") if name in values}
    args: dict[str, Any] = {"ids": [str(quote_id)], "values": told}
    if lines is not None:
        args["lines"] = [_told(_checked(line)) for line in lines[:MAX_LINES]]
        _known({line.product_id for line in lines[:MAX_LINES] if line.product_id})
    return undo.perform(principal, CHANGE, args)


def archive(principal: access.Principal, quote_id: UUID) -> UUID:
    """Take a draft away; returns the undo group."""
    return undo.perform(principal, ARCHIVE, {"ids": [str(quote_id)]})


def new_version(principal: access.Principal, quote_id: UUID) -> UUID:
    """A draft of the next version of a quote that was sent; returns its id. The old one holds until it is sent."""
    with transaction.atomic():
        old = locked(principal, quote_id)
        if old.status == Quote.Status.DRAFT:
            raise Refused("quote_draft", _("This quote was not sent yet: change it as it is."), 409)
        newest = Quote.objects.filter(number=old.number).order_by("-version").first()
        if newest and newest.status == Quote.Status.DRAFT and newest.archived_at is None:
            return newest.pk
        lines = list(old.lines.order_by("position"))
        copied = {name: getattr(old, name) for name in (*TEXTS, "person_id", "company_id", "deal_id", "number")}
        made = Quote.objects.create(
            **copied, before=old, version=(newest.version if newest else old.version) + 1, owner_id=old.owner_id,
            team_id=old.team_id, valid_until=_until(), net_minor=old.net_minor, tax_minor=old.tax_minor,
            total_minor=old.total_minor,
        )  # fmt: skip
        for line in lines:
            line.id, line._state.adding, line.quote = new_id(), True, made
        QuoteLine.objects.bulk_create(lines)
        access.record(principal, "create", "quote", made.pk, {"version": made.version})
        heard(made)
    return made.pk


def issue(principal: access.Principal, quote_id: UUID) -> QuoteView:
    """Give a draft its number and a link for the customer's answer: it is sent now. In the caller's transaction."""
    quote = locked(principal, quote_id)
    if quote.status != Quote.Status.DRAFT:
        raise Refused("quote_sent", _("This quote was sent already."), 409)
    if not quote.lines.exists():
        raise Refused("quote_empty", _("Add at least one line before you send the quote."))
    if not quote.number:
        quote.number = _next_number(clock.today().year)
    quote.status, quote.sent_at, quote.secret = Quote.Status.SENT, clock.now(), secrets.token_urlsafe(16)
    quote.save(update_fields=["number", "status", "sent_at", "secret"])
    if quote.before_id:
        open_ones = Quote.objects.filter(number=quote.number, version__lt=quote.version, status=Quote.Status.SENT)
        open_ones.update(status=Quote.Status.REPLACED, secret="")
    access.record(principal, "sent", "quote", quote.pk, {"number": quote.number, "version": quote.version})
    heard(quote)
    return get_quote(access.SYSTEM, quote_id)


def draft(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: an empty draft."""
    access.require(principal, EDIT)
    subject = about(principal, args["about"], UUID(args["record"]))
    paper = Letterhead.objects.first() or Letterhead()
    recipient, language = _recipient(subject)
    quote = Quote.objects.create(
        id=UUID(args["id"]),
        **subject.ids, title=subject.name if subject.kind == "deal" else "", owner_id=principal.staff_id,
        team_id=access.team_of(principal.staff_id), currency=settings.CONFIG.currency, language=language,
        valid_until=_until(paper.valid_days), recipient=recipient, terms=paper.terms,
    )  # fmt: skip
    access.record(principal, "create", "quote", quote.pk)
    heard(quote)
    return {"id": str(quote.pk)}


def undraft(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: the draft is gone, unless it was sent meanwhile."""
    quote = Quote.objects.filter(pk=before["id"], status=Quote.Status.DRAFT).first()
    if quote is not None:
        heard(quote)
        quote.delete()
    access.record(principal, "undo", "quote", before["id"])


def change_one(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: new words, dates and lines of a draft."""
    quote = locked(principal, UUID(args["ids"][0]))
    if quote.status != Quote.Status.DRAFT:
        raise Refused("quote_sent", _("A quote that was sent stays as it is. Make a new version."), 409)
    before = _state(quote)
    _set(quote, args["values"], args.get("lines"))
    access.record(principal, "change", "quote", quote.pk, {"fields": sorted(args["values"])})
    return {"was": before, "now": _state(quote)}


def unchange(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: as it was, unless it was sent or changed since."""
    quote = Quote.objects.select_for_update().filter(pk=args["ids"][0], status=Quote.Status.DRAFT).first()
    if quote is not None and _state(quote) == before["now"]:
        _set(quote, before["was"]["values"], before["was"]["lines"])
    access.record(principal, "undo", "quote", args["ids"][0])


def archive_one(principal: access.Principal, args: dict[str, Any]) -> dict[str, Any]:
    """`undo` handler: a draft goes out of sight; what was sent stays."""
    quote = locked(principal, UUID(args["ids"][0]))
    if quote.status != Quote.Status.DRAFT:
        raise Refused("quote_sent", _("A quote that was sent stays in the books."), 409)
    Quote.objects.filter(pk=quote.pk).update(archived_at=clock.now())
    access.record(principal, "archive", "quote", quote.pk)
    heard(quote)
    return {}


def unarchive(principal: access.Principal, args: dict[str, Any], before: dict[str, Any]) -> None:
    """`undo` handler: the draft is there again."""
    Quote.objects.filter(pk=args["ids"][0]).update(archived_at=None)
    access.record(principal, "undo", "quote", args["ids"][0])


def locked(principal: access.Principal, quote_id: UUID) -> Quote:
    """The row, locked; raises `NotFound`."""
    access.require(principal, EDIT)
    rows = Quote.objects.select_for_update(of=("self",)).filter(access.rows_of(principal), archived_at=None)
    quote = rows.filter(pk=quote_id).first()
    if quote is None:
        raise NotFound(_("This quote is not here, or not among the records that you see."))
    return quote


def heard(quote: Quote) -> None:
    """Open pages of its person, company and deal are told."""
    for kind in ("person", "company", "deal"):
        live.tell(kind, [pk for pk in (getattr(quote, f"{kind}_id"),) if pk])


def _next_number(year: int) -> str:
    QuoteYear.objects.get_or_create(year=year)
    counter = QuoteYear.objects.select_for_update().get(year=year)
    counter.last += 1
    counter.save(update_fields=["last"])
    return f"{year}-{counter.last:04d}"


def _until(days: int | None = None) -> date:
    if days is None:
        days = Letterhead.objects.values_list("valid_days", flat=True).first() or 30
    return clock.today() + timedelta(days=days)


def _recipient(subject: About) -> tuple[str, str]:
    """Name and place as they stand on the paper, and the language to write in."""
    house = settings.LANGUAGE_CODE[:2]
    lines: list[str] = []
    person = people.get_person(access.SYSTEM, subject.person_id) if subject.person_id else None
    if subject.company_id:
        company = people.get_company(access.SYSTEM, subject.company_id)
        lines += [company.name, *([person.name] if person else []), f"{company.city} {company.country}".strip()]
    elif person:
        lines += [person.name, f"{person.city} {person.country}".strip()]
    spoken = dict(settings.LANGUAGES)
    language = person.language[:2] if person and person.language[:2] in spoken else house
    return "\n".join(filter(None, lines)), language


def _checked(line: Wanted) -> Wanted:
    name = " ".join(line.name.replace("\x00", "").split())[:300]
    named = replace(line, name=name)
    if 0 < line.quantity < 10**9:  # kept to a thousandth
        named = replace(named, quantity=line.quantity.quantize(Decimal("0.001")))
    faults = (
        (not named.name, _("Every line needs a name.")),
        (not 0 < named.quantity < 10**9, _("A quantity is larger than zero.")),
        (not 0 <= line.price_minor <= MAX_PRICE, _("A price is not less than zero.")),
        (not 0 <= line.discount <= WHOLE, _("A discount is between 0 and 100 %.")),
        (not 0 <= line.tax <= WHOLE, _("A tax rate is between 0 and 100 %.")),
    )
    for wrong, message in faults:
        if wrong:
            raise Refused("quote_line", message)
    if named.sums.net > MAX_PRICE:
        told = _("“{text}” is not a number ({where}).").format(text=named.sums.net, where=name[:60])
        raise Refused("quote_line", told)
    return named


def _known(products: set[UUID]) -> None:
    if Product.objects.filter(pk__in=products).count() < len(products):
        raise NotFound(_("This product is not here."))


def _told(line: Wanted) -> dict[str, Any]:
    return {
        "name": line.name, "quantity": str(line.quantity), "price_minor": line.price_minor, "discount": line.discount,
        "tax": line.tax, "product_id": undo.plain(line.product_id),
    }  # fmt: skip


def _state(quote: Quote) -> dict[str, Any]:
    lines = [
        _told(Wanted(each.name, each.quantity.normalize(), each.price_minor, each.product_id, each.discount, each.tax))
        for each in quote.lines.order_by("position")
    ]
    return {"values": {name: undo.plain(getattr(quote, name)) for name in (*TEXTS, "valid_until")}, "lines": lines}


def _set(quote: Quote, values: Mapping[str, Any], lines: Sequence[Mapping[str, Any]] | None) -> None:
    for name, value in values.items():
        if name == "valid_until":
            quote.valid_until = date.fromisoformat(value) if value else None
        else:
            setattr(quote, name, str(value or "").strip())
    quote.updated_at = clock.now()
    if lines is not None:
        wanted = [Wanted(**{**each, "quantity": Decimal(each["quantity"])}) for each in lines]
        sums = [line.sums for line in wanted]
        quote.lines.all().delete()
        QuoteLine.objects.bulk_create(
            QuoteLine(
                quote=quote, position=at, name=line.name, quantity=line.quantity, price_minor=line.price_minor,
                discount=line.discount, tax=line.tax, product_id=line.product_id,
                net_minor=told.net, tax_minor=told.tax,
            )
            for at, (line, told) in enumerate(zip(wanted, sums, strict=True), 1)
        )  # fmt: skip
        whole = sum_of(sums)
        quote.net_minor, quote.tax_minor, quote.total_minor = whole.net, whole.tax, whole.total
    quote.save()
    heard(quote)
