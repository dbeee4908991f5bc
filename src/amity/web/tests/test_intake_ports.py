"""The intake as a program, and through the port of the pages: the same answers, and bad input breaks neither."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.db import connection

from amity.access.permissions import SYSTEM
from amity.events import sources
from amity.events.tests.taking import basic, database_url
from amity.web import bench_intake, check_fuzz

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(params=["intake", "web"])
def port(request: Any) -> Iterator[int]:
    found = bench_intake.free_port()
    ports = {"AMITY_INTAKE_PORT": str(found), "AMITY_PORT": str(found)}
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AMITY_")} | ports
    environment |= {"AMITY_HOME": str(settings.CONFIG.home), "AMITY_DATABASE_URL": database_url()}
    environment |= {"AMITY_INTAKE_EVENTS_PER_SECOND": "0"}
    child = subprocess.Popen([sys.executable, "-m", "amity", request.param], env=environment)
    try:
        bench_intake.wait_for(found)
        yield found
    finally:
        child.terminate()
        child.wait(20)


def logged() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM events_raw")
        return int(cursor.fetchone()[0])


def test_events_come_in_and_pages_go_on(port: int) -> None:
    key = sources.create(SYSTEM, "Shop").write_key
    with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        event = json.dumps({"userId": "u", "event": "Viewed"})
        told = client.post("/v1/track", content=event, headers={"Authorization": basic(key), "Origin": "https://x.y"})
        assert (told.status_code, told.json()) == (200, {"success": True})
        assert told.headers["access-control-allow-origin"] == "https://x.y"
        assert client.get(f"/v1/projects/{key}/settings").json()["integrations"]["Segment.io"]["apiKey"] == key
        assert client.options("/v1/b", headers={"Access-Control-Request-Headers": "x-y"}).status_code == 200
        assert client.get("/v1/people").status_code in (401, 404)  # the API's door, or no API on the intake's own port
    assert logged() == 1


def test_a_slice_of_the_fuzzer(port: int) -> None:
    key = sources.create(SYSTEM, "Shop").write_key
    outcome = check_fuzz.run(port, 7, 300, key)
    assert (outcome.wrong, outcome.silent) == ([], 0)
    assert logged() > 0
