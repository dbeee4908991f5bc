"""Addresses that providers call: /hooks/{kind}/{key}. Nothing is stored of whom its signature does not prove."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from amity.base.errors import NotFound, Refused
from amity.channels import adapters_taking
from amity.channels.adapters import MAX_BODY, Adapter, Arrival, Malformed, adapter
from amity.channels.models import Account
from amity.channels.whatsapp import WhatsAppAdapter
from amity.engines import api as engines

_TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


@csrf_exempt
def provider(request: HttpRequest, kind: str, key: str) -> HttpResponse:
    """Take a payload of a provider in. 200 once all of it is kept; whatever else makes the provider send it again."""
    if request.method not in ("GET", "POST"):
        return _problem(Refused("method", "GET, POST", 405), {"Allow": "GET, POST"})
    try:
        account, how = _account(kind, key)
        if request.method == "GET":
            return _asked(request, account, how)
        return _taken(_arrival(request, _body(request)), account, how)
    except Refused as error:
        return _problem(error)
    except engines.BlobsDown:
        return _problem(Refused("later", _("Files cannot be kept just now."), 503), {"Retry-After": "60"})


def _account(kind: str, key: str) -> tuple[Account, Adapter]:
    how = adapter(kind)
    row = Account.objects.filter(public_key=key, kind=kind, enabled=True).first() if how else None
    if how is None or row is None:
        raise NotFound(_("There is nothing at this address."))
    return row, how


def _asked(request: HttpRequest, account: Account, how: Adapter) -> HttpResponse:
    """A provider asks whether this address is ours."""
    if not isinstance(how, WhatsAppAdapter):
        return JsonResponse({"listening": True})
    challenge = how.challenge(_arrival(request, b""), account)
    if not challenge:
        raise Refused("token", _("The token is not the one told."), 403)
    return HttpResponse(challenge, content_type="text/plain")


def _taken(arrival: Arrival, account: Account, how: Adapter) -> HttpResponse:
    if not how.verify(arrival, account):
        raise Refused("signature", _("The signature is missing, wrong or too old."), 403)
    try:
        parsed = how.parse(arrival, account)
    except (Malformed, KeyError, TypeError, AttributeError, ValueError) as error:
        reason = str(error) if isinstance(error, Malformed) else type(error).__name__
        adapters_taking.keep(account, arrival.body, reason)
        raise Refused("unreadable", _("The payload could not be read: {why}").format(why=reason), 422) from error
    result = adapters_taking.take(account, how, parsed)
    if account.kind == "sms":
        return HttpResponse(_TWIML, content_type="text/xml")
    return JsonResponse(
        {"new": result.new, "known": result.known, "states": result.states, "unreadable": result.broken}
    )


def _arrival(request: HttpRequest, body: bytes) -> Arrival:
    public = settings.CONFIG.public_url.rstrip("/")
    url = public + request.get_full_path() if public else request.build_absolute_uri()
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Arrival(url, headers, body, request.GET.dict())


def _body(request: HttpRequest) -> bytes:
    try:
        if int(request.headers.get("Content-Length") or 0) > MAX_BODY:
            raise _too_large()
        body = request.read(MAX_BODY + 1)
    except (UnreadablePostError, RequestDataTooBig, SuspiciousOperation, ValueError) as error:
        raise Refused("unreadable", _("The body could not be read."), 400) from error
    if len(body) > MAX_BODY:
        raise _too_large()
    return body


def _too_large() -> Refused:
    return Refused("too_large", _("The body is larger than {most} KB.").format(most=MAX_BODY // 1024), 413)


def _problem(error: Refused, headers: dict[str, str] | None = None) -> HttpResponse:
    return JsonResponse({"code": error.code, "message": str(error.message)}, status=error.status, headers=headers)
