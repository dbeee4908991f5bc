"""Which stream this installation uses (setting ``stream``)."""

from __future__ import annotations

from django.conf import settings

from amity.base.errors import Refused
from amity.engines import api as engines
from amity.events.stream import Stream
from amity.events.stream_kafka import KafkaStream
from amity.events.stream_postgres import PostgresStream


def stream() -> Stream:
    """A new stream as configured; close it when done. Raises ``Refused("bad_setting")``."""
    config = settings.CONFIG
    if config.stream == "postgres":
        return PostgresStream()
    if config.stream != "kafka":
        raise Refused("bad_setting", f"Setting 'stream' must be postgres or kafka, not {config.stream!r}.")
    if not config.kafka_brokers:
        raise Refused("bad_setting", "Say where Kafka is: AMITY_KAFKA_BROKERS=host:9092.")
    return KafkaStream(engines.Brokers(config.kafka_brokers, config.kafka_options), config.kafka_topic)
