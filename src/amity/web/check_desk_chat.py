"""Web chat under load and under kill -9, in the product's own processes on a throw-away installation.

500 visitors hold a stream each and say something about every two minutes, 50 agents listen as the inbox does, open the
thread that changed and answer every message after one to three seconds: 4 messages a second each way. Measured from
pressing send to being read by the other side (agent: the thread's page; visitor: the stream), beside a bare SSE echo
server of the same shape (every visitor's words come back over its own stream) in the same run. Then 40 visitors and 8
agents at a quicker pace while web, live, worker and Postgres are killed in turn. A message is lost when it was
acknowledged and not read, doubled when it was read twice.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amity.engines import api as engines
from amity.web import check_desk_chat_echo as echo
from amity.web import scratch
from amity.web.bench_intake import database_url, free_port
from amity.web.check_desk_chat_people import Agent, Visitor, World
from amity.web.check_desk_chat_wire import Line

VISITORS, AGENTS, SECONDS, PAUSE = 500, 50, 75, 120.0
FEW_VISITORS, FEW_AGENTS, KILL_EVERY, KILLS = 40, 8, 6.0, 8
TARGET_MS = 300
SETTLE_S = 60.0
_WARM_S = 15.0
_ECHO_S = 20
_TARGETS = ("web", "live", "worker", "postgres")


def run() -> dict[str, Any]:
    """All figures; about four minutes."""
    baseline = asyncio.run(_echo())
    web, live = free_port(), free_port()
    settings: dict[str, Any] = {"port": web, "live_port": live, "intake_port": 0, "chat_sessions_per_minute": 0}
    with scratch.installation(**settings, chat_messages_per_minute=0, log_level="ERROR") as environment:
        house = House(environment, {"web": web, "live": live})
        try:
            house.keep_up()
            made = _set_up(environment)
            load = asyncio.run(_load(house, made))
            kills = asyncio.run(_kills(house, made))
        finally:
            house.end()
    good = load["good"] and kills["good"]
    return {"good": good, "echo": baseline, "load": load, "kills": kills}


def tell(found: dict[str, Any]) -> str:
    """The same in lines."""
    load, kills = found["load"], found["kills"]
    lines = [
        f"  {load['visitors']} visitors, {load['agents']} agents, {load['seconds']} s: {load['asked']} messages in, "
        f"{load['answered']} answers out",
        *(_told(name, load[key]) for name, key in (("visitor → agent", "to_agent"), ("agent → visitor", "to_visitor"))),
        _told("bare SSE echo", found["echo"]),
        f"    lost {load['lost']}, doubled {load['doubled']}, out of order {load['disordered']}",
        f"  kill -9 of {', '.join(_TARGETS)}, {kills['kills']} times: {kills['asked']} in, {kills['answered']} out, "
        f"{kills['retries']} tries again; lost {kills['lost']}, doubled {kills['doubled']}, "
        f"out of order {kills['disordered']}",
        f"  target p95 {TARGET_MS} ms, nothing lost, doubled or out of order: "
        + ("reached" if found["good"] else "missed"),
    ]
    return "\n".join(lines)


def _told(name: str, figures: dict[str, float]) -> str:
    return f"    {name:16} p50 {figures['p50']:6.0f} ms   p95 {figures['p95']:6.0f} ms   p99 {figures['p99']:6.0f} ms"


@dataclass(slots=True)
class House:
    """Postgres and the product's processes, started again when they die, as `amity up` does."""

    environment: Mapping[str, str]
    ports: Mapping[str, int]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def keep_up(self) -> None:
        database_url(self.environment)
        for name in ("web", "live", "worker"):
            process = self.processes.get(name)
            if process is None or process.poll() is not None:
                if process is not None:
                    _kill_group(process.pid)
                self.processes[name] = subprocess.Popen(
                    [sys.executable, "-m", "amity", name], env=dict(self.environment), stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL, start_new_session=True,
                )  # fmt: skip

    def kill(self, target: str) -> None:
        if target == "postgres":
            pid = engines.embedded_postgres(Path(self.environment["AMITY_HOME"])).status().pid
            if pid:
                os.kill(pid, signal.SIGKILL)
            return
        _kill_group(self.processes[target].pid)
        self.processes[target].wait()

    def end(self) -> None:
        for process in self.processes.values():
            _kill_group(process.pid)
            process.wait()

    async def ready(self) -> None:
        """Until pages and visitors' door answer."""
        give_up = time.monotonic() + 120
        for name, path in (("web", "/healthz"), ("live", "/chat/none/messages")):
            while time.monotonic() < give_up:
                try:
                    status, _body = await Line(self.ports[name]).ask("GET", path)
                    if status in (200, 404):
                        break
                except (OSError, EOFError, TimeoutError):
                    pass
                await asyncio.sleep(0.2)
            else:
                raise TimeoutError(f"{name} does not answer.")


async def _load(house: House, made: dict[str, Any]) -> dict[str, Any]:
    await house.ready()
    world = World(made["key"], house.ports["web"], house.ports["live"], PAUSE, (1.0, 3.0), quiet=True)

    async def measured() -> None:
        await asyncio.sleep(_WARM_S)
        world.quiet = False
        await asyncio.sleep(SECONDS)
        world.quiet = True

    found = await _talked(world, made["cookies"][:AGENTS], VISITORS, AGENTS, measured)
    figures = {"to_agent": _figures(world.to_agent), "to_visitor": _figures(world.to_visitor)}
    fast = all(each["p95"] <= TARGET_MS for each in figures.values())
    return {"good": fast and found.pop("whole"), "seconds": SECONDS, **figures, **found}


async def _kills(house: House, made: dict[str, Any]) -> dict[str, Any]:
    world = World(made["key"], house.ports["web"], house.ports["live"], 2.0, (0.1, 0.5), quiet=True)
    kept = True

    async def keep_up() -> None:
        while kept:
            await asyncio.to_thread(house.keep_up)
            await asyncio.sleep(0.1)

    async def kill() -> None:
        await asyncio.sleep(_WARM_S)
        for number in range(KILLS):
            await asyncio.to_thread(house.kill, _TARGETS[number % len(_TARGETS)])
            await asyncio.sleep(KILL_EVERY)

    keeping = asyncio.create_task(keep_up())
    found = await _talked(world, made["cookies"][:FEW_AGENTS], FEW_VISITORS, FEW_AGENTS, kill)
    kept = False
    await keeping
    return {"good": found.pop("whole"), "kills": KILLS, "retries": world.retries, **found}


async def _talked(
    world: World, cookies: Sequence[str], visitors: int, agents: int, story: Any
) -> dict[str, Any]:  # fmt: skip
    """Everybody talks while ``story`` runs, then until all is read; what became of every message."""
    crowd = [Visitor(world, number) for number in range(visitors)]
    staff = [
        Agent(world, number, cookie, frozenset(range(number, visitors, agents)))
        for number, cookie in enumerate(cookies)
    ]
    tasks = [asyncio.create_task(each.live()) for each in staff]
    share = 1 / visitors
    order = random.sample(range(visitors), visitors)
    tasks += [
        asyncio.create_task(each.live(_WARM_S * share * each.number, world.pause * share * order[each.number]))
        for each in crowd
    ]
    await story()
    world.speaking = False
    give_up = time.monotonic() + SETTLE_S
    while time.monotonic() < give_up and not _all_read(crowd, staff):
        await asyncio.sleep(0.2)
    world.running = False
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return {"visitors": visitors, "agents": agents, **_became(crowd, staff)}


def _all_read(crowd: Sequence[Visitor], staff: Sequence[Agent]) -> bool:
    answered = {(visitor, n) for each in staff for visitor, numbers in each.answered.items() for n in numbers}
    return all(
        {("customer", n) for n in each.taken} | {("staff", n) for n in each.taken} <= set(each.read)
        and all((each.number, n) in answered for n in each.taken)
        for each in crowd
    )


def _became(crowd: Sequence[Visitor], staff: Sequence[Agent]) -> dict[str, Any]:
    known = {pair for each in staff for pair in each.known}
    unread = unheard = unseen = doubled = disordered = asked = answered = 0
    for visitor in crowd:
        own = [n for author, n in visitor.read if author == "customer"]
        theirs = [n for author, n in visitor.read if author == "staff"]
        said = [n for each in staff for n in each.answered.get(visitor.number, [])]
        unheard += len(set(visitor.taken) - set(own))
        unread += len(set(said) - set(theirs))
        unseen += sum((visitor.number, n) not in known for n in visitor.taken)
        doubled += len(own) - len(set(own)) + len(theirs) - len(set(theirs))
        disordered += (own != sorted(own)) + (theirs != sorted(theirs))
        asked, answered = asked + len(visitor.taken), answered + len(said)
    lost = unread + unheard + unseen
    whole = not lost and not doubled and not disordered and answered == asked
    return {
        "asked": asked, "answered": answered, "lost": lost, "unread": unread, "unheard": unheard, "unseen": unseen,
        "doubled": doubled, "disordered": disordered, "whole": whole,
    }  # fmt: skip


async def _echo() -> dict[str, float]:
    port = free_port()
    server = await asyncio.create_subprocess_exec(*echo.command(port), start_new_session=True)
    try:
        return _figures(await echo.measured(port, VISITORS, VISITORS / PAUSE * 2, _ECHO_S))
    finally:
        _kill_group(server.pid)
        await server.wait()


def _figures(seconds: Sequence[float]) -> dict[str, float]:
    """Milliseconds."""
    ordered = sorted(seconds) or [float("nan")]
    at = {name: ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000 for name, share in _SHARES}
    return {"n": len(seconds), **at}


_SHARES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))


def _set_up(environment: Mapping[str, str]) -> dict[str, Any]:
    """A chat and agents who are signed in, made by a process of that installation."""
    command = [sys.executable, "-m", "amity.web.check_desk_chat", "--set-up"]
    done = subprocess.run(command, env=dict(environment), stdout=subprocess.PIPE, check=True, timeout=300)
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def _make() -> None:
    """In that process."""
    import django

    django.setup()
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.test import Client

    from amity.access import api as access
    from amity.channels import api as channels

    account = channels.chat.create(access.SYSTEM, "Check")
    cookies = []
    for number in range(AGENTS):
        staff = get_user_model()(name=f"Agent {number}", email=f"agent{number}@example.com", role="agent", scope="all")
        staff.set_unusable_password()
        staff.save()
        client = Client()
        client.force_login(staff, "django.contrib.auth.backends.ModelBackend")
        cookies.append(client.cookies[settings.SESSION_COOKIE_NAME].value)
    key = channels.chat.one(access.SYSTEM, account).key
    print(json.dumps({"key": key, "cookies": cookies}))


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    _make()
