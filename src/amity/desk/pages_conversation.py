"""One conversation: the page, the part of it that keeps itself up to date, mail as it was written, files."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html
from django.utils.http import content_disposition_header
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from amity.access import api as access
from amity.base.errors import NotFound
from amity.base.ids import read_id
from amity.base.pages import page, wants_part
from amity.channels import api as channels
from amity.desk import (
    conversations,
    conversations_since,
    handing,
    inbox,
    inbox_facts,
    linking,
    macros,
    pages_inbox,
    templating,
)
from amity.desk.conversations import ConversationView
from amity.desk.conversations_messages import MessageView, facts, read_up_to, shown
from amity.desk.inbox_doing import SNOOZES
from amity.desk.models import Message
from amity.people import api as people

_FRAME = (
    "default-src 'none'; style-src '{style}'; img-src 'self' data:{remote}; sandbox allow-popups "
    "allow-popups-to-escape-sandbox; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
_STYLE = (
    "body{margin:8px;background:#fff;color:#1a1a1a;font:14px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}"
    "img{max-width:100%;height:auto}table{max-width:100%}"
    "blockquote{margin:8px 0;padding-left:12px;border-left:3px solid #ddd;color:#555}"
)
# A document of its own with a policy of its own, which names this one style by its hash.
_SHEET = (
    '<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, '
    'initial-scale=1"><title>{title}</title><style>{style}</style></head><body>{html}</body></html>'
)
_STYLE_HASH = "sha256-" + b64encode(sha256(_STYLE.encode()).digest()).decode()
_BLOCKED = re.compile(r'(<img\b[^>]*?) data-src="(https?:)')  # as `channels` leaves them


@dataclass(frozen=True, slots=True)
class Said:
    """A message in the thread, with its author's name and its files."""

    message: MessageView
    who: str
    mine: bool
    files: Sequence[Any]
    blocked: bool  # remote images are in it


@never_cache
@require_GET
def show(request: access.StaffRequest, conversation_id: UUID) -> HttpResponse:
    """A conversation beside the list; only the conversation for htmx."""
    view = conversations.get(request.principal, conversation_id)
    if view.merged_into_id:
        return HttpResponseRedirect(reverse("conversation", args=[view.merged_into_id]))
    context = pane(request, view)
    if not wants_part(request):
        context |= pages_inbox.context_of(request)
    return page(request, "desk/inbox.html", context, part="desk/_conversation.html")


@never_cache
@require_GET
def live(request: access.StaffRequest, conversation_id: UUID) -> HttpResponse:
    """Head and thread alone; with the mark of a page (``since``), what is new to it where that can be told."""
    return live_answer(request, conversation_id, request.GET.get("since", ""))


@never_cache
@xframe_options_sameorigin
@require_GET
def frame(request: access.StaffRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """A mail as it was written: cleaned HTML in a sandbox without scripts; images of others only when asked for."""
    conversations.get(request.principal, conversation_id)
    found = Message.objects.filter(pk=message_id, conversation_id=conversation_id).first()
    if found is None:
        raise NotFound(_("This message is not here, or was taken back already."))
    remote = request.GET.get("images") == "1"
    html = with_images(found.html) if remote else found.html
    told = {"title": _("As it was written"), "style": mark_safe(_STYLE), "html": mark_safe(html)}  # noqa: S308 - cleaned
    response = HttpResponse(format_html(_SHEET, **told))
    response.headers["Content-Security-Policy"] = _FRAME.format(remote=" https:" if remote else "", style=_STYLE_HASH)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@require_GET
def file(request: access.StaffRequest, conversation_id: UUID, file_id: UUID) -> HttpResponse:
    """A file of a message, to be kept: never shown by the browser."""
    conversations.get(request.principal, conversation_id)
    known = channels.file_views([file_id]).get(file_id)
    if known is None or not _of(conversation_id, known):
        raise NotFound(_("There is no such file."))
    response = HttpResponse(channels.file_content(file_id), content_type="application/octet-stream")
    response.headers["Content-Disposition"] = content_disposition_header(True, known.name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def pane(request: access.StaffRequest, view: ConversationView) -> dict[str, Any]:
    """Everything of the open conversation."""
    return {
        **live_part(request, view), "macros": macros.listed(request.principal),
        "listed": inbox.read(request.GET).query(), "open_view": view, "closed": templating.closed(view),
    }  # fmt: skip


def live_answer(request: access.StaffRequest, conversation_id: UUID, since: str) -> HttpResponse:
    """Head and thread for the page that shows ``since`` of it. About 5 queries for what is new, 13 for the whole."""
    mark = conversations_since.read(since)
    if mark is None:
        view = conversations.get(request.principal, conversation_id)
    else:
        view, news = conversations_since.news(request.principal, conversation_id, mark)
        if news is not None:
            return render(request, "desk/_conversation_more.html", _more(request, view, news))
    return render(request, "desk/_conversation_live.html", live_part(request, view))


def live_part(request: access.StaffRequest, view: ConversationView) -> dict[str, Any]:
    """Head and thread. 13 queries; the reader has read it now."""
    principal = request.principal
    lines = conversations_since.lines(view.id)
    messages = shown(view.id)
    log = facts(view.id, messages[0].at if len(messages) == 100 else None)
    handed = handing.open_handing(view.id)
    ids = [each.staff_id for each in messages] + [view.assignee_id]
    ids += [handed.to_staff_id, handed.by_staff_id] if handed else []
    staff = access.staff_names([*ids, *inbox_facts.staff_in(log)])
    queues = inbox.queue_choices(principal)
    read_up_to(principal, view.id, view.last_seq)
    return {
        "conversation": view, "name": inbox.name_of(view, people.names([view.person_id])),
        "assignee": _name(staff, view.assignee_id), "queue": dict(queues).get(view.queue_id or UUID(int=0), ""),
        "thread": woven(_said(principal, messages, staff), inbox_facts.told(log, staff, dict(queues))),
        "handed": handed, "handed_to": _name(staff, handed.to_staff_id if handed else None),
        "links": linking.links_of(principal, view.id), "link_kinds": linking.kinds().items(),
        "colleagues": access.staff_choices(), "queue_choices": queues, "snoozes": SNOOZES.items(),
        "may_work": principal.may(conversations.WORK), "live_url": reverse("conversation_live", args=[view.id]),
        "since": conversations_since.mark_of(view, lines, messages, log), **pages_inbox.words(),
    }  # fmt: skip


def _more(request: access.StaffRequest, view: ConversationView, news: conversations_since.News) -> dict[str, Any]:
    """What is new, and head and actions where they changed. Queries only for what is in it."""
    principal, actions = request.principal, news.actions and request.principal.may(conversations.WORK)
    ids = [each.staff_id for each in news.messages] + inbox_facts.staff_in(news.facts)
    ids += [view.assignee_id] if actions else []
    staff = _names_of(principal, ids)
    queues = inbox.queue_choices(principal) if actions or any(e.kind == "queue" for e in news.facts) else []
    if news.messages:
        read_up_to(principal, view.id, news.mark.seq)
    return {
        "conversation": view, "name": SimpleLazyObject(lambda: inbox.name_of(view, people.names([view.person_id]))),
        "assignee": _name(staff, view.assignee_id), "queue": dict(queues).get(view.queue_id or UUID(int=0), ""),
        "thread": woven(_said(principal, news.messages, staff), inbox_facts.told(news.facts, staff, dict(queues))),
        "head": news.head, "actions": actions, "colleagues": access.staff_choices() if actions else (),
        "queue_choices": queues, "snoozes": SNOOZES.items(), "may_work": principal.may(conversations.WORK),
        "live_url": reverse("conversation_live", args=[view.id]), "since": news.mark, **pages_inbox.words(),
    }  # fmt: skip


def woven(messages: Iterable[Said], told: Iterable[inbox_facts.Told]) -> list[tuple[str, Any]]:
    """Messages and lines of the log in the order of time; lines that follow one another are one entry."""
    both: list[tuple[Any, int, str, Any]] = [(each.message.at, 0, "message", each) for each in messages]
    both += [(each.at, -1 if each.first else 1, "facts", each) for each in told]
    found: list[tuple[str, Any]] = []
    for kind, entries in groupby(sorted(both, key=lambda e: (e[0], e[1])), key=lambda e: e[2]):
        values = [each[3] for each in entries]
        found += [("facts", values)] if kind == "facts" else [("message", each) for each in values]
    return found


def _said(principal: access.Principal, messages: Sequence[MessageView], staff: Mapping[UUID, str]) -> list[Said]:
    wanted = [pk for each in messages for text in each.files if (pk := read_id(text))]
    known = channels.file_views(wanted) if wanted else {}
    return [
        Said(
            each, _name(staff, each.staff_id) or each.author_name, each.staff_id == principal.staff_id,
            [known[pk] for text in each.files if (pk := read_id(text)) in known], has_remote(each.html),
        )
        for each in messages
    ]  # fmt: skip


def has_remote(html: str) -> bool:
    """Whether a cleaned mail has images that were not fetched. Pure."""
    return _BLOCKED.search(html) is not None


def with_images(html: str) -> str:
    """A cleaned mail whose images of others are shown. Pure."""
    return _BLOCKED.sub(r'\1 src="\2', html)


def _names_of(principal: access.Principal, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Names of staff; 1 query where somebody else is among them."""
    others = {each for each in ids if each} - {principal.staff_id}
    own = {principal.staff_id: principal.name} if principal.staff_id else {}
    return own | (access.staff_names(others) if others else {})


def _name(staff: Mapping[UUID, str], staff_id: UUID | None) -> str:
    return staff.get(staff_id, "") if staff_id else ""


def _of(conversation_id: UUID, known: Any) -> bool:
    if known.conversation_id:
        return bool(known.conversation_id == conversation_id)
    return Message.objects.filter(conversation_id=conversation_id, files__contains=[str(known.id)]).exists()
