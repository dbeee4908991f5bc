"""What can be imported: the nouns, their fields, and the registry that rooms fill with their landings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args

import polars as pl
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Kind = Literal[
    "key",  # an identifier in the old system, kept as text
    "text",
    "long_text",
    "name",
    "email",
    "phone",
    "date",
    "datetime",
    "number",
    "integer",
    "money",
    "boolean",
    "category",
    "country",
    "language",
    "currency",
    "outcome",  # open, won or lost, from the file's own words
    "lead_status",  # open, converted or lost, from the file's own words
]
CUSTOM_KINDS: tuple[Kind, ...] = (
    "text",
    "number",
    "integer",
    "boolean",
    "date",
    "category",
    "money",
)
CUSTOM = "custom:"
IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a noun knows.

    ``identifies``: equal values mean the same record. ``many``: several columns may fill it.
    ``refers``: the value names a record of that noun (its external id, name, e-mail or phone).
    """

    key: str
    label: str | Promise
    kind: Kind
    required: bool = False
    identifies: bool = False
    many: bool = False
    refers: str = ""


class Landing(Protocol):
    """Puts one batch of normalised rows (``values.convert``) where the owning room keeps them."""

    def __call__(self, frame: pl.DataFrame, context: Any, /) -> Any:
        """Land the rows inside the caller's transaction; safe to run twice."""
        ...


@dataclass(frozen=True, slots=True)
class Noun:
    """A kind of record that files can hold. ``order``: lower lands first, so that references resolve."""

    key: str
    label: str | Promise
    fields: tuple[Field, ...]
    order: int
    land: Landing | None = None

    def field(self, key: str) -> Field:
        """The field called ``key``; raises ``KeyError`` for an unknown one."""
        for field in self.fields:
            if field.key == key:
                return field
        raise KeyError(f"{self.key}.{key}")

    def has(self, key: str) -> bool:
        """Whether the noun declares a field called ``key``."""
        return any(field.key == key for field in self.fields)


STAFF = Noun(
    "staff",
    _("Staff"),
    (
        Field("external_id", _("Id in the old system"), "key", identifies=True),
        Field("name", pgettext_lazy("person", "Name"), "name", required=True, identifies=True),
        Field("given_name", _("First name"), "name"),
        Field("family_name", _("Last name"), "name"),
        Field("email", _("E-mail"), "email", identifies=True),
        Field("phone", _("Phone"), "phone"),
        Field("team", _("Team"), "category"),
        Field("manager", _("Manager"), "name", refers="staff"),
        Field("role", _("Role"), "category"),
    ),
    order=10,
)

COMPANY = Noun(
    "company",
    _("Companies"),
    (
        Field("external_id", _("Id in the old system"), "key", identifies=True),
        Field("name", _("Name"), "name", required=True, identifies=True),
        Field("domain", _("Website"), "text", identifies=True),
        Field("industry", _("Industry"), "category"),
        Field("country", _("Country"), "country"),
        Field("city", _("City"), "text"),
        Field("postcode", _("Postcode"), "text"),
        Field("address", _("Address"), "text"),
        Field("employees", _("Employees"), "integer"),
        Field("annual_revenue", _("Annual revenue"), "money"),
        Field("founded_year", _("Founded in"), "integer"),
        Field("parent", _("Parent company"), "text", refers="company"),
        Field("tax_id", _("Tax number"), "key"),
        Field("owner", _("Owner"), "text", refers="staff"),
        Field("phone", _("Phone"), "phone", many=True),
        Field("email", _("E-mail"), "email", many=True),
        Field("created_at", _("Created"), "datetime"),
        Field("notes", _("Notes"), "long_text", many=True),
    ),
    order=20,
)

PRODUCT = Noun(
    "product",
    _("Products"),
    (
        Field("external_id", _("Article number"), "key", identifies=True),
        Field("name", _("Name"), "name", required=True, identifies=True),
        Field("family", _("Family"), "category"),
        Field("price", _("Price"), "money"),
        Field("currency", _("Currency"), "currency"),
        Field("description", _("Description"), "long_text"),
    ),
    order=30,
)

PERSON = Noun(
    "person",
    _("People"),
    (
        Field("external_id", _("Id in the old system"), "key", identifies=True),
        Field("full_name", _("Full name"), "name"),
        Field("given_name", _("First name"), "name"),
        Field("family_name", _("Last name"), "name"),
        Field("middle_name", _("Middle name"), "name"),
        Field("email", _("E-mail"), "email", identifies=True, many=True),
        Field("phone", _("Phone"), "phone", identifies=True, many=True),
        Field("company", _("Company"), "text", refers="company"),
        Field("job_title", _("Job title"), "text"),
        Field("city", _("City"), "text"),
        Field("country", _("Country"), "country"),
        Field("postcode", _("Postcode"), "text"),
        Field("address", _("Address"), "text", many=True),
        Field("language", _("Language"), "language"),
        Field("birth_date", _("Birth date"), "date"),
        Field("source", _("Source"), "category"),
        Field("lead_status", _("Lead status"), "lead_status"),
        Field("lead_created_at", _("Lead since"), "datetime"),
        Field("lead_decided_at", _("Lead decided"), "datetime"),
        Field("owner", _("Owner"), "text", refers="staff"),
        Field("created_at", _("Created"), "datetime"),
        Field("do_not_email", _("Do not e-mail"), "boolean"),
        Field("do_not_call", _("Do not call"), "boolean"),
        Field("consent_newsletter", _("Consent: newsletter"), "boolean"),
        Field("consent_email", _("Consent: offers by e-mail"), "boolean"),
        Field("consent_sms", _("Consent: offers by SMS"), "boolean"),
        Field("consent_phone", _("Consent: offers by phone"), "boolean"),
        Field("consent_post", _("Consent: offers by post"), "boolean"),
        Field("consent_at", _("Consent given or refused on"), "datetime"),
        Field("notes", _("Notes"), "long_text", many=True),
    ),
    order=40,
)

DEAL = Noun(
    "deal",
    _("Deals"),
    (
        Field("external_id", _("Id in the old system"), "key", identifies=True),
        Field("title", _("Title"), "text"),
        Field("person", _("Person"), "text", refers="person"),
        Field("company", _("Company"), "text", refers="company"),
        Field("product", _("Product"), "text", refers="product"),
        Field("owner", _("Owner"), "text", refers="staff"),
        Field("pipeline", _("Pipeline"), "category"),
        Field("stage", _("Stage"), "category"),
        Field("status", _("Outcome"), "outcome"),
        Field("value", _("Value"), "money"),
        Field("currency", _("Currency"), "currency"),
        Field("opened_at", _("Opened"), "datetime"),
        Field("closed_at", _("Closed"), "datetime"),
        Field("expected_close_at", _("Expected to close"), "datetime"),
        Field("source", _("Source"), "category"),
        Field("lost_reason", _("Reason lost"), "category"),
        Field("probability", _("Chance in the old system"), "number"),
        Field("notes", _("Notes"), "long_text", many=True),
    ),
    order=50,
)

ORDER = Noun(
    "order",
    _("Orders"),
    (
        Field("external_id", _("Order number"), "key", identifies=True),
        Field("person", _("Person"), "text", refers="person"),
        Field("company", _("Company"), "text", refers="company"),
        Field("ordered_at", _("Ordered"), "datetime", required=True),
        Field("total", _("Total"), "money"),
        Field("currency", _("Currency"), "currency"),
        Field("status", _("Status"), "category"),
        Field("owner", _("Owner"), "text", refers="staff"),
    ),
    order=60,
)

ORDER_LINE = Noun(
    "order_line",
    _("Order lines"),
    (
        Field("order", _("Order number"), "key", required=True, refers="order"),
        Field("product", _("Product"), "text", required=True, refers="product"),
        Field("quantity", _("Quantity"), "number"),
        Field("price", _("Price"), "money"),
        Field("currency", _("Currency"), "currency"),
    ),
    order=70,
)

ACTIVITY = Noun(
    "activity",
    _("Activities"),
    (
        Field("external_id", _("Id in the old system"), "key", identifies=True),
        Field("kind", _("Kind"), "category", required=True),
        Field("subject", _("Subject"), "text"),
        Field("at", _("When"), "datetime", required=True),
        Field("person", _("Person"), "text", refers="person"),
        Field("company", _("Company"), "text", refers="company"),
        Field("deal", _("Deal"), "text", refers="deal"),
        Field("owner", _("Owner"), "text", refers="staff"),
        Field("body", _("Text"), "long_text", many=True),
    ),
    order=80,
)

DECLARED: tuple[Noun, ...] = (
    STAFF,
    COMPANY,
    PRODUCT,
    PERSON,
    DEAL,
    ORDER,
    ORDER_LINE,
    ACTIVITY,
)

_registered: dict[str, Noun] = {}


def register(noun: Noun) -> None:
    """Add a noun with its landing; registering the same key again replaces it."""
    _registered[noun.key] = noun


def registered() -> Mapping[str, Noun]:
    """Nouns that have a landing, in landing order."""
    return {noun.key: noun for noun in sorted(_registered.values(), key=lambda noun: noun.order)}


def noun(key: str) -> Noun:
    """The registered noun, else its declaration; raises ``KeyError`` for an unknown key."""
    if key in _registered:
        return _registered[key]
    for declared in DECLARED:
        if declared.key == key:
            return declared
    raise KeyError(key)


def known() -> tuple[Noun, ...]:
    """Every noun that recognition may propose, in landing order."""
    keys = {declared.key for declared in DECLARED} | set(_registered)
    return tuple(sorted((noun(key) for key in keys), key=lambda found: found.order))


def kind_of(noun_key: str, target: str) -> Kind:
    """The kind of values a mapping target takes: a field's own kind or the one in ``custom:<kind>``."""
    if target.startswith(CUSTOM):
        kind = target.removeprefix(CUSTOM)
        for known_kind in get_args(Kind):
            if kind == known_kind:
                found: Kind = known_kind
                return found
        raise KeyError(target)
    return noun(noun_key).field(target).kind
