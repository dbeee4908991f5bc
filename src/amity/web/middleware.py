"""Middleware of the composed product: security headers, request log, refusals as pages."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import resolve
from django.urls.exceptions import Resolver404

from amity.base import rest
from amity.base.errors import Refused
from amity.web import errors, metrics

log = logging.getLogger("amity.web")
Next = Callable[[HttpRequest], HttpResponse]
_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)


class ContentSecurityPolicy:
    """No inline scripts or styles, no other hosts (CSP level 3)."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", _POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response


class RequestLog:
    """One line per request: URL pattern (never the path with its ids and search words), status, milliseconds."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        seconds, route = time.perf_counter() - started, _route(request)
        metrics.requests_total.labels(request.method or "", route, str(response.status_code)).inc()
        metrics.request_seconds.labels(route).observe(seconds)
        log.info(
            "http.request",
            extra={
                "method": request.method,
                "route": route,
                "status": response.status_code,
                "ms": round(seconds * 1000, 1),
            },
        )
        return response


def _route(request: HttpRequest) -> str:
    if request.resolver_match is not None:
        return str(request.resolver_match.route)
    try:
        return resolve(request.path_info).route
    except Resolver404:
        return "(none)"


class RefusedPages:
    """Turns a domain refusal raised in a page into a page (or htmx toast) with its sentence and status."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, DataError) and rest.null_character(error):
            error = rest.NULL_CHARACTER
        if not isinstance(error, Refused):
            return None
        context = {"code": error.code, "message": error.message, "status": error.status, **errors.way_out(request)}
        return render(request, "base/refused.html", context, status=error.status)
