"""OpenTelemetry, only when an endpoint is configured and the extra is installed."""

from __future__ import annotations

from amity.base.config import Config
from amity.base.errors import Refused


def start(config: Config) -> bool:
    """Send traces of requests to ``config.otel_endpoint``; True when switched on."""
    if not config.otel_endpoint:
        return False
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.instrumentation.django import DjangoInstrumentor
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        message = "AMITY_OTEL_ENDPOINT is set, but the extra is not installed: pip install 'amity[otel]'"
        raise Refused("otel_missing", message) from error
    provider = TracerProvider(resource=Resource.create({"service.name": "amity"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=config.otel_endpoint)))
    trace.set_tracer_provider(provider)
    DjangoInstrumentor().instrument()
    return True
