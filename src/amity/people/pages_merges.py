"""Pages that make two people one and take it back."""

from __future__ import annotations

import re
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from amity.access import api as access
from amity.base.errors import Refused
from amity.base.pages import toast
from amity.people import merge, merge_companies

_ID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


@require_POST
def join(request: access.StaffRequest, person_id: UUID) -> HttpResponse:
    """Make another person, given by id or by the address of their page, part of this one. Undo in the toast."""
    access.require(request.principal, "people.edit")
    group = merge.merge_with_undo(request.principal, person_id, _other(request))
    toast(request, _("Merged"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse("person", args=[person_id]))


@require_POST
def part(request: access.StaffRequest, person_id: UUID, merge_id: UUID) -> HttpResponse:
    """Take a merge back."""
    merge.check_part(request.principal, person_id, merge_id)
    merge.unmerge(request.principal, merge_id)
    toast(request, _("Unmerged: both are as they were"))
    return HttpResponseRedirect(reverse("person", args=[person_id]))


@require_POST
def join_company(request: access.StaffRequest, company_id: UUID) -> HttpResponse:
    """Make another company part of this one. Undo in the toast."""
    access.require(request.principal, "people.edit")
    group = merge_companies.merge_with_undo(request.principal, company_id, _other(request))
    toast(request, _("Merged"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse("company", args=[company_id]))


@require_POST
def part_company(request: access.StaffRequest, company_id: UUID, merge_id: UUID) -> HttpResponse:
    """Take a merge of companies back."""
    merge_companies.check_part(request.principal, company_id, merge_id)
    merge_companies.unmerge(request.principal, merge_id)
    toast(request, _("Unmerged: both are as they were"))
    return HttpResponseRedirect(reverse("company", args=[company_id]))


def _other(request: access.StaffRequest) -> UUID:
    """The other one, given by id or by the address of its page."""
    told = _ID.search(request.POST.get("other", ""))
    if told is None:
        raise Refused("merge_whom", _("Give the address of the other one's page, or its id."))
    return UUID(told.group())
