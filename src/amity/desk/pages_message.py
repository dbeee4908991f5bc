"""The page that begins a conversation with a person by mail."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from amity.access import api as access
from amity.base.errors import Refused
from amity.base.pages import page, toast
from amity.desk import conversations, replies
from amity.people import api as people


class MessageForm(forms.Form):
    """Subject and text."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=900)
    text = forms.CharField(label=gettext_lazy("Message"), max_length=replies.MAX_TEXT, widget=forms.Textarea)


@require_http_methods(["GET", "POST"])
def new(request: access.StaffRequest, person_id: UUID) -> HttpResponse:
    """Write to a person; the conversation opens, and sending can be undone there."""
    access.require(request.principal, conversations.WORK)
    person = people.get_person(request.principal, person_id)
    form = MessageForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            sent = replies.begin(request.principal, person_id, form.cleaned_data["subject"], form.cleaned_data["text"])
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            undo = reverse("undo", args=[sent.group]) if sent.group else ""
            toast(request, _("Sent in a few seconds"), undo=undo)
            return HttpResponseRedirect(reverse("conversation", args=[sent.message.conversation_id]))
    return page(request, "desk/message_new.html", {"form": form, "person": person})
