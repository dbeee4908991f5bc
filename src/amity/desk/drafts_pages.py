"""The part of a conversation's page that shows its draft, and the button that puts it aside."""

from __future__ import annotations

import json
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from amity.access import api as access
from amity.base.pages import toast
from amity.desk import conversations, drafts


@never_cache
@require_GET
def show(request: access.StaffRequest, conversation_id: UUID) -> HttpResponse:
    """The open draft of a conversation, or nothing. 2 queries."""
    return _shown(request, conversation_id)


@require_POST
def dismissal(request: access.StaffRequest, conversation_id: UUID, draft_id: UUID) -> HttpResponse:
    """Not the right answer: put it aside."""
    access.require(request.principal, conversations.WORK)
    group = drafts.dismiss(request.principal, draft_id)
    toast(request, _("Put aside"), undo=reverse("undo", args=[group]))
    return _shown(request, conversation_id)


def _shown(request: access.StaffRequest, conversation_id: UUID) -> HttpResponse:
    found = drafts.of_conversation(request.principal, conversation_id)
    context = {
        "draft": found, "conversation_id": conversation_id, "may_work": request.principal.may(conversations.WORK),
        "cited": json.dumps(found.citations, ensure_ascii=False) if found else "",
    }  # fmt: skip
    return render(request, "desk/_draft.html", context)
