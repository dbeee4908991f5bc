"""Pages that write down, change and delete notes and call notes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from amity.access import api as access
from amity.base.errors import Refused
from amity.base.ids import read_id
from amity.base.pages import page, toast
from amity.sales import notes
from amity.sales.notes_forms import NoteForm, form_of
from amity.sales.notes_subjects import About, about, check


@require_http_methods(["GET", "POST"])
def new(request: access.StaffRequest, kind: str, record_id: UUID, note: str) -> HttpResponse:
    """Write a note (``note``: note or call) about a record; a task may follow from it. Undo in the toast."""
    access.require(request.principal, notes.PERMISSION)
    subject = about(request.principal, kind, record_id)
    form = form_of(note, None, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            values = form.values() | {"kind": note}
            _note, group = notes.add_note(request.principal, kind, record_id, values, form.follow())
        except Refused as error:
            form.add_error(None, error.message)
        else:
            toast(request, _("Saved"), undo=reverse("undo", args=[group]))
            return _back(subject)
    return _page(request, form, subject, note)


@require_http_methods(["GET", "POST"])
def edit(request: access.StaffRequest, note_id: UUID) -> HttpResponse:
    """Change a note, and see what it said before. Undo in the toast."""
    access.require(request.principal, notes.PERMISSION)
    view = notes.get_note(request.principal, note_id)
    subject = check(request.principal, view)
    form = form_of(view.kind, view, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            group = notes.change_note(request.principal, note_id, form.values())
        except Refused as error:
            form.add_error(None, error.message)
        else:
            toast(request, _("Saved"), undo=reverse("undo", args=[group]))
            return _back(subject)
    return _page(request, form, subject, view.kind, view)


@require_POST
def delete(request: access.StaffRequest, note_id: UUID) -> HttpResponse:
    """Delete a note. Undo in the toast."""
    access.require(request.principal, notes.PERMISSION)
    subject = check(request.principal, notes.get_note(request.principal, note_id))
    group = notes.remove_note(request.principal, note_id)
    toast(request, _("Deleted"), undo=reverse("undo", args=[group]))
    return _back(subject)


def _back(subject: About) -> HttpResponse:
    return HttpResponseRedirect(reverse(subject.kind, args=[subject.id]) + "#notes")


def _page(
    request: access.StaffRequest, form: NoteForm, subject: About, kind: str, view: notes.NoteView | None = None
) -> HttpResponse:
    changes: list[tuple[Any, ...]] = []
    if view is not None:
        before = list(notes.changes_of(view))
        names = access.staff_names(read_id(by) for _at, by, _said in before)
        changes = [(at, names.get(read_id(by) or UUID(int=0), ""), said) for at, by, said in before]
    context = {"form": form, "subject": subject, "call": kind == "call", "record": view, "changes": changes}
    return page(request, "sales/note_form.html", context)
