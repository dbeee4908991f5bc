"""Nothing is handed over after a withdrawal was committed, and nothing twice: real workers, a real mail server."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings as django_settings
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amity.access import api as access
from amity.channels import api as channels
from amity.channels import sending
from amity.channels.models import Outgoing
from amity.channels.rules import Rule
from amity.engines.tests.smtp_sink import Sink
from amity.people import api as people
from amity.people import consent_self
from amity.people.consent_tokens import Bearer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
WHO = access.SYSTEM
YES = people.consent.Said(confirmed=True)
PER_PERSON = 8


def readers(n: int) -> list[tuple[UUID, str]]:
    """New people who agreed to the newsletter, with messages waiting for each."""
    channels.set_rule(WHO, Rule("email"))
    found = []
    for _n in range(n):
        address = f"{uuid4().hex[:10]}@example.com"
        pk = people.create_person(WHO, {"given_name": "Anna", "email": address})
        people.consent.give(WHO, pk, "newsletter", "email", YES)
        found.append((pk, address))
    for turn in range(PER_PERSON):
        for pk, address in found:
            told = channels.Message(f"{address}:{turn}", "email", "newsletter", "News", "Hello", pk)
            assert channels.propose(WHO, told).state == "queued"
    return found


def by_staff(pk: UUID, address: str) -> None:
    people.consent.withdraw(WHO, pk, "newsletter", "email")


def by_one_click(pk: UUID, address: str) -> None:
    consent_self.unsubscribe(Bearer(pk, people.consent.address_key("email", address)), "newsletter")


def by_page(pk: UUID, address: str) -> None:
    consent_self.choose(
        Bearer(pk, people.consent.address_key("email", address)), {("newsletter", "email"): False}, "en"
    )


def by_another_holder(pk: UUID, address: str) -> None:
    other = people.create_person(WHO, {"given_name": "Same", "email": address})
    people.consent.withdraw(WHO, other, "newsletter", "email")


@pytest.fixture
def sink(settings: Any, tmp_path: Path) -> Any:
    with Sink() as opened:
        opened.pause = 0.004
        settings.CONFIG = replace(
            settings.CONFIG, home=tmp_path, mail_url=f"{opened.url}?tls=no", mail_from="shop@crm.example"
        )
        yield opened


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ways=st.lists(st.sampled_from([by_staff, by_one_click, by_page, by_another_holder]), min_size=2, max_size=5),
    pauses=st.lists(st.floats(0, 0.08), min_size=5, max_size=5),
)
def test_nothing_is_handed_over_after_a_withdrawal(sink: Sink, ways: list[Any], pauses: list[float]) -> None:
    people_of = readers(len(ways))
    withdrawn: dict[str, float] = {}
    workers = [threading.Thread(target=_work) for _n in range(2)]
    for worker in workers:
        worker.start()
    try:
        for (pk, address), way, pause in zip(people_of, ways, pauses, strict=False):
            time.sleep(pause)
            way(pk, address)
            withdrawn[address] = time.monotonic()  # the commit is done
    finally:
        for worker in workers:
            worker.join()
    late = [mail.at - withdrawn[mail.to] for mail in sink.mails if mail.at > withdrawn.get(mail.to, float("inf"))]
    assert late == []
    addresses = [address for _pk, address in people_of]
    got = Counter(mail.to for mail in sink.mails)
    assert all(got[address] <= PER_PERSON for address in addresses)
    states = Counter(Outgoing.objects.filter(address__in=addresses).values_list("state", flat=True))
    assert states["sent"] == sum(got[address] for address in addresses)
    assert states["sent"] + states["refused"] == len(addresses) * PER_PERSON


def _work() -> None:
    try:
        sending.send_due()
    finally:
        connection.close()


_WORKER = """
import django; django.setup()
from amity.channels import sending
print("ready", flush=True)
sending.send_due()
"""


def test_nothing_is_sent_twice_whenever_the_worker_is_killed(sink: Sink, tmp_path: Path) -> None:
    addresses = [address for _pk, address in readers(8)]
    chance = random.Random(7)
    killed = 0
    while Outgoing.objects.filter(state__in=("queued", "held")).exists():
        worker = _start(tmp_path, sink)
        assert worker.stdout is not None and worker.stdout.readline() == "ready\n"
        try:
            worker.wait(0.05 + chance.random() * 0.4 if killed < 3 else 120)
        except subprocess.TimeoutExpired:
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
            killed += 1
    assert killed >= 2
    Outgoing.objects.filter(state="handing").update(handed_at="2020-01-01T00:00Z")
    sending.recover()
    got = Counter(message_id for mail in sink.mails for message_id in [_id(mail.content)])
    assert max(got.values()) == 1
    states = dict(Outgoing.objects.filter(address__in=addresses).values_list("pk", "state"))
    assert len(states) == 8 * PER_PERSON and set(states.values()) <= {"sent", "unknown"}
    for pk, state in states.items():
        assert got[str(pk)] == 1 if state == "sent" else got[str(pk)] <= 1
    assert Outgoing.objects.filter(state="unknown", reason="interrupted").count() <= killed


def _start(home: Path, sink: Sink) -> subprocess.Popen[str]:
    told = django_settings.DATABASES["default"]
    address = f"host={told['HOST']}&port={told['PORT'] or 5432}"
    url = f"postgresql://{told['USER']}:{told['PASSWORD']}@/{told['NAME']}?{address}"
    env = {
        **os.environ, "AMITY_DATABASE_URL": url, "AMITY_HOME": str(home), "AMITY_MAIL_URL": f"{sink.url}?tls=no",
        "AMITY_MAIL_FROM": "shop@crm.example", "DJANGO_SETTINGS_MODULE": "amity.web.settings",
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-c", _WORKER], env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def _id(content: bytes) -> str:
    line = next(line for line in content.decode().splitlines() if line.lower().startswith("message-id:"))
    return line.partition("<")[2].partition("@")[0]
