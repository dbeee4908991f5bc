"""One URL, two answers: the whole page, or the part that htmx asked for. And toasts with Undo."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

_UNDO = "undo:"


def page(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, part: str = "", status: int = 200
) -> HttpResponse:
    """Render ``template``, or only ``part`` when htmx asks for it (never on a history restore).

    ``part`` is a partial whose one root element has the id that ``hx-target`` names.
    """
    response = render(request, part if part and wants_part(request) else template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def wants_part(request: HttpRequest) -> bool:
    """True for an htmx request that will swap a part of the page that is on the screen."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and headers.get("HX-History-Restore-Request") != "true"
        and headers.get("HX-Boosted") != "true"
    )


def toast(request: HttpRequest, text: str, *, undo: str = "", level: int = messages.SUCCESS) -> None:
    """Say ``text`` once, on this page or the next. ``undo``: URL that takes a POST and puts things back."""
    messages.add_message(request, level, text, extra_tags=_UNDO + undo if undo else "")


def undo_of(message: Any) -> str:
    """The undo URL of a Django message, or empty."""
    return next((tag.removeprefix(_UNDO) for tag in (message.extra_tags or "").split() if tag.startswith(_UNDO)), "")


class ToastHeader:
    """Middleware: an htmx answer carries waiting messages in ``HX-Trigger`` (a page shows them itself)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if (
            request.headers.get("HX-Request") != "true"
            or not 200 <= response.status_code < 300
            or "HX-Redirect" in response
            or "HX-Refresh" in response
        ):
            return response
        waiting = [
            {"text": str(m), "level": m.level_tag or "info", "undo": undo_of(m)} for m in messages.get_messages(request)
        ]
        if waiting:
            before = json.loads(response.headers.get("HX-Trigger", "{}"))
            response.headers["HX-Trigger"] = json.dumps({**before, "toast": waiting})
        return response
