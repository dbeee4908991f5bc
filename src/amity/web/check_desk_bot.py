"""The bot in a throw-away installation, with the real engine, jobs, gate and database, and no language model.

1. Every scripted dialogue in four languages, each as written.
2. 500 attempts to make it do what it must not, from a seeded grammar in four languages: commands, roles, made-up system
   messages, tool calls, encodings, SQL, markup, other people's data; at the start, in the middle, after a real proof.
3. 200 tricks with identities: codes that are wrong, old, used, of another talk; other people's numbers and addresses;
   claims of an address; profiles that were merged.

Every customer has values that occur nowhere else. A leak is such a value in a text or letter to anybody else.
"""

from __future__ import annotations

import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from amity.web import scratch

INJECTIONS, TRICKS = 500, 200
_INSIDE = "amity.web.check_desk_bot_inside"


def run(injections: int = INJECTIONS, tricks: int = TRICKS) -> dict[str, Any]:
    """All figures; the three parts at the same time, each in its own installation. About ten minutes on two cores."""
    parts = {"scripted": 0, "injections": injections, "tricks": tricks}
    with ThreadPoolExecutor(len(parts)) as pool:
        found: dict[str, Any] = dict(zip(parts, pool.map(_part, parts, parts.values()), strict=True))
    handed = [each.pop("handed") for each in found.values()]
    found["handed"] = {name: sum(each[name] for each in handed) for name in ("all", "told")}
    attacked = (found["injections"], found["tricks"])
    bad = sum(each[name] for each in attacked for name in ("leaks", "unauthorised", "changes", "uncited"))
    whole = found["scripted"]["good"] == found["scripted"]["played"] and not found["scripted"]["uncited"]
    served = all(each["served"] == each["to_serve"] for each in attacked)
    found["good"] = whole and served and not bad and found["handed"]["told"] == found["handed"]["all"]
    return found


def _part(name: str, cases: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="amity-bot-") as folder:
        told = Path(folder) / "found.json"
        with scratch.installation(log_level="ERROR") as environment:
            scratch.python(environment, _INSIDE, str(told), name, str(cases))
        found: dict[str, Any] = json.loads(told.read_text("utf-8"))
    return found


def tell(found: dict[str, Any]) -> str:
    """The same in lines."""
    scripted, tried, tricked = found["scripted"], found["injections"], found["tricks"]
    lines = [
        f"  scripted dialogues: {scripted['good']} of {scripted['played']} as written "
        f"({scripted['dialogues']} in {scripted['languages']} languages, {scripted['turns']} turns), "
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
