"""Forty strings about one person, through every door that Amity has."""

from __future__ import annotations

import base64
import json
import logging
import random
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from amity.access import api as access
from amity.base import clock, jobs, undo
from amity.base.ids import new_id
from amity.base.logs import JsonFormatter
from amity.channels import api as channels
from amity.people import api as people

_PATIENCE_S = 90
_SCOPES = [
    "people:write", "deals:write", "tasks:write", "imports:write", "webhooks:write", "jobs:read", "segments:write",
]  # fmt: skip
_chance = random.SystemRandom()


@dataclass(slots=True)
class Planted:
    """``canaries``: door → string."""

    canaries: dict[str, str] = field(default_factory=dict)
    person: UUID = field(default_factory=lambda: UUID(int=0))

    def new(self, door: str) -> str:
        """A string that is nowhere else."""
        self.canaries[door] = "".join(_chance.choice("bcdfghjkmpqrtvwxz") for _n in range(14))
        return self.canaries[door]

    def digits(self, door: str) -> str:
        self.canaries[door] = "".join(_chance.choice("123456789") for _n in range(9))
        return self.canaries[door]


def officer() -> access.Principal:
    """The administrator of this installation."""
    first = access.first_administrator()
    if first is None:
        access.demo_administrator("Olga Officer", "olga@company.example")
        first = access.first_administrator()
    assert first is not None
    return access.principal_by_id(first.id)


@dataclass(slots=True)
class Doors:
    """What planting needs: who plants, a client with a token, the intake's address."""

    planted: Planted
    me: access.Principal
    client: Client
    token: str
    intake: str
    mail: str = ""
    user: str = ""
    device: str = ""

    def api(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """A call of the public API."""
        answer = self.client.generic(
            method, f"/v1/{path}", json.dumps(body), content_type="application/json", SERVER_NAME="127.0.0.1",
            headers={"Authorization": f"Bearer {self.token}", **headers},
        )  # fmt: skip
        if answer.status_code >= 400:
            raise SystemExit(f"{method} {path}: {answer.status_code} {answer.content.decode()[:500]}")
        return json.loads(answer.content or b"null")

    def send(self, key: str, body: Any, path: str = "/v1/batch") -> None:
        """To the intake, as an SDK does."""
        basic = base64.b64encode(f"{key}:".encode()).decode()
        request = urllib.request.Request(  # noqa: S310 - our own address
            self.intake + path, json.dumps(body).encode(),
            {"Authorization": f"Basic {basic}", "Content-Type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=20):  # noqa: S310
            pass


def plant(web: str, intake: str) -> Planted:
    """Plant everything, wait until everything has landed; what was planted and about whom."""
    me = officer()
    _id, token = access.create_token(me, "canary", _SCOPES)
    doors = Doors(Planted(), me, Client(SERVER_NAME="127.0.0.1"), token, intake)
    for through in (_imports, _api_and_form, _sales, _intake, _merges, _consent, _staff, _machine):
        through(doors)
    return doors.planted


def _imports(at: Doors) -> None:
    """A file with the person, a later one that changes a value, a file of notes with a rejected row."""
    new = at.planted.new
    at.mail = f"{new('import: e-mail')}@mail.example"
    head = "Contact ID,First name,Last name,Email,Phone,City,Job title,Colour"
    row = [new("import: id in the old system"), new("import: first name"), new("import: last name"), at.mail,
           "+48 " + at.planted.digits("import: phone"), new("backup: a value that was replaced since"),
           new("import: job title"), new("import: a column of its own")]  # fmt: skip
    others = "\n".join(f"c{n},Jan{n},Kos{n},jan{n}@firm.example,,Berlin,Buyer,red" for n in range(30))
    _import(at, "contacts.csv", f"{head}\n{others}\n{','.join(row)}\n")
    at.planted.person = _found(lambda: _by_mail(at.mail))
    row[-1] = new("import: the value that replaced it")
    _import(at, "contacts_later.csv", f"{head}\n{','.join(row)}\n")
    notes = [("Email", "Subject", "Type", "Date", "Text")]
    notes += [(f"jan{n}@firm.example", "Call", "note", "2026-03-01 10:00", "Said hello") for n in range(20)]
    notes += [(at.mail, new("note: subject"), "note", "2026-03-02 10:00", new("note: text"))]
    notes += [(at.mail, "Call", "note", "", new("import: a rejected row"))]
    _import(at, "activities.csv", "\n".join(",".join(line) for line in notes) + "\n")


def _by_mail(mail: str) -> UUID | None:
    found = people.lookalikes(access.SYSTEM, mail, "")
    return found[0][0] if found else None


def _import(at: Doors, name: str, text: str) -> None:
    answer = at.client.post(
        "/v1/imports", {"files": [SimpleUploadedFile(name, text.encode())], "system": "crm"}, SERVER_NAME="127.0.0.1",
        headers={"Authorization": f"Bearer {at.token}"},
    )  # fmt: skip
    if answer.status_code >= 400:
        raise SystemExit(f"{name}: {answer.content.decode()[:500]}")
    made = answer.json()
    at.api("POST", f"imports/{made['id']}/run", {})
    _found(lambda: at.api("GET", f"imports/{made['id']}")["state"] == "done" or None)


def _found(look: Callable[[], Any]) -> Any:
    """What ``look`` finds, once it finds something."""
    give_up = time.monotonic() + _PATIENCE_S
    while (value := look()) is None:
        if time.monotonic() > give_up:
            raise SystemExit("what was planted has not landed")
        time.sleep(0.2)
    return value


def _api_and_form(at: Doors) -> None:
    """A change by the API, whose answer is kept for repetition, and one by the form, which can be undone."""
    person, new = at.planted.person, at.planted.new
    at.api("PATCH", f"people/{person}", {"middle_name": new("API: middle name")})
    other = at.api(
        "POST", "people", {"given_name": "Second", "email": f"second-{at.mail}", "traits": {"of": at.mail,
        "told": new("API: answer kept for repetition")}}, **{"Idempotency-Key": "canary"},
    )  # fmt: skip
    people.merge(at.me, person, UUID(other["id"]), {"why": new("merge: evidence")})
    now = people.get_person(at.me, person)
    form = {name: getattr(now, name) or "" for name in ("given_name", "family_name", "email", "phone", "job_title")}
    entry = access.principal_by_id(at.me.staff_id) if at.me.staff_id else at.me
    _sign_in(at, entry)
    url = reverse("person_edit", args=[person])
    for source in (new("form: a value that was replaced"), new("form: a value (in the search index)")):
        answer = at.client.post(url, {**form, "source": source, "lead_status": "none"}, SERVER_NAME="127.0.0.1")
        if answer.status_code != 302:
            raise SystemExit(f"the form was not taken: {answer.status_code}")


def _sign_in(at: Doors, principal: access.Principal) -> None:
    from django.contrib.auth import get_user_model

    staff = get_user_model().objects.get(pk=access.own_id(principal))
    at.client.force_login(staff, "django.contrib.auth.backends.ModelBackend")


def _sales(at: Doors) -> None:
    """A deal with a note of its own, a task."""
    person, new = at.planted.person, at.planted.new
    deal = at.api("POST", "deals", {"title": new("deal: title"), "person_id": str(person),
                                    "custom": {"wish": new("deal: a field of its own")}})  # fmt: skip
    at.api("POST", "tasks", {"subject": new("task: subject"), "about": "person", "about_id": str(person)})
    at.api("POST", "tasks", {"subject": new("task: of a deal"), "about": "deal", "about_id": deal["id"]})


def _intake(at: Doors) -> None:
    """Events of every kind, one that cannot be taken, an inbound webhook; handed on to a webhook and to files."""
    new = at.planted.new
    at.user, at.device = new("event: user id"), new("event: anonymous id")
    at.api("POST", "webhooks", {"url": "http://127.0.0.1:9/hook", "topics": ["event.*"]})
    wish = {"name": "Files", "kind": "files", "settings": {"max_rows": 1, "every_minutes": 1, "gzip": True}}
    at.api("POST", "destinations", wish)
    key = at.api("POST", "sources", {"name": "Shop"})["write_key"]
    who = {"userId": at.user, "anonymousId": at.device}
    page = {"page": {"url": f"https://shop.example/{new('event: context')}"}}
    events = [
        {"type": "identify", **who, "traits": {"email": at.mail, "size": new("event: identify")}},
        {"type": "track", **who, "event": "Seen", "properties": {"what": new("event: track")}, "context": page},
        {
            "type": "track",
            "anonymousId": at.device,
            "event": "Exported",
            "properties": {"v": new("export: file, webhook")},
        },
        {"type": "alias", "userId": at.user, "previousId": new("event: alias")},
        {"type": "track", **who, "properties": {"v": new("event: in quarantine")}},
    ]
    _found(lambda: _sent(at, key, events))
    hook = at.api("POST", "hooks", {"name": "Forms"})
    told = {"form": {"email": at.mail, "wish": new("webhook: payload as received")}}
    at.client.post(hook["path"], told, content_type="application/json", SERVER_NAME="127.0.0.1")
    _found(lambda: _landed(at) or None)


def _sent(at: Doors, key: str, events: list[Any]) -> bool | None:
    """The intake learns of a new key within a moment."""
    try:
        at.send(key, {"batch": events, "sentAt": clock.now().isoformat()})
    except urllib.error.HTTPError:
        return None
    return True


def _landed(at: Doors) -> bool:
    """Everything was consumed, handed on and written to a file."""
    files = list((settings.CONFIG.home / "exports").rglob("*.gz"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM events_event WHERE user_id = %s OR anonymous_id = %s", [at.user, at.device]
        )
        events = int(cursor.fetchone()[0])
        cursor.execute("SELECT count(*) FROM events_webhookdelivery")
        return events >= 3 and int(cursor.fetchone()[0]) >= 2 and bool(files)


def _merges(at: Doors) -> None:
    """A second profile that is part of the person."""
    new = at.planted.new
    made = people.create_person(at.me, {"given_name": "Second", "family_name": new("merge: another profile")},
                                {"tag": new("merge: a value of the other profile")})  # fmt: skip
    people.merge_with_undo(at.me, at.planted.person, made)


def _consent(at: Doors) -> None:
    """Consent with evidence, a message in the outbox, a blocked address."""
    new, person = at.planted.new, at.planted.person
    said = people.consent.Said(how="staff", evidence={"said": new("consent: evidence")}, confirmed=True)
    people.consent.give(at.me, person, "newsletter", "email", said)
    body = new("message: text in the outbox")
    channels.propose(at.me, channels.Message("canary", "email", "newsletter", "Hello", body, person_id=person))
    channels.suppress(at.me, "email", at.mail, "manual", new("blocked address: note"))


def _staff(at: Doors) -> None:
    """What staff write: a reason in the audit log, a note on a restriction, a request's note, a saved view."""
    new, person = at.planted.new, at.planted.person
    people.privacy.restrict(at.me, person, "contested", new("audit: reason"))
    people.privacy.open_request(at.me, person, "access", new("request: note"))
    access.save_view(at.me, "people", "Mine", f"q={at.mail}", False)


def _machine(at: Doors) -> None:
    """A job with its arguments, what it can undo, a line of a log, a file in the connectors' inbox."""
    new, person = at.planted.new, at.planted.person
    inbox = Path(settings.CONFIG.home) / "inbox" / "till"
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / "day.csv").write_text(f"Mail,Bought\njan@firm.example,tea\n{at.mail},{new('connector: a file')}\n")
    args = {"ids": [str(person)], "values": {"job_title": new("undo: values of a change")}}
    with transaction.atomic():
        undo.note(at.me, "people.change", args, {str(person): {"job_title": new("undo: value before")}})
    told = {"person_id": str(person), "why": new("job: arguments in the queue")}
    named = jobs.named("base.undo.run_step", schedule_in={"days": 1})
    named.defer(job_run_id=str(new_id()), step_id=json.dumps(told))
    log = logging.getLogger("amity.canary")
    handler = logging.FileHandler(Path(settings.CONFIG.home) / "logs" / "worker.log")
    handler.setFormatter(JsonFormatter())
    log.addHandler(handler)
    log.error("canary.failed", extra={"person_id": str(person), "detail": new("log: line")})
    handler.close()
