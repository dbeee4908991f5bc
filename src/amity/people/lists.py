"""The lists of people and companies: their columns, filters and bulk actions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from amity.access import api as access
from amity.base import filters
from amity.base.errors import Refused
from amity.base.listing import BulkAction, Column, Listing, Row
from amity.base.templatetags import amity_ui as ui
from amity.people import consent, consent_panel
from amity.people.changes import COMPANY_KIND, PERSON_KIND
from amity.people.models import LISTED, Company, LeadStatus, Person
from amity.people.profiles import NAME_FIELDS, company_names, told_name, trait_names
from amity.people.segment_tables import Segment, SegmentMember

MAX_SEGMENTS_OFFERED = 500
LEAD_TAGS = {LeadStatus.OPEN: "tag-accent", LeadStatus.CONVERTED: "tag-good", LeadStatus.LOST: ""}


def people_rows(principal: access.Principal) -> QuerySet[Any]:
    """Everybody that ``principal`` sees, without the archived, the merged and nameless visitors."""
    return Person.objects.filter(access.rows_of(principal), LISTED)


def company_rows(principal: access.Principal) -> QuerySet[Any]:
    """Every company that ``principal`` sees, without the archived."""
    return Company.objects.filter(access.rows_of(principal), archived_at=None)


def owner_column() -> Column:
    """Who a record belongs to. 1 query."""
    return Column(
        "owner",
        gettext_lazy("Owner"),
        ("owner_id",),
        load=_owners,
        text=lambda row: row.loaded["owner"] or "",
        cell=_owner,
    )


def owner_filter() -> filters.Choice:
    """Narrow to owners; "me" and "nobody" included. 1 query."""
    return filters.Choice(
        "owner", gettext_lazy("Owner"), "owner_id", choices=_owner_choices, prominent=True, where=filters.owned_by
    )


def assign_action(kind: str, permission: str) -> BulkAction:
    """Give the rows to somebody."""
    return BulkAction(
        "assign", gettext_lazy("Assign owner"), "user-check", permission, kind, "people/_bulk_owner.html", read_owner
    )


def archive_action(kind: str, permission: str) -> BulkAction:
    """Take the rows out of the lists."""
    return BulkAction(
        "archive",
        gettext_lazy("Archive"),
        "archive",
        permission,
        kind,
        "",
        lambda _p, _q: {"values": {"archived_at": "now"}},
    )


def record_actions(kind: str, assign: str, archive: str) -> tuple[BulkAction, BulkAction]:
    """What can be done to many records of any kind, with the permissions it takes."""
    return assign_action(kind, assign), archive_action(kind, archive)


def read_owner(principal: Any, posted: QueryDict) -> dict[str, Any]:
    """The picked owner; raises ``Refused("no_owner")`` when it is nobody we know."""
    picked = posted.get("new_owner", "")
    if picked == "none":
        return {"values": {"owner_id": None}}
    if picked not in {str(pk) for pk, _name in access.staff_choices()}:
        raise Refused("no_owner", _("Choose who shall own these records."))
    return {"values": {"owner_id": picked}}


def _read_lead(principal: Any, posted: QueryDict) -> dict[str, Any]:
    status = posted.get("new_status", "")
    if status not in LeadStatus.values:
        raise Refused("no_status", _("Choose the new lead status."))
    return {"values": {"lead_status": status}}


def _read_consent(principal: Any, posted: QueryDict) -> dict[str, Any]:
    changes = consent_panel.changes_of(posted)
    return {
        "changes": [[key, channel, state, dict(said.evidence or {}), True] for key, channel, state, said in changes]
    }


def _owners(reader: Any, rows: Sequence[Row]) -> dict[UUID, Any]:
    names = access.staff_names({row["owner_id"] for row in rows} | {UUID(int=0)})
    return {row.id: names.get(row["owner_id"]) for row in rows}


def _owner(row: Row) -> Any:
    name = row.loaded["owner"]
    return ui.person(name) if name else format_html('<span class="faint">{}</span>', _("Nobody"))


def _owner_choices(reader: Any) -> list[tuple[str, str | Promise]]:
    staff: list[tuple[str, str | Promise]] = [(str(pk), name) for pk, name in access.staff_choices()]
    return [("me", gettext_lazy("Me")), ("none", gettext_lazy("Nobody")), *staff]


def _segment_choices(reader: Any) -> list[tuple[str, str | Promise]]:
    """Live segments by name. 1 query."""
    if not reader.may("segments.view"):
        return []
    rows = Segment.objects.filter(live=True, archived_at=None).order_by("name").values_list("pk", "name")
    return [(str(pk), name) for pk, name in rows[:MAX_SEGMENTS_OFFERED]]


def _in_segments(picked: list[str], reader: Any) -> Q:
    numbers = list(Segment.objects.filter(pk__in=picked).values_list("number", flat=True))
    return Q(pk__in=SegmentMember.objects.filter(segment_no__in=numbers).values("person_id"))


def _companies(reader: Any, rows: Sequence[Row]) -> dict[UUID, Any]:
    names = company_names({row["company_id"] for row in rows}, reader)
    return {row.id: names.get(row["company_id"]) for row in rows}


def _name_cell(row: Row) -> Any:
    return ui.person(told_name(row.values), reverse("person", args=[row.id]))


def _company_cell(row: Row) -> Any:
    name = row.loaded["company"]
    return ui.company(name, reverse("company", args=[row["company_id"]])) if name else ui.NOTHING


def _lead_cell(row: Row) -> Any:
    status = LeadStatus(row["lead_status"])
    if status == LeadStatus.NONE:
        return ui.NOTHING
    return format_html('<span class="tag {}">{}</span>', LEAD_TAGS[status], status.label)


def _mail_cell(row: Row) -> Any:
    return format_html('<a href="mailto:{0}">{0}</a>', row["email"]) if row["email"] else ui.NOTHING


def _phone_cell(row: Row) -> Any:
    return format_html('<a href="tel:{0}">{0}</a>', row["phone"]) if row["phone"] else ui.NOTHING


def time_column(key: str, label: str | Promise, *, sort: bool = False, shown: bool = False) -> Column:
    """A moment, relative with the exact one behind it."""
    return Column(
        key,
        label,
        (key,),
        cell=lambda row: ui.ago(row[key]),
        sort=key if sort else None,
        down=True,
        shown=shown,
        minor=True,
    )


def text_column(key: str, label: str | Promise, *, shown: bool = False) -> Column:
    """Plain words."""
    return Column(key, label, (key,), cell=lambda row: row[key] or ui.NOTHING, shown=shown, minor=True)


PEOPLE = Listing(
    page="people",
    title=gettext_lazy("People"),
    rows=people_rows,
    columns=(
        Column(
            "name",
            pgettext_lazy("person", "Name"),
            NAME_FIELDS,
            cell=_name_cell,
            text=lambda r: told_name(r.values),
            sort="display_name",
        ),
        Column(
            "company",
            gettext_lazy("Company"),
            ("company_id",),
            cell=_company_cell,
            text=lambda r: r.loaded["company"] or "",
            load=_companies,
        ),
        Column("email", gettext_lazy("E-mail"), ("email",), cell=_mail_cell),
        Column("phone", gettext_lazy("Phone"), ("phone",), cell=_phone_cell, minor=True),
        Column("lead", gettext_lazy("Lead"), ("lead_status",), cell=_lead_cell),
        owner_column(),
        time_column("updated_at", gettext_lazy("Updated"), sort=True, shown=True),
        text_column("job_title", gettext_lazy("Job title")),
        text_column("city", gettext_lazy("City")),
        text_column("country", gettext_lazy("Country")),
        text_column("language", gettext_lazy("Language")),
        text_column("source", gettext_lazy("Source")),
        time_column("lead_created_at", gettext_lazy("Lead since")),
        time_column("lead_decided_at", gettext_lazy("Lead decided")),
        time_column("created_at", gettext_lazy("Created")),
    ),
    filters=(
        filters.Choice("status", gettext_lazy("Lead status"), "lead_status", LeadStatus.choices, prominent=True),
        owner_filter(),
        filters.Choice("segment", gettext_lazy("Segment"), "pk", choices=_segment_choices, where=_in_segments),
        filters.Text("city", gettext_lazy("City"), "city"),
        filters.Text("title", gettext_lazy("Job title"), "job_title"),
        filters.Text("source", gettext_lazy("Source"), "source"),
        filters.Has("has_email", gettext_lazy("Has an e-mail"), filters.nothing_in("email")),
        filters.Has("has_phone", gettext_lazy("Has a phone"), filters.nothing_in("phone")),
        filters.Has("has_company", gettext_lazy("Has a company"), filters.nothing_in("company", text=False)),
        filters.Days("updated", gettext_lazy("Updated"), "updated_at"),
        filters.Days("lead_since", gettext_lazy("Lead since"), "lead_created_at"),
    ),
    bulk=(
        *record_actions(PERSON_KIND, "people.bulk", "people.bulk"),
        BulkAction(
            "lead",
            gettext_lazy("Set lead status"),
            "flag",
            "people.bulk",
            PERSON_KIND,
            "people/_bulk_lead.html",
            _read_lead,
        ),
        BulkAction(
            "consent",
            gettext_lazy("Write down consent"),
            "shield-check",
            "people.bulk",
            consent.KIND,
            "people/_bulk_consent.html",
            _read_consent,
        ),
    ),
    sort="-updated_at",
    export="people.export",
    create=("person_new", gettext_lazy("New person"), "people.edit"),
    row_url="person",
    traits="traits",
    trait_names=lambda: trait_names("person"),
    empty=(
        "users",
        gettext_lazy("Nobody here yet"),
        gettext_lazy("Import the exports of your old CRM, or add the first person by hand."),
    ),
)

COMPANIES = Listing(
    page="companies",
    title=gettext_lazy("Companies"),
    rows=company_rows,
    columns=(
        Column(
            "name",
            gettext_lazy("Name"),
            ("name",),
            sort="name",
            cell=lambda row: ui.company(row["name"], reverse("company", args=[row.id])),
        ),
        text_column("industry", gettext_lazy("Industry"), shown=True),
        text_column("city", gettext_lazy("City"), shown=True),
        text_column("country", gettext_lazy("Country"), shown=True),
        Column(
            "employees",
            gettext_lazy("Employees"),
            ("employees",),
            numeric=True,
            minor=True,
            cell=lambda row: ui.number(row["employees"]),
        ),
        Column(
            "revenue",
            gettext_lazy("Annual revenue"),
            ("revenue_minor", "currency"),
            numeric=True,
            shown=False,
            cell=lambda row: ui.money(row["revenue_minor"], row["currency"]),
        ),
        Column("email", gettext_lazy("E-mail"), ("email",), cell=_mail_cell, shown=False),
        Column("phone", gettext_lazy("Phone"), ("phone",), cell=_phone_cell, shown=False),
        text_column("domain", gettext_lazy("Website")),
        owner_column(),
        time_column("updated_at", gettext_lazy("Updated"), sort=True, shown=True),
        time_column("created_at", gettext_lazy("Created")),
    ),
    filters=(
        owner_filter(),
        filters.Text("industry", gettext_lazy("Industry"), "industry"),
        filters.Text("city", gettext_lazy("City"), "city"),
        filters.Number("employees", gettext_lazy("Employees"), "employees"),
        filters.Has("has_email", gettext_lazy("Has an e-mail"), filters.nothing_in("email")),
        filters.Has("has_phone", gettext_lazy("Has a phone"), filters.nothing_in("phone")),
        filters.Days("updated", gettext_lazy("Updated"), "updated_at"),
    ),
    bulk=record_actions(COMPANY_KIND, "people.bulk", "people.bulk"),
    sort="-updated_at",
    export="people.export",
    create=("company_new", gettext_lazy("New company"), "people.edit"),
    row_url="company",
    traits="traits",
    trait_names=lambda: trait_names("company"),
    empty=(
        "building",
        gettext_lazy("No companies yet"),
        gettext_lazy("Import the exports of your old CRM, or add the first company by hand."),
    ),
)
