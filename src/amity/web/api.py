"""The public API /v1: routers of the rooms composed, errors as problem documents. Schema: /v1/openapi.json."""

from __future__ import annotations

import logging
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.security import HttpBearer

from amity import __version__
from amity.base import rest
from amity.base.errors import NotFound, Refused

log = logging.getLogger("amity.api")
ROUTERS = (
    "amity.people.http.router",
    "amity.people.http_segments.router",
    "amity.people.http_quality.router",
    "amity.people.http_privacy.router",
    "amity.people.merging_http.router",
    "amity.people.http_duplicates.router",
    "amity.people.http_consent.router",
    "amity.people.imports.http.router",
    "amity.sales.http.router",
    "amity.sales.http_forecast.router",
    "amity.sales.http_office.router",
    "amity.sales.http_pipelines.router",
    "amity.sales.recommending_http.router",
    "amity.desk.http.router",
    "amity.desk.measures_http.router",
    "amity.desk.complaints_http.router",
    "amity.intelligence.http.router",
    "amity.intelligence.http_life.router",
    "amity.journeys.http.router",
    "amity.events.http.router",
    "amity.events.sources_http.router",
    "amity.events.doors_http.hooks_router",
    "amity.events.doors_http.connectors_router",
    "amity.events.doors_http.destinations_router",
    "amity.channels.http_mail.router",
    "amity.access.http.router",
    "amity.web.http.router",
)
_DESCRIPTION = """\
Everything that the pages show. Send a token with every request (`Authorization: Bearer amity_…`); tokens are made under
Settings, API tokens, and act with your rights, narrowed by their scopes.

Lists answer `{items, next, count}`; pass `next` as `cursor` for the following page, `limit` up to 200, and the filters
of the list page. Send `Idempotency-Key` with POST to be able to repeat it safely for 24 hours. Errors are problem
documents (RFC 9457) with a stable `code`. Times are UTC, money is in minor units of a currency, phones are E.164.
"""


class Token(HttpBearer):
    """An API token; `access.token_door` has checked it before the request arrives here."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        return getattr(request, "principal", None)


class _Api(NinjaAPI):
    """Problems have one shape everywhere, so it is added to the document, not to each operation."""

    def get_openapi_schema(self, **where: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(**where)
        rest.describe_problems(document)
        return document


api = _Api(
    title="Amity", version=__version__, description=_DESCRIPTION, auth=Token(),
    docs_url=None, openapi_url="/openapi.json", urls_namespace="v1",
)  # fmt: skip
for _router in ROUTERS:
    api.add_router("", _router)


@api.exception_handler(Refused)
def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
    return rest.problem(error)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return rest.invalid(error.errors)


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    return rest.problem(Refused("bad_request", str(error), error.status_code))


@api.exception_handler(Http404)
def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return nowhere(request)


@api.exception_handler(Exception)
def _broken(request: HttpRequest, error: Exception) -> HttpResponse:
    if rest.null_character(error):
        return rest.problem(rest.NULL_CHARACTER)
    log.exception("api.failed", exc_info=error)
    return rest.problem(Refused("internal", _("Something broke on our side. The log has the details."), 500))


def nowhere(request: HttpRequest, rest_of_path: str = "") -> HttpResponse:
    """Any address of the API that does not exist."""
    return rest.problem(NotFound(_("There is nothing at this address. See /v1/openapi.json."), "no_such_address"))


def schema() -> dict[str, Any]:
    """The OpenAPI document as committed in docs/openapi.json."""
    document: dict[str, Any] = api.get_openapi_schema(path_prefix="/v1/")
    return document
