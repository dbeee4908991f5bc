"""Open pages hear that what they show has changed: in time, only what they may see, and nothing is lost on the way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from amity.access import api as access
from amity.access.models import Staff
from amity.base import live
from amity.sales import api as sales
from amity.web.live import PATH, Live, Pace
from amity.web.live_hub import KEPT, PER_SESSION, Hub, Stream
from amity.web.tests.asgi_client import Asked
from amity.web.tests.records import browser_of, manager, person

committing = pytest.mark.django_db(transaction=True)
QUICK = Pace(heartbeat=0.05, gather=0.02, rest=0.02, rest_asked=0.02)


@pytest.fixture
def app() -> Iterator[Live]:
    yield Live(access.principal_of_session, settings.SESSION_COOKIE_NAME, QUICK)


def session_of(staff: Staff) -> str:
    return browser_of(staff).cookies[settings.SESSION_COOKIE_NAME].value


def listen(app: Live, session: str, *watches: str, more: str = "", last: str = "") -> Asked:
    headers = {"cookie": f"other=1; {settings.SESSION_COOKIE_NAME}={session}"}
    headers |= {"last-event-id": last} if last else {}
    return Asked(app, PATH, query="&".join([*(f"watch={each}" for each in watches), more]), headers=headers)


def run(app: Live, story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def whole() -> None:
        try:
            await story()
        finally:
            await app.stop()

    asyncio.run(whole())


async def tell(kind: str, *ids: Any) -> None:
    """In a thread of its own, committed, its connection closed."""

    def work() -> None:
        with transaction.atomic():
            live.tell(kind, ids)
        connection.close()

    await asyncio.to_thread(work)


async def sql(text: str, *given: Any) -> None:
    def work() -> None:
        with connection.cursor() as cursor:
            cursor.execute(text, given)
        connection.close()

    await asyncio.to_thread(work)


@committing
def test_a_page_hears_what_was_committed_and_nothing_of_what_was_rolled_back(app: Live) -> None:
    anna, session = person("Anna"), session_of(manager())

    def work() -> None:
        with transaction.atomic():
            live.tell("person", [anna.id])
            transaction.set_rollback(True)
        with transaction.atomic():
            live.tell("job", ["a"])
            live.tell("job", ["a"])
        connection.close()

    async def story() -> None:
        async with listen(app, session, f"person:{anna.id}", "job") as page:
            assert page.status == 200
            assert page.headers["content-type"].startswith("text/event-stream")
            assert page.headers["x-accel-buffering"] == "no"
            assert (await page.event())["event"] == "hello"
            await asyncio.to_thread(work)
            told = await page.event()
            assert told["event"] == "changed"
            assert json.loads(told["data"]) == {"job": ["a"]}
            assert told["id"].endswith("-1"), "equal notices of a transaction are one"

    run(app, story)


@committing
def test_the_pages_of_a_deal_and_of_its_person_hear_of_its_changes(app: Live) -> None:
    sam = manager()
    anna = person("Anna")
    principal = access.principal_of(sam)
    deal = sales.create_deal(principal, {"title": "Ten vans", "person_id": str(anna.id)})
    session = session_of(sam)

    def work() -> None:
        sales.change_deal(principal, deal, {"value_minor": 5_000})
        connection.close()

    async def story() -> None:
        async with listen(app, session, f"person:{anna.id}", f"deal:{deal}") as page:
            await page.event()
            await asyncio.to_thread(work)
            assert json.loads((await page.event())["data"]) == {"deal": [str(deal)], "person": [str(anna.id)]}

    run(app, story)


@committing
def test_changes_of_one_moment_are_one_event(app: Live) -> None:
    anna, jan, session = person("Anna"), person("Jan"), session_of(manager())

    async def story() -> None:
        async with listen(app, session, f"person:{anna.id}", f"person:{jan.id}") as page:
            await page.event()
            app.hub.hear(live.notices("person", [anna.id, "stranger"])[0])
            app.hub.hear(live.notices("person", [jan.id])[0])
            assert json.loads((await page.event())["data"]) == {"person": sorted([str(anna.id), str(jan.id)])}

    run(app, story)


@committing
def test_a_list_rests_between_changes_but_not_before_what_somebody_waits_for() -> None:
    app = Live(access.principal_of_session, settings.SESSION_COOKIE_NAME, Pace(60.0, 60.0, 0.0, 60.0, 60.0))
    session = session_of(manager())

    async def story() -> None:
        async with listen(app, session, "conversation") as page:
            await page.event()
            app.hub.hear(live.notices("conversation", ["one"])[0])
            assert json.loads((await page.event())["data"]) == {"conversation": ["one"]}
            app.hub.hear(live.notices("conversation", ["two"])[0])
            app.hub.hear(live.notices("conversation", ["three"], soon=True)[0])
            assert json.loads((await page.event())["data"]) == {"conversation": ["three", "two"]}

    run(app, story)


def test_only_a_change_that_somebody_waits_for_ends_the_rest_of_a_list() -> None:
    hub, page = Hub(), Stream("s", None, frozenset({("conversation", "")}))
    hub.enter(page)
    hub.hear(live.notices("conversation", ["one"])[0])
    assert page.wake.is_set()
    assert not page.urgent.is_set()
    hub.hear(live.notices("conversation", ["two"], soon=True)[0])
    assert page.urgent.is_set()


@committing
def test_a_reader_hears_only_of_records_that_they_may_see(app: Live) -> None:
    sam = manager("Sam", scope="own")
    mine, theirs = person("Anna", owner=sam), person("Jan", owner=manager("Other"))
    session = session_of(sam)

    async def story() -> None:
        async with listen(app, session, f"person:{mine.id}", f"person:{theirs.id}", "person") as page:
            await page.event()
            await tell("person", theirs.id)
            await tell("person", mine.id)
            assert json.loads((await page.event())["data"]) == {"person": [str(mine.id)]}

    run(app, story)


@committing
def test_who_may_not_listen_is_told_why(app: Live) -> None:
    session = session_of(manager())
    asked = [
        (Asked(app, PATH, query="watch=job"), 401),
        (listen(app, "made-up", "job"), 401),
        (listen(app, session), 400),
        (listen(app, session, "secrets:1"), 400),
        (Asked(app, PATH, method="POST", query="watch=job"), 405),
        (Asked(app, PATH, query="watch=job", headers={"sec-fetch-site": "cross-site"}), 403),
    ]

    async def story() -> None:
        for each, status in asked:
            async with each as page:
                assert page.status == status
                assert await page.content()
        assert not app.hub.streams

    run(app, story)


@committing
def test_a_session_has_a_bounded_number_of_open_pages(app: Live) -> None:
    session = session_of(manager())

    async def story() -> None:
        opened = [await listen(app, session, "job").__aenter__() for _ in range(PER_SESSION)]
        async with listen(app, session, "job") as one_more:
            assert one_more.status == 429
            assert one_more.headers["retry-after"] == "60"
        await opened.pop().__aexit__()
        async with listen(app, session, "job") as again:
            assert again.status == 200
        for each in opened:
            await each.__aexit__()
        assert not app.hub.streams

    run(app, story)


@committing
def test_who_was_away_for_a_moment_hears_what_they_missed(app: Live) -> None:
    anna, session = person("Anna"), session_of(manager())
    watch = f"person:{anna.id}"

    async def story() -> None:
        async with listen(app, session, watch) as page:
            last = (await page.event())["id"]
        async with listen(app, session, "job") as other:
            await other.event()
            await tell("person", anna.id)
            await tell("job", "x")
            await other.event()
        async with listen(app, session, watch, last=last) as page:
            assert (await page.event())["event"] == "hello"
            told = await page.event()
            assert json.loads(told["data"]) == {"person": [str(anna.id)]}
        async with listen(app, session, watch, last=told["id"]) as page:
            await page.event()
            assert await page.line() == ":", "nothing new: a sign of life"
        async with listen(app, session, watch, last="another-process-7") as page:
            await page.event()
            assert (await page.event())["event"] == "missed"

    run(app, story)


@committing
def test_what_changed_between_making_the_page_and_listening_is_heard(app: Live) -> None:
    anna, session = person("Anna"), session_of(manager())

    async def story() -> None:
        async with listen(app, session, "job") as other:
            await other.event()
            made = app.hub.listening_since or 0
            await tell("person", anna.id)
            await tell("job", "x")
            await other.event()
            async with listen(app, session, f"person:{anna.id}", more=f"since={made}") as page:
                await page.event()
                assert (await page.event())["event"] == "changed"
            async with listen(app, session, f"person:{anna.id}", more=f"since={made - 5}") as page:
                await page.event()
                assert (await page.event())["event"] == "missed", "from before this process listened"

    run(app, story)


@pytest.mark.slow
@pytest.mark.django_db
def test_what_is_told_together_is_told_once_at_the_end() -> None:
    with CaptureQueriesContext(connection) as asked:
        with live.together():
            live.tell("deal", ["one", "two"])
            live.tell("deal", ["two"])
            live.tell("person", ["three"])
            assert not asked.captured_queries
        with pytest.raises(RuntimeError), live.together():
            live.tell("deal", ["four"])
            raise RuntimeError
    (told,) = asked.captured_queries
    words = ("deal", "one", "two", "person", "three", "four")
    assert [told["sql"].count(each) for each in words] == [1, 1, 1, 1, 1, 0]


@committing
def test_an_ended_session_hears_no_more() -> None:
    app = Live(access.principal_of_session, settings.SESSION_COOKIE_NAME, Pace(0.02, 0.0, 0.02, 0.02))
    session = session_of(manager())

    async def story() -> None:
        async with listen(app, session, "job") as page:
            await page.event()
            await sql("DELETE FROM django_session")
            assert (await page.event())["event"] == "bye"

    run(app, story)


@committing
def test_a_broken_line_to_the_database_is_taken_up_again(app: Live) -> None:
    session = session_of(manager())

    async def story() -> None:
        async with listen(app, session, "job") as page:
            await page.event()
            await sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'amity live'")
            assert (await page.event())["event"] == "missed"
            await tell("job", "x")
            assert json.loads((await page.event())["data"]) == {"job": ["x"]}

    run(app, story)


@committing
def test_very_many_changes_at_once_reach_everybody_who_shows_one(app: Live) -> None:
    anna, session = person("Anna"), session_of(manager())

    async def story() -> None:
        async with listen(app, session, f"person:{anna.id}") as page:
            await page.event()
            await tell("person", *range(live.MANY + 1))
            assert json.loads((await page.event())["data"]) == {"person": [str(anna.id)]}

    run(app, story)


@given(st.sets(st.uuids(), max_size=700))
@pytest.mark.slow
def test_notices_fit_and_name_everybody_once(ids: set[Any]) -> None:
    payloads = live.notices("person", ids)
    assert all(len(each.encode()) < 8_000 for each in payloads)
    named = [one for each in payloads for one in json.loads(each)["ids"]]
    assert sorted(named) == sorted(map(str, ids))


@given(st.text())
def test_anything_else_on_the_channel_is_passed_over(payload: str) -> None:
    hub = Hub()
    hub.hear(payload)
    assert hub.number == 0


def test_a_reader_who_was_away_too_long_asks_for_everything() -> None:
    hub = Hub()
    hub.found()
    first = hub.event_id()
    for number in range(KEPT + 1):
        hub.hear(live.notices("job", [str(number)])[0])
    behind, inside = (Stream("s", None, frozenset({("job", "1")})) for _ in range(2))
    hub.catch_up(behind, first, None)
    hub.catch_up(inside, f"{hub.name}-2", None)
    assert behind.behind
    assert not inside.behind
    assert not inside.waiting, "number 1 was told before"
