"""What is done in a conversation: answers, notes, changes, merging, links, hand-overs; each with Undo in the toast."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from amity.access import api as access
from amity.base.errors import Refused
from amity.base.ids import read_id
from amity.base.pages import toast
from amity.channels import api as channels
from amity.desk import (
    bot_changes,
    conversations,
    conversations_merging,
    handing,
    inbox_doing,
    linking,
    macros,
    pages_conversation,
    presence,
    replies,
    templating,
)
from amity.desk.models import Conversation

MAX_FILES = 10


@require_POST
def change(request: access.StaffRequest, conversation_id: UUID) -> HttpResponse:
    """One change (``what``, ``value``)."""
    access.require(request.principal, conversations.WORK)
    what = request.POST.get("what", "")
    group = inbox_doing.changed(request.principal, [conversation_id], what, request.POST.get("value", "").strip())
    return _done(request, conversation_id, _("Saved"), group)


@require_POST
def reply(request: access.StaffRequest, conversation_id: UUID) -> HttpResponse:
    """Answer the customer; ``then`` is the state afterwards, ``macro`` what is done along with it."""
    access.require(request.principal, conversations.WORK)
    answer = replies.Answer(
        request.POST.get("text", ""), files=_kept(request, conversation_id), then=request.POST.get("then", "pending"),
        citations=_citations(request.POST.get("citations", "")),
    )  # fmt: skip
    sent = replies.send(request.principal, conversation_id, answer, key=request.POST.get("key", "")[:64])
    macro_id = read_id(request.POST.get("macro", ""))
    if macro_id and sent.group:
        macros.apply(request.principal, macros.get(request.principal, macro_id), [conversation_id])
    wait = replies.undo_seconds_of(sent.row.channel)
    text = _("Sent") if not wait else _("Sent in a few seconds")
    return _done(request, conversation_id, text, sent.group if wait else None, composed=True)


@require_POST
def template(request: access.StaffRequest, conversation_id: UUID) -> HttpResponse:
    """Send a template that WhatsApp has approved (``name``, ``place_1`` …)."""
    access.require(request.principal, conversations.WORK)
    view, told = conversations.get(request.principal, conversation_id), request.POST
    values = {name.removeprefix("place_"): str(value) for name, value in told.items() if name.startswith("place_")}
    sent = templating.send(request.principal, view, told.get("name", ""), values, told.get("key", "")[:64])
    return _done(request, conversation_id, _("Sent in a few seconds"), sent.group)


@require_POST
def undo_bot(request: access.StaffRequest, conversation_id: UUID, happening_id: UUID) -> HttpResponse:
    """Undo what the bot changed, from its line in the conversation."""
    access.require(request.principal, conversations.WORK)
    bot_changes.take_back(request.principal, conversation_id, happening_id)
    return _done(request, conversation_id, _("Undone"), None)


@require_POST
def note(request: access.StaffRequest, conversation_id: UUID) -> HttpResponse:
    """Write a note for colleagues."""
    access.require(request.principal, conversations.WORK)
    key = request.POST.get("key", "")[:64]
    sent = replies.write_note(request.principal, conversation_id, request.POST.get("text", ""), key=key)
    return _done(request, conversation_id, _("Note added"), sent.group, composed=True)


@require_POST
def withdrawal(request: access.StaffRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Take an answer back that has not left; its text returns to where it was written."""
    access.require(request.principal, conversations.WORK)
    conversations.get(request.principal, conversation_id)
    text = replies.take_back(request.principal, message_id)
    response = _done(request, conversation_id, _("Taken back"), None)
    if _htmx(request):
        response.headers["HX-Trigger"] = json.dumps({"taken-back": {"text": text}})
    return response


@require_POST
def merge(request: access.StaffRequest, conversation_id: UUID) -> HttpResponse:
    """Make another conversation part of this one: by its number as typed (``other``), or one of those `offered`."""
    access.require(request.principal, conversations.WORK)
    typed = (request.POST.get("other", "") or request.POST.get("offered", "")).strip().removeprefix("#")
    rows = conversations.rows_of(request.principal)
    other = rows.filter(number=int(typed)).first() if typed.isdecimal() and len(typed) < 12 else None
    if other is None:
        raise Refused("no_conversation", _("There is no conversation with this number among those that you see."))
    group = conversations_merging.merge(request.principal, conversation_id, [other.pk])
    return _done(request, conversation_id, _("Merged"), group)


@require_GET
def mergeable(request: access.StaffRequest, conversation_id: UUID) -> HttpResponse:
    """Other conversations of the same customer, to choose from for a merge."""
    view = conversations.get(request.principal, conversation_id)
    found = conversations_merging.near(request.principal, view)
    return render(request, "desk/_mergeable.html", {"found": found})


@require_POST
def split(request: access.StaffRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """A conversation of its own from a message on."""
    access.require(request.principal, conversations.WORK)
    new, group = conversations_merging.split(request.principal, conversation_id, message_id)
    number = Conversation.objects.values_list("number", flat=True).get(pk=new)
    return _done(request, conversation_id, _("{number} was split off").format(number=f"#{number}"), group)


@require_POST
def link(request: access.StaffRequest, conversation_id: UUID) -> HttpResponse:
    """Link a record (``record``: ``kind:id``), or take a link away (``off``)."""
    access.require(request.principal, conversations.WORK)
    kind, _sep, typed = request.POST.get("record", "").partition(":")
    record_id = read_id(typed)
    if record_id is None:
        raise Refused("no_record", _("Choose a record."))
    doing = linking.unlink if request.POST.get("off") else linking.link
    return _done(request, conversation_id, _("Saved"), doing(request.principal, conversation_id, kind, record_id))


@require_GET
def linkable(request: access.StaffRequest, conversation_id: UUID) -> HttpResponse:
    """Records to choose from for a link: the customer's, or those that fit what is typed (``q``)."""
    view = conversations.get(request.principal, conversation_id)
    typed = request.GET.get("q", "").strip()[:80]
    offered = [
        (kind, each.label, each.icon, each.near(request.principal, view, typed))
        for kind, each in linking.kinds().items()
    ]
    found = [each for each in offered if each[3]]
    return render(request, "desk/_linkable.html", {"conversation": view, "found": found})


@require_POST
def hand(request: access.StaffRequest, conversation_id: UUID) -> HttpResponse:
    """Hand over to a colleague with summary, promise and deadline."""
    access.require(request.principal, conversations.WORK)
    to, posted = read_id(request.POST.get("to", "")), request.POST
    if to is None:
        raise Refused("nobody", _("Choose a colleague."))
    due = inbox_doing.moment(posted.get("due_at", ""))
    given = posted.get("summary", ""), posted.get("promise", "")
    group = handing.hand_to(request.principal, conversation_id, to, *given, due)
    return _done(request, conversation_id, _("Handed over"), group)


@require_POST
def kept(request: access.StaffRequest, conversation_id: UUID) -> HttpResponse:
    """What was promised in a hand-over is done."""
    access.require(request.principal, conversations.WORK)
    group = handing.keep(request.principal, conversation_id)
    return _done(request, conversation_id, _("Saved"), group)


@require_POST
def here(request: access.StaffRequest, conversation_id: UUID) -> HttpResponse:
    """Who looks or writes; told on, not kept."""
    access.require(request.principal, conversations.SEE)
    presence.tell(request.principal, conversation_id, request.POST.get("does", ""))
    return HttpResponse(status=204)


@require_GET
def macro(request: access.StaffRequest, conversation_id: UUID, macro_id: UUID) -> HttpResponse:
    """A macro's text for this conversation, as JSON."""
    view = conversations.get(request.principal, conversation_id)
    known = macros.get(request.principal, macro_id)
    return JsonResponse(
        {"id": str(known.id), "text": macros.filled(request.principal, known, view), "name": known.name}
    )


def _kept(request: access.StaffRequest, conversation_id: UUID) -> tuple[UUID, ...]:
    """The files that came with a form."""
    found = request.FILES.getlist("files")[:MAX_FILES]
    person_id = conversations.get(request.principal, conversation_id).person_id if found else None
    ids = []
    for each in found:
        content = each.read()
        ids.append(channels.attach(None, each.name or "file", content, person_id, each.content_type or ""))
    refused = [each for each in channels.file_views(ids).values() if each.refused] if ids else []
    if refused:
        raise Refused("file_refused", f"{refused[0].name}: {refused[0].refused}")
    return tuple(ids)


def _citations(text: str) -> tuple[dict[str, Any], ...]:
    """Passages that a draft quotes, as the draft gave them."""
    try:
        told = json.loads(text or "[]")
    except ValueError:
        return ()
    names = ("passage", "title", "quote")
    rows = [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []
    return tuple({name: str(each.get(name, ""))[:500] for name in names} for each in rows[:10])


def _htmx(request: access.StaffRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _done(
    request: access.StaffRequest, conversation_id: UUID, text: str, group: UUID | None, *, composed: bool = False
) -> HttpResponse:  # fmt: skip
    """Head and thread as they are now for htmx, or what is new of them since ``since``; else the page; with Undo."""
    toast(request, text, undo=reverse("undo", args=[group]) if group else "")
    if not _htmx(request):
        return HttpResponseRedirect(reverse("conversation", args=[conversation_id]))
    try:
        response = pages_conversation.live_answer(request, conversation_id, request.POST.get("since", ""))
    except Refused:  # given to others, and out of one's own sight
        return HttpResponse(headers={"HX-Redirect": reverse("inbox")})
    if composed:
        response.headers["HX-Trigger"] = json.dumps({"composed": {}})
    return response
