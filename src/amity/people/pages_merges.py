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
from amity.people import merge

_ID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


@require_POST
def join(request: access.StaffRequest, person_id: UUID) -> HttpResponse:
    """Make another person, given by id or by the address of their page, part of this one. Undo in the toast."""
    access.require(request.principal, "people.edit")
    told = _ID.search(request.POST.get("other", ""))
    if told is None:
        raise Refused("merge_whom", _("Give the address of the other person's page, or their id."))
    group = merge.merge_with_undo(request.principal, person_id, UUID(told.group()))
    toast(request, _("Merged"), undo=reverse("undo", args=[group]))
    return HttpResponseRedirect(reverse("person", args=[person_id]))


@require_POST
def part(request: access.StaffRequest, person_id: UUID, merge_id: UUID) -> HttpResponse:
    """Take a merge back."""
    merge.check_part(request.principal, person_id, merge_id)
    merge.unmerge(request.principal, merge_id)
    toast(request, _("Unmerged: both are as they were"))
    return HttpResponseRedirect(reverse("person", args=[person_id]))
