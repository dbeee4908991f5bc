"""A running Amity with the sample company, and Chromium to look at it: for the browser journeys only."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

READY_SECONDS = 240


@dataclass(frozen=True)
class Running:
    """A demo in its own processes: its address, and how to make a sign-in link for it."""

    url: str
    environment: dict[str, str]

    def link(self) -> str:
        """A fresh one-time sign-in link of the demo's administrator."""
        done = subprocess.run(
            [sys.executable, "-m", "amity", "link"], env=self.environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    home = Path(os.environ.get("AMITY_HOME", ".amity-test")).absolute().parent / ".amity-test-demo"
    shutil.rmtree(home, ignore_errors=True)
    port = _free_port()
    environment = {k: v for k, v in os.environ.items() if k not in ("AMITY_DATABASE_URL", "RENDERED_TEMPLATES")}
    environment |= {"AMITY_HOME": str(home), "AMITY_PORT": str(port), "PYTHONUNBUFFERED": "1"}
    log = home.with_suffix(".log")
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "amity", "demo", "--port", str(port)], env=environment, stdout=out, stderr=out
        )
        try:
            _wait_until_ready(port, process, log)
            yield Running(f"http://127.0.0.1:{port}", environment)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _wait_until_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.25)
    pytest.fail(f"the demo did not come up:\n{log.read_text(errors='replace')[-4000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def signed_in(running: Running, browser: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cookies of a signed-in administrator, reusable by every context."""
    state = tmp_path_factory.mktemp("browser") / "state.json"
    context = browser.new_context()
    page = context.new_page()
    page.goto(running.link())
    page.locator("main form button").first.click()
    page.wait_for_url(re.compile(r":\d+/$"))
    context.storage_state(path=str(state))
    context.close()
    return state


def speak(page: Any, language: str) -> None:
    """Switch the language as people do; the account remembers it, also in later tests."""
    page.goto("/")
    page.evaluate(f"document.querySelector('button[name=language][value={language}]').click()")
    page.locator(f"html[lang={language}]").wait_for(state="attached")
