"""A consumer in a process of its own, to be killed: ``python -m amity.events.tests.victim ORDER``."""

from __future__ import annotations

import json
import sys

import django


def main(order: dict[str, object]) -> None:
    django.setup()
    from amity.engines import api as engines
    from amity.events.consumers import Runner
    from amity.events.stream_kafka import KafkaStream
    from amity.events.stream_postgres import PostgresStream
    from amity.events.tests.test_streams import effect

    brokers = engines.Brokers(tuple(order["addresses"]), tuple(order["options"]))  # type: ignore[arg-type]
    stream = KafkaStream(brokers, str(order["topic"]), 4) if order["topic"] else PostgresStream()
    Runner(effect(slow=True), stream).run()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
