"""Forms of a quote with its lines, of our letterhead, and of a product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from babel.numbers import get_currency_precision
from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.base.errors import Refused
from amity.sales.models import Product
from amity.sales.quotes import MAX_LINES, LineView, QuoteView, Wanted

SPARE = 3  # empty lines to fill
_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


@dataclass(frozen=True, slots=True)
class Row:
    """A line as it stands in the form, texts as they were typed."""

    name: str = ""
    quantity: str = ""
    price: str = ""
    discount: str = ""
    tax: str = ""

    @property
    def empty(self) -> bool:
        return not (self.name.strip() or self.price.strip())


class QuoteForm(forms.Form):
    """Everything of a quote but its lines."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=300, required=False)
    valid_until = forms.DateField(label=gettext_lazy("Valid until"), required=False, widget=_DAY)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    currency = forms.RegexField(r"^[A-Za-z]{3}$", label=gettext_lazy("Currency"))
    recipient = forms.CharField(
        label=gettext_lazy("Recipient"), max_length=2_000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    intro = forms.CharField(
        label=gettext_lazy("Text above the lines"), max_length=5_000, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    terms = forms.CharField(
        label=gettext_lazy("Text below the lines"), max_length=5_000, required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def values(self) -> dict[str, Any]:
        """What to store."""
        return {**self.cleaned_data, "currency": self.cleaned_data["currency"].upper()}


def quote_form(view: QuoteView, data: Any = None) -> QuoteForm:
    """The form of this draft."""
    initial = {name: getattr(view, name) for name in QuoteForm.base_fields}
    return QuoteForm(data, initial=initial)


def rows_of(lines: list[LineView], currency: str) -> list[Row]:
    """Lines as the form shows them, and some empty ones."""
    told = [
        Row(
            line.name, plain(line.quantity), amount(line.price_minor, currency),
            plain(Decimal(line.discount) / 100) if line.discount else "", plain(Decimal(line.tax) / 100),
        )
        for line in lines
    ]  # fmt: skip
    return told + [Row() for _n in range(SPARE)]


def typed_rows(data: Mapping[str, Any]) -> list[Row]:
    """Lines as they were typed."""
    names = ("name", "quantity", "price", "discount", "tax")
    columns = [data.getlist(f"line_{name}") for name in names]  # type: ignore[attr-defined]
    return [Row(*cells) for cells in zip(*columns, strict=False)][: MAX_LINES + SPARE]


def wanted_of(rows: list[Row], currency: str) -> list[Wanted]:
    """Typed lines as they are stored; a product's own price and tax where none was typed. 1 query.

    Raises `Refused` for what is no number, naming the line.
    """
    filled = [row for row in rows if not row.empty]
    found = Product.objects.filter(name__in=[row.name.strip() for row in filled], archived_at=None)
    products = {product.name: product for product in found.order_by("-updated_at")}
    return [_wanted(row, currency, products.get(row.name.strip())) for row in filled]


def _wanted(row: Row, currency: str, product: Product | None) -> Wanted:
    own = product.price_minor if product and product.currency in ("", currency) else None
    if not row.price.strip() and own is None:
        raise Refused("quote_line", _("“{name}” has no price: type one.").format(name=row.name[:60]))
    tax = number(row.tax, row.name) * 100 if row.tax.strip() else Decimal((product.tax if product else 0) or 0)
    return Wanted(
        name=row.name.strip(), quantity=number(row.quantity or "1", row.name),
        price_minor=minor(row.price, currency, row.name) if row.price.strip() else int(own or 0),
        product_id=product.pk if product else None,
        discount=int(number(row.discount, row.name) * 100) if row.discount.strip() else 0, tax=int(tax),
    )  # fmt: skip


def number(text: str, where: str = "") -> Decimal:
    """A number as people type it: with a comma or a point, blanks between thousands. Raises `Refused`."""
    told = "".join(text.split()).replace("\u00a0", "").replace(",", ".").rstrip("%")
    try:
        value = Decimal(told)
    except InvalidOperation as error:
        raise Refused(
            "not_a_number", _("“{text}” is not a number ({where}).").format(text=text[:40], where=where[:60])
        ) from error
    if not value.is_finite() or abs(value) >= 10**12 or value != round(value, 3):
        raise Refused("not_a_number", _("“{text}” is not a number ({where}).").format(text=text[:40], where=where[:60]))
    return value


def minor(text: str, currency: str, where: str = "") -> int:
    """An amount in minor units of ``currency``; raises `Refused` for more decimals than it has."""
    value = number(text, where).scaleb(get_currency_precision(currency))
    if value != int(value):
        raise Refused("not_a_number", _("“{text}” is not a number ({where}).").format(text=text[:40], where=where[:60]))
    return int(value)


def amount(minor_units: int, currency: str) -> str:
    """Minor units as people type them."""
    digits = get_currency_precision(currency)
    return f"{Decimal(minor_units).scaleb(-digits):.{digits}f}"


def plain(value: Decimal) -> str:
    """A number without idle zeros."""
    return f"{value.normalize():f}"


class LetterheadForm(forms.Form):
    """Our name, address and logo."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=300)
    address = forms.CharField(
        label=gettext_lazy("Address"), max_length=1_000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    tax_id = forms.CharField(label=gettext_lazy("Tax number"), max_length=60, required=False)
    contact = forms.CharField(
        label=gettext_lazy("Contact"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    bank = forms.CharField(
        label=gettext_lazy("Bank account"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    terms = forms.CharField(
        label=gettext_lazy("Terms"), max_length=5_000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    valid_days = forms.IntegerField(label=gettext_lazy("Quotes are valid for (days)"), min_value=1, max_value=365)
    rates = forms.CharField(
        label=gettext_lazy("Tax rates"), max_length=200, required=False, help_text=gettext_lazy("For example 0; 7; 19")
    )
    logo = forms.FileField(
        label=gettext_lazy("Logo"), required=False, help_text=gettext_lazy("PNG or JPEG, at most 500 kB.")
    )

    def clean_rates(self) -> list[int]:
        """Rates in hundredths of a percent."""
        try:
            found = [number(each) for each in self.cleaned_data["rates"].split(";") if each.strip()]
        except Refused as error:
            raise forms.ValidationError(error.message) from error
        if any(not 0 <= each <= 100 for each in found):
            raise forms.ValidationError(_("A tax rate is between 0 and 100 %."))
        return [int(each * 100) for each in found][:20]


class ProductForm(forms.Form):
    """A product of our own."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=300)
    sku = forms.CharField(label=gettext_lazy("Article number"), max_length=120, required=False)
    family = forms.CharField(label=gettext_lazy("Family"), max_length=120, required=False)
    price = forms.CharField(label=gettext_lazy("Price"), max_length=30, required=False)
    currency = forms.RegexField(r"^[A-Za-z]{3}$", label=gettext_lazy("Currency"))
    tax = forms.CharField(label=gettext_lazy("Tax rate, %"), max_length=10, required=False)
    stock = forms.CharField(
        label=gettext_lazy("In stock"), max_length=20, required=False,
        help_text=gettext_lazy("Empty where no stock is kept."),
    )  # fmt: skip


def one_id(value: Any) -> UUID | None:
    """An id of a row, None for none."""
    return value if isinstance(value, UUID) else None
