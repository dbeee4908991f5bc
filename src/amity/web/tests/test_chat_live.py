"""Visitors chat through their own door: from allowed sites only, each message once, and nothing is lost on the way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection

from amity.access import api as access
from amity.base import live
from amity.channels.models import Account
from amity.desk import thread
from amity.desk.models import Conversation, Message
from amity.web.chat_live import ChatLive
from amity.web.live import Live
from amity.web.tests.asgi_client import Asked
from amity.web.tests.records import browser_of, manager

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
SITE = "https://shop.example"


@pytest.fixture
def app() -> Iterator[ChatLive]:
    Account.objects.create(kind="chat", name="Shop", public_key="shop", settings={"origins": [SITE]})
    listening = Live(access.principal_of_session, settings.SESSION_COOKIE_NAME)
    yield ChatLive(replace(settings.CONFIG, chat_sessions_per_minute=5), listening)


def run(app: ChatLive, story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def whole() -> None:
        try:
            await story()
        finally:
            await app.stop()
            await app.live.stop()

    asyncio.run(whole())


def ask(app: ChatLive, place: str, body: Any = None, *, token: str = "", **more: Any) -> Asked:
    headers = {"origin": more.pop("origin", SITE), "host": "crm.example", **more.pop("headers", {})}
    headers |= {"authorization": f"Bearer {token}"} if token else {}
    method = more.pop("method", "GET" if body is None else "POST")
    raw = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    return Asked(app, f"/chat/shop/{place}", method=method, headers=headers, body=[raw], **more)


async def told(asked: Asked) -> Any:
    async with asked as answer:
        content = await answer.content()
        return {"status": answer.status, "headers": answer.headers, **(json.loads(content) if content else {})}


async def begun(app: ChatLive) -> str:
    token: str = (await told(ask(app, "sessions", {"language": "de"})))["token"]
    return token


async def answer(text: str) -> None:
    def work() -> None:
        said = thread.Said(f"t:{text}", "out", "staff", text, "chat", author_name="Ola Kowalska")
        thread.append(Conversation.objects.get().pk, said)
        connection.close()

    await asyncio.to_thread(work)


async def next_message(stream: Asked) -> dict[str, Any]:
    while True:
        event = await stream.event()
        if event["event"] == "message":
            return {"mark": event["id"], **json.loads(event["data"])}


def test_what_is_said_reaches_the_other_side_and_a_broken_stream_goes_on_where_it_was(app: ChatLive) -> None:
    async def story() -> None:
        token = await begun(app)
        async with ask(app, "stream", token=token) as stream:
            assert stream.status == 200
            assert stream.headers["access-control-allow-origin"] == SITE
            said = await told(ask(app, "messages", {"id": "browser-1", "text": "Hallo"}, token=token))
            again = await told(ask(app, "messages", {"id": "browser-1", "text": "Hallo"}, token=token))
            assert (said["new"], again["new"], said["id"]) == (True, False, again["id"])
            mine = await next_message(stream)
            assert (mine["author"], mine["text"], mine["said"]) == ("customer", "Hallo", said["id"])
            await answer("Guten Tag")
            theirs = await next_message(stream)
            assert (theirs["author"], theirs["name"], theirs["text"]) == ("staff", "Ola", "Guten Tag")
        await answer("Noch da?")
        last = {"headers": {"last-event-id": theirs["mark"]}}
        async with ask(app, "stream", token=token, **last) as stream:
            assert (await next_message(stream))["text"] == "Noch da?"
        news = await told(ask(app, "news", token=token, query=f"after={mine['mark']}"))
        assert [line["text"] for line in news["lines"]] == ["Guten Tag", "Noch da?"]
        history = await told(ask(app, "messages", token=token))
        assert [line["text"] for line in history["lines"]] == ["Hallo", "Guten Tag", "Noch da?"]
        assert history["standing"]["state"] == "open"

    run(app, story)
    assert Message.objects.count() == 3


def test_only_sites_that_are_listed_may_show_a_chat_and_only_its_token_opens_a_talk(app: ChatLive) -> None:
    async def story() -> None:
        stranger = await told(ask(app, "sessions", {}, origin="https://evil.example"))
        assert (stranger["status"], stranger["code"]) == (403, "bad_origin")
        assert (await told(ask(app, "sessions", {}, origin="http://crm.example")))["status"] == 200
        preflight = await told(ask(app, "messages", method="OPTIONS"))
        assert preflight["status"] == 204
        assert preflight["headers"]["access-control-allow-headers"].startswith("authorization")
        for place in ("messages", "stream", "news"):
            assert (await told(ask(app, place, token="guessed")))["status"] == 403
        assert (await told(ask(app, "messages", {"id": "browser-1", "text": "x"})))["status"] == 403
        token = await begun(app)
        for body, code in (
            ({"id": "browser-1", "text": " "}, "empty"), ({"id": "!", "text": "x"}, "bad_id"), (b"{", "bad_json"),
            ({"id": "browser-1", "text": "x" * 4_001}, "too_long"), (b" " * 40_000, "too_large"),
        ):  # fmt: skip
            assert (await told(ask(app, "messages", body, token=token)))["code"] == code
        for _n in range(3):
            await begun(app)
        much = await told(ask(app, "sessions", {}))
        assert much["status"] == 429
        assert int(much["headers"]["retry-after"]) > 0

    run(app, story)
    assert not Conversation.objects.exists()


def test_staff_that_writes_shows_to_the_visitor_and_the_visitor_to_staff(app: ChatLive) -> None:
    me = manager()
    session = browser_of(me).cookies[settings.SESSION_COOKIE_NAME].value

    def staff_does(home: UUID, does: str) -> None:
        live.say("conversation", home, {"who": "Mia", "id": str(me.pk), "does": does})
        connection.close()

    async def story() -> None:
        token = await begun(app)
        home = UUID((await told(ask(app, "messages", {"id": "browser-1", "text": "Hi"}, token=token)))["conversation"])
        headers = {"cookie": f"{settings.SESSION_COOKIE_NAME}={session}"}
        async with (
            Asked(app.live, "/live", query=f"watch=conversation:{home}", headers=headers) as page,
            ask(app, "stream", token=token) as stream,
        ):
            await next_message(stream)
            assert json.loads((await named(page, "said"))["data"])["does"] == "looks"
            await asyncio.to_thread(staff_does, home, "writes")
            assert (await named(stream, "typing"))["data"] == "{}"
            await told(ask(app, "signs", {"typing": True}, token=token))
            assert json.loads((await named(page, "said"))["data"])["does"] == "writes"
            while json.loads((await named(page, "said"))["data"])["does"] != "writes":
                pass

    run(app, story)


async def named(stream: Asked, name: str) -> dict[str, str]:
    while True:
        event = await stream.event()
        if event["event"] == name:
            return event


def test_files_travel_with_the_message_that_names_them(app: ChatLive) -> None:
    async def story() -> None:
        token, other = await begun(app), await begun(app)
        named = {"headers": {"x-file-name": "note%20one.txt"}}
        mine = await told(ask(app, "files", b"My notes", token=token, **named))
        assert mine["status"] == 200
        program = {"headers": {"x-file-name": "run.exe"}}
        assert (await told(ask(app, "files", b"MZ" + b"\0" * 60, token=token, **program)))["status"] == 415
        stolen = await told(ask(app, "messages", {"id": "browser-2", "files": [mine["id"]]}, token=other))
        assert stolen["code"] == "empty"
        await told(ask(app, "messages", {"id": "browser-1", "files": [mine["id"]]}, token=token))
        history = await told(ask(app, "messages", token=token))
        assert history["lines"][0]["files"] == [{"id": mine["id"], "name": "note one.txt"}]
        async with ask(app, "files", token=token, query=f"after={mine['id']}") as answer:
            assert answer.headers["content-disposition"] == "attachment"
            assert await answer.content() == b"My notes"
        assert (await told(ask(app, "files", token=other, query=f"after={mine['id']}")))["status"] == 404

    run(app, story)
