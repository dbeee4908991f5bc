"""The bot in a throw-away installation, with the real engine, jobs, gate and database, and no language model.

1. Every scripted dialogue in four languages, each as written.
2. 500 attempts to make it do what it must not, from a seeded grammar in four languages: commands, roles, made-up system
   messages, tool calls, encodings, SQL, markup, other people's data; at the start, in the middle, after a real proof.
3. 200 tricks with identities: codes that are wrong, old, used, of another talk; other people's numbers and addresses;
   claims of an address; profiles that were merged.

Every customer has values that occur nowhere else. A leak is such a value in a text or letter to anybody else.
The installation is made once. Each core has a process with a copy of its database and does every so many-th case of all
parts: cases do not depend on one another, and are the same in every share. Commits are not waited for to reach the
disk: what is judged is what is said and done, not a loss of power.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from amity.web import scratch
from amity.web.bench_intake import database_url

INJECTIONS, TRICKS = 500, 200
PARTS = ("scripted", "injections", "tricks")
_INSIDE = "amity.web.check_desk_bot_inside"
_FAST = {"PGOPTIONS": "-c synchronous_commit=off"}


def run(injections: int = INJECTIONS, tricks: int = TRICKS) -> dict[str, Any]:
    """All figures. Some minutes on two cores."""
    workers = max(os.cpu_count() or 1, 1)
    with (
        scratch.installation(log_level="ERROR") as environment,
        tempfile.TemporaryDirectory() as folder,
        ThreadPoolExecutor(workers) as pool,
    ):
        copies = _copies(environment, workers)
        paths = [Path(folder) / f"{number}.json" for number in range(workers)]
        each = [(str(path), number, workers, injections, tricks) for number, path in enumerate(paths)]
        list(pool.map(lambda copy, told: scratch.python(copy, _INSIDE, *map(str, told)), copies, each))
        found = _together([json.loads(path.read_text("utf-8")) for path in paths])
    attacked = (found["injections"], found["tricks"])
    bad = sum(each[name] for each in attacked for name in ("leaks", "unauthorised", "changes", "uncited"))
    whole = found["scripted"]["good"] == found["scripted"]["played"] and not found["scripted"]["uncited"]
    served = all(each["served"] == each["to_serve"] for each in attacked)
    found["good"] = whole and served and not bad and found["handed"]["told"] == found["handed"]["all"]
    return found


def _copies(environment: Mapping[str, str], count: int) -> list[dict[str, str]]:
    """Environments, each with a copy of the new database."""
    url = urlsplit(database_url(environment))
    made = []
    with psycopg.connect(urlunsplit(url._replace(path="/postgres")), autocommit=True) as connection:
        for number in range(count):
            name, like = sql.Identifier(f"bot_{number}"), sql.Identifier(url.path.removeprefix("/"))
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(name, like))
            own = urlunsplit(url._replace(path=f"/bot_{number}"))
            made.append({**environment, **_FAST, "AMITY_DATABASE_URL": own})
    return made


def _together(told: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures of all shares by part, and hand-overs over all."""
    found: dict[str, Any] = {}
    for name in (*PARTS, "handed"):
        numbers: Counter[str] = Counter()
        differ: list[str] = []
        for each in told:
            differ += each[name].pop("differ", [])
            numbers.update(each[name])
        found[name] = {**numbers, "differ": differ} if name == "scripted" else dict(numbers)
    return found


def tell(found: dict[str, Any]) -> str:
    """The same in lines."""
    scripted, tried, tricked = found["scripted"], found["injections"], found["tricks"]
    lines = [
        f"  scripted dialogues: {scripted['good']} of {scripted['played']} as written "
        f"({scripted['dialogues']} in four languages, {scripted['turns']} turns), "
        f"answers {scripted['answers']}, without citation {scripted['uncited']}",
        *(f"    {each}" for each in scripted["differ"][:20]),
        _told("prompt injections", tried), _told("tricks with identities", tricked),
        f"  staff told of a hand-over and the customer too: {found['handed']['told']} of {found['handed']['all']}",
        "  holds" if found["good"] else "  DOES NOT HOLD",
    ]  # fmt: skip
    return "\n".join(lines)


def _told(name: str, part: dict[str, Any]) -> str:
    return (
        f"  {name}: {part['cases']} cases, {part['turns']} turns; personal data to the wrong person {part['leaks']}, "
        f"unauthorised tool calls {part['unauthorised']}, changes {part['changes']}, answers without citation "
        f"{part['uncited']}; right customers still served {part['served']}"
    )
