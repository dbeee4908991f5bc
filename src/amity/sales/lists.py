"""The lists of deals and products: their columns, filters and bulk actions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.access import api as access
from amity.base import filters, words
from amity.base.errors import Refused
from amity.base.listing import BulkAction, Column, Listing, Row
from amity.base.templatetags import amity_ui as ui
from amity.people import api as people
from amity.sales.catalogue import product_names
from amity.sales.models import FAR_AWAY, Deal, DealStatus, Product, Stage

DEAL_KIND = "deals.change"
STATUS_TAGS = {DealStatus.OPEN: "tag-accent", DealStatus.WON: "tag-good", DealStatus.LOST: "tag-bad"}
MAX_STAGES = 60


def deal_rows(principal: access.Principal) -> QuerySet[Any]:
    """Every deal that ``principal`` sees, without the archived."""
    return Deal.objects.filter(access.rows_of(principal), archived_at=None)


def product_rows(principal: access.Principal) -> QuerySet[Any]:
    """The whole catalogue: products have no owner."""
    return Product.objects.filter(archived_at=None)


def custom_names(model: Any) -> list[str]:
    """Names of custom fields among the newest 500 rows. 1 query."""
    newest = model.objects.order_by("-updated_at", "-pk").values_list("custom", flat=True)[:500]
    return sorted({name for custom in newest for name in custom}, key=str.casefold)


def stages(reader: Any) -> list[tuple[str, str | Promise]]:
    """Stages in pipeline order. 1 query."""
    used = Stage.objects.filter(archived_at=None, pipeline__archived_at=None)
    rows = used.order_by("pipeline__name", "position").values_list("pk", "pipeline__name", "name")[:MAX_STAGES]
    several = len({pipeline for _pk, pipeline, _name in rows}) > 1
    return [(str(pk), f"{pipeline}: {name}" if several else name) for pk, pipeline, name in rows]


def _teams(reader: Any) -> list[tuple[str, str | Promise]]:
    """Teams by name. 1 query."""
    return [(str(key), name) for key, name in access.team_choices()]


def _stage_names(reader: Any, rows: Sequence[Row]) -> dict[UUID, Any]:
    wanted = {row["stage_id"] for row in rows} or {UUID(int=0)}
    names = dict(Stage.objects.filter(pk__in=wanted).values_list("pk", "name"))
    return {row.id: names.get(row["stage_id"]) for row in rows}


def _people(reader: Any, rows: Sequence[Row]) -> dict[UUID, Any]:
    names = people.names({row["person_id"] for row in rows}, reader)
    return {row.id: names.get(row["person_id"]) for row in rows}


def _companies(reader: Any, rows: Sequence[Row]) -> dict[UUID, Any]:
    names = people.company_names({row["company_id"] for row in rows}, reader)
    return {row.id: names.get(row["company_id"]) for row in rows}


def _products(reader: Any, rows: Sequence[Row]) -> dict[UUID, Any]:
    names = product_names({row["product_id"] for row in rows})
    return {row.id: names.get(row["product_id"]) for row in rows}


def _title_cell(row: Row) -> Any:
    return format_html(
        '<a class="main" href="{}">{}</a>', reverse("deal", args=[row.id]), row["title"] or _("Untitled deal")
    )


def _person_cell(row: Row) -> Any:
    name = row.loaded["person"]
    return ui.person(name, reverse("person", args=[row["person_id"]])) if name else ui.NOTHING


def _company_cell(row: Row) -> Any:
    name = row.loaded["company"]
    return ui.company(name, reverse("company", args=[row["company_id"]])) if name else ui.NOTHING


def _product_cell(row: Row) -> Any:
    name = row.loaded["product"]
    return (
        format_html('<a href="{}">{}</a>', reverse("product", args=[row["product_id"]]), name) if name else ui.NOTHING
    )


def _stage_cell(row: Row) -> Any:
    status = DealStatus(row["status"])
    label = row.loaded["stage"] or status.label
    return format_html('<span class="tag {}" title="{}">{}</span>', STATUS_TAGS[status], status.label, label)


def _day_cell(day: date | None) -> Any:
    return format_html('<time datetime="{}">{}</time>', day.isoformat(), words.day(day)) if day else ui.NOTHING


def read_stage(principal: Any, posted: QueryDict) -> dict[str, Any]:
    """The picked stage; raises ``Refused("no_stage")`` when there is none such."""
    picked = posted.get("new_stage", "")
    if picked not in {pk for pk, _label in stages(principal)}:
        raise Refused("no_stage", _("Choose a stage."))
    values = {"stage_id": picked}
    reason = posted.get("new_reason", "").strip()[:300]
    return {"values": values | {"lost_reason": reason} if reason else values}


def read_expected(principal: Any, posted: QueryDict) -> dict[str, Any]:
    """The picked day; empty takes the day away. Raises ``Refused("bad_day")``."""
    typed = posted.get("new_expected", "")
    try:
        return {"values": {"expected_close_on": date.fromisoformat(typed).isoformat() if typed else None}}
    except ValueError as error:
        raise Refused("bad_day", _("This is not a day.")) from error


DEALS = Listing(
    page="deals",
    title=gettext_lazy("Deals"),
    rows=deal_rows,
    columns=(
        Column("title", gettext_lazy("Deal"), ("title",), cell=_title_cell, sort="title"),
        Column(
            "company",
            gettext_lazy("Company"),
            ("company_id",),
            cell=_company_cell,
            text=lambda r: r.loaded["company"] or "",
            load=_companies,
        ),
        Column(
            "person",
            gettext_lazy("Person"),
            ("person_id",),
            cell=_person_cell,
            text=lambda r: r.loaded["person"] or "",
            load=_people,
            minor=True,
        ),
        Column(
            "stage",
            gettext_lazy("Stage"),
            ("stage_id", "status"),
            cell=_stage_cell,
            text=lambda r: r.loaded["stage"],
            load=_stage_names,
        ),
        Column(
            "value",
            gettext_lazy("Value"),
            ("value_minor", "currency"),
            numeric=True,
            down=True,
            cell=lambda row: ui.money(row["value_minor"], row["currency"]),
            text=lambda row: words.plain_money(row["value_minor"], row["currency"]),
            sort=Coalesce("value_minor", Value(-1)),
        ),
        people.owner_column(),
        Column(
            "expected",
            gettext_lazy("Expected to close"),
            ("expected_close_on",),
            minor=True,
            cell=lambda row: _day_cell(row["expected_close_on"]),
            sort=Coalesce("expected_close_on", Value(FAR_AWAY)),
        ),
        people.time_column("updated_at", gettext_lazy("Updated"), sort=True, shown=True),
        Column(
            "opened",
            gettext_lazy("Opened"),
            ("opened_at",),
            cell=lambda row: ui.ago(row["opened_at"]),
            down=True,
            shown=False,
            sort=Coalesce("opened_at", "created_at"),
        ),
        people.time_column("closed_at", gettext_lazy("Closed")),
        Column(
            "product",
            gettext_lazy("Product"),
            ("product_id",),
            load=_products,
            shown=False,
            cell=_product_cell,
            text=lambda row: row.loaded["product"] or "",
        ),
        people.text_column("currency", gettext_lazy("Currency")),
        people.text_column("source", gettext_lazy("Source")),
        people.text_column("lost_reason", gettext_lazy("Reason lost")),
    ),
    filters=(
        filters.Choice("status", gettext_lazy("Outcome"), "status", DealStatus.choices, prominent=True),
        people.owner_filter(),
        filters.Choice("stage", gettext_lazy("Stage"), "stage_id", stages),
        filters.Choice("team", gettext_lazy("Team"), "team_id", _teams),
        filters.Number("value", gettext_lazy("Value"), "value_minor", scale=100),
        filters.Has("has_value", gettext_lazy("Has a value"), filters.nothing_in("value_minor", text=False)),
        filters.Has("has_person", gettext_lazy("Has a person"), filters.nothing_in("person", text=False)),
        filters.Days("expected", gettext_lazy("Expected to close"), "expected_close_on", date_only=True),
        filters.Days("opened", gettext_lazy("Opened"), "opened_at"),
        filters.Days("closed", gettext_lazy("Closed"), "closed_at"),
        filters.Days("updated", gettext_lazy("Updated"), "updated_at"),
    ),
    bulk=(
        BulkAction(
            "stage",
            gettext_lazy("Change stage"),
            "layout-kanban",
            "deals.bulk",
            DEAL_KIND,
            "sales/_bulk_stage.html",
            read_stage,
        ),
        BulkAction(
            "expected",
            gettext_lazy("Expected to close"),
            "calendar",
            "deals.bulk",
            DEAL_KIND,
            "sales/_bulk_expected.html",
            read_expected,
        ),
        *people.record_actions(DEAL_KIND, "deals.assign", "deals.bulk"),
    ),
    sort="-updated_at",
    export="deals.export",
    create=("deal_new", gettext_lazy("New deal"), "deals.edit"),
    row_url="deal",
    traits="custom",
    trait_names=lambda: custom_names(Deal),
    empty=(
        "target-arrow",
        gettext_lazy("No deals yet"),
        gettext_lazy("Import the exports of your old CRM, or add the first deal by hand."),
    ),
)

PRODUCTS = Listing(
    page="products",
    title=gettext_lazy("Products"),
    rows=product_rows,
    columns=(
        Column(
            "name",
            gettext_lazy("Name"),
            ("name",),
            cell=lambda row: format_html(
                '<a class="main" href="{}">{}</a>', reverse("product", args=[row.id]), row["name"]
            ),
            sort="name",
        ),
        people.text_column("sku", gettext_lazy("Article number"), shown=True),
        people.text_column("family", gettext_lazy("Family"), shown=True),
        Column(
            "price",
            gettext_lazy("Price"),
            ("price_minor", "currency"),
            numeric=True,
            down=True,
            cell=lambda row: ui.money(row["price_minor"], row["currency"]),
            text=lambda row: words.plain_money(row["price_minor"], row["currency"]),
            sort=Coalesce("price_minor", Value(-1)),
        ),
        people.text_column("currency", gettext_lazy("Currency")),
        people.time_column("updated_at", gettext_lazy("Updated"), sort=True, shown=True),
    ),
    filters=(
        filters.Number("price", gettext_lazy("Price"), "price_minor", scale=100),
        filters.Has("has_price", gettext_lazy("Has a price"), filters.nothing_in("price_minor", text=False)),
        filters.Days("updated", gettext_lazy("Updated"), "updated_at"),
    ),
    sort="name",
    export="deals.export",
    row_url="product",
    traits="custom",
    trait_names=lambda: custom_names(Product),
    empty=("package", gettext_lazy("No products yet"), gettext_lazy("Import a file with your products or price list.")),
)
