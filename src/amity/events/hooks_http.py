"""The address of inbound webhooks: anything that is POSTed to it is kept."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from amity.base.errors import Refused, TooMany
from amity.events import hooks


@csrf_exempt
def receive(request: HttpRequest, token: str) -> HttpResponse:
    """Take a payload. 200 once it is kept; GET and HEAD say that somebody listens, for senders that ask."""
    if request.method in ("GET", "HEAD"):
        return JsonResponse({"listening": True})
    if request.method != "POST":
        return JsonResponse({"code": "method", "message": "POST"}, status=405, headers={"Allow": "GET, HEAD, POST"})
    try:
        kept = hooks.receive(
            token, dict(request.headers), request.GET.dict(), request.headers.get("Content-Type", ""), _body(request)
        )
    except TooMany as error:
        return _problem(error, {"Retry-After": str(error.retry_after)})
    except Refused as error:
        return _problem(error)
    return JsonResponse({"id": str(kept.pk), "state": kept.state, "events": kept.events})


def _body(request: HttpRequest) -> bytes:
    """The body, never more of it than may be kept (plus one byte, which tells that it was too long)."""
    most = settings.CONFIG.hook_max_bytes
    try:
        if int(request.headers.get("Content-Length") or 0) > most:
            raise Refused("too_large", _("The body is larger than {most} KB.").format(most=most // 1024), 413)
        return request.read(most + 1)
    except (UnreadablePostError, RequestDataTooBig, SuspiciousOperation, ValueError) as error:
        raise Refused("unreadable", _("The body could not be read."), 400) from error


def _problem(error: Refused, headers: dict[str, str] | None = None) -> HttpResponse:
    return JsonResponse({"code": error.code, "message": str(error.message)}, status=error.status, headers=headers)
