"""Prometheus metrics: requests of this process, and what the database knows of jobs and imports."""

from __future__ import annotations

import hmac
from collections.abc import Iterator

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from amity.events import api as events

registry = CollectorRegistry()
requests_total = Counter(
    "amity_http_requests_total", "Requests answered", ["method", "route", "status"], registry=registry
)
request_seconds = Histogram(
    "amity_http_request_seconds", "Time to answer", ["route"], registry=registry,
    buckets=(0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 10),
)  # fmt: skip
_COUNTS = {
    "amity_jobs": ("Background jobs by state", "SELECT state, count(*) FROM base_jobrun GROUP BY state"),
    "amity_queue": ("Queued tasks by status", "SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status"),
    "amity_imports": ("Imports by state", "SELECT state, count(*) FROM people_import GROUP BY state"),
    "amity_segments": (
        "Live segments by state",
        "SELECT state, count(*) FROM people_segment WHERE live AND archived_at IS NULL GROUP BY state",
    ),
    "amity_segment_differences": (
        "People whose membership the last nightly check found wrong",
        "SELECT 'found', coalesce(sum(differences), 0) FROM people_segment WHERE live AND archived_at IS NULL",
    ),
    "amity_segment_timers": (
        "People whom a time condition may concern and who wait for more than five minutes",
        "SELECT 'overdue', count(*) FROM people_segment_timer WHERE due_at < now() - interval '5 minutes'",
    ),
}


class _Consumers(Collector):
    """How far each consumer of events is behind."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        gauges = {
            name: GaugeMetricFamily(f"amity_consumer_{name}", text, labels=["consumer"])
            for name, text in {
                "lag_rows": "Events not handled yet (counted up to 100,000)",
                "lag_seconds": "Age of the oldest of them",
                "handled": "Events handled",
                "quarantined": "Events that could not be handled",
                "failures": "Failures in a row",
            }.items()
        }
        for one in events.standings():
            lag = one.lag or events.Lag(-1, -1.0)
            values = (lag.rows, lag.seconds, one.handled, one.quarantined, one.failures)
            for gauge, value in zip(gauges.values(), values, strict=True):
                gauge.add_metric([one.name], value)
        yield from gauges.values()


class _Database(Collector):
    """Counts read at scrape time; bounded by the small tables they come from."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, (text, query) in _COUNTS.items():
            gauge = GaugeMetricFamily(name, text, labels=["state"])
            with connection.cursor() as cursor:
                cursor.execute(query)
                for state, count in cursor.fetchall():
                    gauge.add_metric([state], count)
            yield gauge


registry.register(_Database())
registry.register(_Consumers())


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """`/metrics`: for loopback, or for whoever sends the configured token as a bearer token."""
    if not _allowed(request):
        return HttpResponseForbidden(
            "Set AMITY_METRICS_TOKEN and send it as a bearer token.\n", content_type="text/plain"
        )
    return HttpResponse(generate_latest(registry), content_type="text/plain; version=0.0.4; charset=utf-8")


def _allowed(request: HttpRequest) -> bool:
    token = settings.CONFIG.metrics_token
    if token:
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode())
    # Behind a proxy everybody seems to come from loopback, so a token is needed there.
    return settings.CONFIG.trusted_proxies == 0 and request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1", None, "")
