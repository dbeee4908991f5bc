"""Pages of web chat: the widget's script, a page to try it on, and Settings → Web chat."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from amity.access import api as access
from amity.base.errors import Refused
from amity.base.pages import toast
from amity.channels import chat, chat_settings

_LANGUAGES = dict(settings.LANGUAGES)


class ChatForm(forms.Form):
    """What can be set of a chat."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, help_text=gettext_lazy("Visitors see it."))
    enabled = forms.BooleanField(label=gettext_lazy("Switched on"), required=False)
    bot = forms.BooleanField(
        label=gettext_lazy("The bot answers first"), required=False,
        help_text=gettext_lazy("Visitors can ask for a person at any time."),
    )  # fmt: skip
    origins = forms.CharField(
        label=gettext_lazy("Sites that may show it"), required=False, max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One address per line, such as https://shop.example."),
    )  # fmt: skip
    privacy_url = forms.URLField(label=gettext_lazy("Privacy page"), required=False, assume_scheme="https")
    colour = forms.CharField(
        label=gettext_lazy("Colour"), required=False, max_length=7,
        help_text=gettext_lazy("As #rrggbb; one on which white can be read, else ours is used."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for language in chat.LANGUAGES:
            label = _("Greeting ({language})").format(language=_LANGUAGES[language])
            self.fields[f"greeting_{language}"] = forms.CharField(label=label, required=False, max_length=500)

    def values(self) -> dict[str, Any]:
        """What `chat_settings.change` takes."""
        told = dict(self.cleaned_data)
        told["greeting"] = {language: told.pop(f"greeting_{language}") for language in chat.LANGUAGES}
        return {**told, "origins": told["origins"].split()}


@require_GET
def widget(request: HttpRequest) -> HttpResponse:
    """The script's lasting address; what it leads to may be kept for a year."""
    response = HttpResponseRedirect(static("dist/widget.js"))
    response["Cache-Control"] = "public, max-age=300"
    return response


@never_cache
@require_GET
def try_it(request: HttpRequest, key: str) -> HttpResponse:
    """A page with nothing but the chat on it."""
    found = chat.chat(key)
    response = render(request, "channels/chat_try.html", {"chat": found, "language": (get_language() or "en")[:2]})
    response["X-Robots-Tag"] = "noindex"
    return response


@never_cache
@require_http_methods(["GET", "POST"])
def chats(request: access.StaffRequest) -> HttpResponse:
    """Chats on sites; POST makes one."""
    listed, error = chat_settings.chats(request.principal), ""
    if request.method == "POST":
        try:
            made = chat_settings.create(request.principal, request.POST.get("name", ""))
        except Refused as refused:
            error = refused.message
        else:
            return HttpResponseRedirect(reverse("settings_chat", args=[made]))
    context = {"listed": listed, "error": error}
    return render(request, "channels/chat_list.html", context, status=422 if error else 200)


@never_cache
@require_http_methods(["GET", "POST"])
def one(request: access.StaffRequest, account_id: UUID) -> HttpResponse:
    """One chat: the line to embed, and its settings."""
    found = chat_settings.one(request.principal, account_id)
    form = ChatForm(request.POST or None, initial=_initial(found))
    if request.method == "POST" and form.is_valid():
        try:
            group = chat_settings.change(request.principal, account_id, form.values())
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            toast(request, _("Saved"), undo=reverse("undo", args=[group]))
            return HttpResponseRedirect(request.path)
    context = {"chat": found, "form": form, "snippet": snippet(request, found.key)}
    return render(request, "channels/chat_page.html", context, status=422 if form.errors else 200)


@require_POST
def secret(request: access.StaffRequest, account_id: UUID) -> HttpResponse:
    """Make the secret for proofs of users anew."""
    chat_settings.new_secret(request.principal, account_id)
    toast(request, _("A new secret was made"))
    return HttpResponseRedirect(reverse("settings_chat", args=[account_id]))


def snippet(request: HttpRequest, key: str) -> str:
    """The one line that puts a chat on a site."""
    public = urlsplit(settings.CONFIG.public_url)
    origin = f"{public.scheme}://{public.netloc}" if public.netloc else request.build_absolute_uri("/").rstrip("/")
    return f'<script async src="{origin}{reverse("chat_widget")}" data-chat="{key}"></script>'


def _initial(found: chat_settings.ChatSettings) -> dict[str, Any]:
    greetings = {f"greeting_{language}": found.greeting.get(language, "") for language in chat.LANGUAGES}
    return {
        "name": found.name, "enabled": found.enabled, "bot": found.bot, "origins": "\n".join(found.origins),
        "privacy_url": found.privacy_url, "colour": found.colour, **greetings,
    }  # fmt: skip
