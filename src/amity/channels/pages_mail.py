"""Settings → Channels → Mail: mailboxes, how each is read, and taking a mail in from a file."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from amity.access import api as access
from amity.base.errors import Refused
from amity.base.pages import toast
from amity.channels import mail_account, mail_account_reading, mail_arriving, mail_parse

_SECURITY = (("tls", "TLS"), ("starttls", "STARTTLS"), ("none", gettext_lazy("None")))


class MailboxForm(forms.Form):
    """What can be set of a mailbox."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    address = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254)
    enabled = forms.BooleanField(label=gettext_lazy("Switched on"), required=False)
    host = forms.CharField(label=gettext_lazy("IMAP server"), required=False, max_length=253)
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65_535)
    security = forms.ChoiceField(label=gettext_lazy("Encryption"), choices=_SECURITY)
    user = forms.CharField(label=gettext_lazy("User"), required=False, max_length=254)
    password = forms.CharField(
        label=gettext_lazy("Password"), required=False, max_length=1_000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Leave it empty to keep the present one."),
    )  # fmt: skip
    folder = forms.CharField(label=gettext_lazy("Folder"), max_length=200)
    sender_name = forms.CharField(label=gettext_lazy("Name of the sender"), required=False, max_length=120)
    number_in_subject = forms.BooleanField(label=gettext_lazy("Number of the conversation in subjects"), required=False)
    authserv_ids = forms.CharField(
        label=gettext_lazy("Name of your mail server in Authentication-Results"), required=False, max_length=1_000,
        help_text=gettext_lazy("Only what this server found out about DKIM, SPF and DMARC is shown."),
    )  # fmt: skip
    lists = forms.CharField(
        label=gettext_lazy("Own lists"), required=False, max_length=2_000,
        help_text=gettext_lazy("Ids of lists that only pass customers' mail on to you."),
    )  # fmt: skip
    web_forms = forms.CharField(
        label=gettext_lazy("Senders of web forms"), required=False, max_length=2_000,
        help_text=gettext_lazy("Mail from these addresses counts as written by whom answers would go to."),
    )  # fmt: skip

    def values(self) -> dict[str, Any]:
        """What `mail_account.change` takes."""
        told = {name: value for name, value in self.cleaned_data.items() if name != "password"}
        return told | {name: told[name].replace(",", " ").split() for name in mail_account.LISTS}


@never_cache
@require_http_methods(["GET", "POST"])
def mailboxes(request: access.StaffRequest) -> HttpResponse:
    """Mailboxes; POST makes one."""
    listed, error = mail_account.mailboxes(request.principal), ""
    if request.method == "POST":
        try:
            made = mail_account.create(request.principal, request.POST.get("name", ""), request.POST.get("address", ""))
        except Refused as refused:
            error = refused.message
        else:
            return HttpResponseRedirect(reverse("settings_mailbox", args=[made]))
    context = {"listed": listed, "error": error}
    return render(request, "channels/mailbox_list.html", context, status=422 if error else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def one(request: access.StaffRequest, account_id: UUID) -> HttpResponse:
    """One mailbox and its settings."""
    found = mail_account.one(request.principal, account_id)
    form = MailboxForm(request.POST or None, initial=_initial(found))
    if request.method == "POST" and form.is_valid():
        try:
            group = mail_account.change(request.principal, account_id, form.values())
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            if form.cleaned_data["password"]:
                mail_account.set_password(request.principal, account_id, form.cleaned_data["password"])
            toast(request, _("Saved"), undo=reverse("undo", args=[group]))
            return HttpResponseRedirect(request.path)
    return render(
        request, "channels/mailbox_page.html", {"box": found, "form": form}, status=422 if form.errors else 200
    )


@require_POST
def read_now(request: access.StaffRequest, account_id: UUID) -> HttpResponse:
    """Look into the mailbox now."""
    mail_account.one(request.principal, account_id)
    new = mail_account_reading.read(account_id)
    toast(request, ngettext("{count} new message", "{count} new messages", new).format(count=new))
    return HttpResponseRedirect(reverse("settings_mailbox", args=[account_id]))


@require_POST
def take(request: access.StaffRequest, account_id: UUID) -> HttpResponse:
    """Take mails in from files (.eml), at most 50."""
    mail_account.one(request.principal, account_id)
    given = request.FILES.getlist("mails")[:50]
    if not given or any(each.size is None or each.size > mail_parse.MAX_BYTES for each in given):
        raise Refused("bad_mail", _("Choose files of mails (.eml), each at most 40 MB."))
    new = sum(mail_arriving.take(account_id, each.read()).new for each in given)
    toast(request, ngettext("{count} new message", "{count} new messages", new).format(count=new))
    return HttpResponseRedirect(reverse("settings_mailbox", args=[account_id]))


def _initial(found: mail_account.MailboxView) -> dict[str, Any]:
    told = dict(found.settings) | {name: " ".join(found.settings.get(name) or ()) for name in mail_account.LISTS}
    return told | {"name": found.name, "address": found.address, "enabled": found.enabled}
