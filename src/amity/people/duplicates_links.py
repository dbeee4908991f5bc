"""Where somebody works, proposed from the domain of their e-mail address; never for domains where anybody has mail."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Func, OuterRef, Subquery, TextField, Value

from amity.access import api as access
from amity.people.matching.mailboxes import PUBLIC_MAIL
from amity.people.models import LISTED, Company, Person
from amity.people.profiles import NAME_FIELDS, told_name

MAX_PAGE = 100


@dataclass(frozen=True, slots=True)
class Workplace:
    """A person without a company, and the one whose domain their e-mail address has."""

    person_id: UUID
    person: str
    email: str
    company_id: UUID
    company: str


def workplaces(principal: access.Principal, limit: int = 50, after: UUID | None = None) -> list[Workplace]:
    """People in sight without a company whose mail domain is that of exactly one company in sight. 2 queries."""
    access.require(principal, "people.view")
    domain = Func(F("email"), Value("@"), Value(-1), function="split_part", output_field=TextField())
    firms = Company.objects.filter(access.rows_of(principal), archived_at=None, domain=OuterRef("at"))
    rows = Person.objects.filter(access.rows_of(principal), LISTED, company=None, email__contains="@")
    rows = rows.annotate(at=domain).exclude(at__in=PUBLIC_MAIL)
    found = rows.annotate(
        firm=Subquery(firms.order_by("pk").values("pk")[:1]), other=Subquery(firms.order_by("pk").values("pk")[1:2])
    ).filter(firm__isnull=False, other__isnull=True)
    if after:
        found = found.filter(pk__gt=after)
    people = list(found.order_by("pk").values("pk", "firm", *NAME_FIELDS)[: min(limit, MAX_PAGE)])
    names = dict(Company.objects.filter(pk__in={row["firm"] for row in people}).values_list("pk", "name"))
    return [Workplace(row["pk"], told_name(row), row["email"], row["firm"], names[row["firm"]]) for row in people]
