"""The contract of every adapter: in once, proved, whole; out with a known end; states; files; threads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from amity.access.permissions import SYSTEM
from amity.base import clock
from amity.channels import api as channels
from amity.channels import sending
from amity.channels.models import Account, Attachment, Outgoing, Received, Suppression, Unread
from amity.channels.tests.kit import home
from amity.channels.tests.provider_kit import PUBLIC, Provider, providers
from amity.channels.tests.provider_server import Server, provider_server
from amity.people import api as people

__all__ = ["home"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.usefixtures("home")]


@pytest.fixture
def server() -> Iterator[Server]:
    with provider_server() as opened:
        yield opened


@pytest.fixture(params=providers(), ids=lambda each: each.kind)
def provider(request: Any, server: Server, settings: Any, home: Any) -> Provider:
    settings.CONFIG = replace(settings.CONFIG, webhook_allow_private=True, public_url=PUBLIC)
    settings.ALLOWED_HOSTS = ["*"]
    request.param.install(server.url)
    return request.param  # type: ignore[no-any-return]


def told(n: int, text: str = "Where is my order?", **more: Any) -> dict[str, Any]:
    return {"id": str(n), "text": text, **more}


def propose(provider: Provider, key: str = "k", **more: Any) -> Outgoing:
    """A message that a person is owed, to the customer that wrote."""
    person = Received.objects.filter(channel=provider.kind).order_by("received_at").values_list("person_id", flat=True)
    message = channels.Message(
        key, provider.kind, "service", "", more.pop("body", "On its way."), address=provider.address,
        person_id=person.first(), account_id=provider.account.pk, **more,
    )  # fmt: skip
    outcome = channels.propose(SYSTEM, message)
    return Outgoing.objects.get(pk=outcome.id)


def handed(row: Outgoing) -> Outgoing:
    Outgoing.objects.filter(state="queued").update(due_at=clock.now() - timedelta(seconds=1))
    sending.send_due()
    row.refresh_from_db()
    return row


def test_a_message_comes_in_once_however_often_it_is_delivered(provider: Provider) -> None:
    body = provider.payload(told(1))
    assert [provider.deliver(body).status_code for _n in range(3)] == [200, 200, 200]
    row = Received.objects.get()
    assert (row.text, row.address, row.channel) == ("Where is my order?", provider.address, provider.kind)
    assert row.conversation_id and row.person_id
    assert people.names([row.person_id], SYSTEM)[row.person_id] in ("Anna Nowak", provider.address)


def test_who_is_not_proved_leaves_nothing(provider: Provider) -> None:
    body = provider.payload(told(1))
    good = provider.sign(body, PUBLIC + provider.path)
    wrong = dict.fromkeys(good, "wrong")
    assert provider.deliver(body, "", **{"X-None": "1"}).status_code == 403
    assert provider.deliver(body, "", **wrong).status_code == 403
    if provider.kind != "telegram":  # whose secret stands for the whole request
        assert provider.deliver(body + b" ", "", **good).status_code == 403
    Account.objects.update(secret="")
    assert provider.deliver(body, "", **good).status_code == 403
    assert provider.deliver(body, "", **dict.fromkeys(good, "")).status_code == 403
    Account.objects.update(enabled=False)
    assert provider.deliver(body, "", **good).status_code == 404
    assert not Received.objects.exists() and not Unread.objects.exists()


def test_what_cannot_be_read_is_answered_and_kept_as_it_came(provider: Provider) -> None:
    forms = provider.kind == "sms"
    for body in (b"a=b", b"MessageSid=1", b"From=2") if forms else (b"[]", b"\xff{", b"{}"):
        answers = [provider.deliver(body) for _n in range(2)]
        apart = provider.kind == "telegram" and body == b"{}"  # an update of its own: the payload is all right
        assert {each.status_code for each in answers} == ({200} if apart else {422})
        assert bytes(Unread.objects.order_by("-at").first().body) == body  # type: ignore[union-attr]
    assert Unread.objects.count() == 3 and all(row.reason for row in Unread.objects.all())
    assert not Received.objects.exists()


def test_a_broken_part_does_not_take_the_others_along(provider: Provider) -> None:
    if provider.batches:
        parts = [told(1), told(2, broken=True), told(3, "And the other one?")]
        answer = provider.deliver(provider.payload(*parts)).json()
        assert answer == {"new": 2, "known": 0, "states": 0, "unreadable": 1}
        assert set(Received.objects.values_list("text", flat=True)) == {"Where is my order?", "And the other one?"}
    else:
        assert provider.deliver(provider.payload(told(2, broken=True))).status_code in (200, 422)
    assert b"Where is my order" in bytes(Unread.objects.get().body).replace(b"+", b" ")


def test_signs_that_no_database_holds_stop_nothing(provider: Provider) -> None:
    assert provider.deliver(provider.payload(told(1, "a\x00b 4111 1111 1111 1111"))).status_code == 200
    assert Received.objects.get().text == "ab •••• •••• •••• 1111"


def test_files_come_along_and_one_that_is_gone_is_noted(provider: Provider, server: Server) -> None:
    assert provider.deliver(provider.payload(told(1, "See this", file=True))).status_code == 200
    file = Attachment.objects.get()
    assert channels.file_content(file.pk) == b"%PDF-1.4 a file of a customer" and file.type == "application/pdf"
    assert (file.received_id, file.person_id) == (Received.objects.get().pk, Received.objects.get().person_id)
    if provider.kind == "webhook":
        return
    server.shutdown()
    server.server_close()
    assert provider.deliver(provider.payload(told(2, "And this", file=True))).status_code == 200
    gone = Attachment.objects.exclude(pk=file.pk).get()
    assert gone.refused == "unreached" and Received.objects.count() == 2


def test_an_answer_finds_the_talk_that_it_answers(provider: Provider) -> None:
    if provider.kind == "sms":
        pytest.skip("text messages name no message that they answer")
    provider.deliver(provider.payload(told(1)))
    first = Received.objects.get()
    thread = channels.Thread(first.conversation_id, "staff", provider.account.pk)  # type: ignore[arg-type]
    row = handed(propose(provider, thread=thread))
    assert row.conversation_id == first.conversation_id
    for n, ref in ((2, first.message_ref), (3, row.provider_id)):
        provider.deliver(provider.payload(told(n, "Thanks", answers=ref)))
        answer = Received.objects.order_by("-received_at").first()
        assert answer and answer.marks == [str(first.conversation_id)]


def test_out_it_goes_in_plain_text_and_in_parts(provider: Provider, server: Server) -> None:
    provider.deliver(provider.payload(told(1)))
    row = handed(propose(provider, body="One.\n\n" + "word " * 1_900))
    assert (row.state, row.engine) == ("sent", provider.kind) and row.provider_id
    texts = [each.get("text") or each.get("Body") for each in server.sent()]
    said = [each["body"] if isinstance(each, dict) else each for each in texts]
    limit = {"telegram": 4_096, "whatsapp": 4_096, "sms": 1_600, "webhook": 100_000}[provider.kind]
    assert all(len(each) <= limit for each in said) and " ".join(said).split() == ("One. " + "word " * 1_900).split()


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        ((429, {"Retry-After": "7200"}, {}), "queued", "later"),
        ((503, {}, {}), "queued", "later"),
        ((500, {}, {}), "unknown", "connection_lost"),
        ("cut", "unknown", "connection_lost"),
        ((400, {}, {"code": 1_234_567, "message": "no"}), "failed", "engine_refused"),
        ("expired", "queued", "later"),
        ("dead", "failed", "bounce"),
    ],
    ids=["429", "503", "500", "cut", "400", "expired", "dead"],
)
def test_what_became_of_it_is_known_or_said_not_to_be(
    provider: Provider, server: Server, answer: Any, state: str, reason: str
) -> None:
    provider.deliver(provider.payload(told(1)))
    named = {"expired": provider.expired, "dead": provider.dead}
    server.answers = [named.get(answer, answer) if isinstance(answer, str) else answer]
    row = handed(propose(provider))
    if state == "unknown" and provider.repeats:
        state, reason = "queued", "later"
    assert (row.state, row.reason) == (state, reason), row.detail
    if answer == (429, {"Retry-After": "7200"}, {}):
        assert row.due_at > clock.now() + timedelta(seconds=7_000)
    if answer == "expired":
        provider.account.refresh_from_db()
        assert provider.account.state == "failing" and "T0KEN" not in provider.account.detail
    dead = Suppression.objects.filter(reason="bounce")
    assert dead.exists() == (answer == "dead")
    if answer == "dead":
        assert propose(provider, "again").reason == "bounce"


def test_a_provider_that_cannot_be_reached_has_taken_nothing(provider: Provider, server: Server) -> None:
    provider.deliver(provider.payload(told(1)))
    server.shutdown()
    server.server_close()
    assert handed(propose(provider)).reason == "later"


def test_a_repetition_keeps_its_id(provider: Provider, server: Server) -> None:
    if not provider.repeats:
        pytest.skip("this provider does not know repetitions")
    provider.deliver(provider.payload(told(1)))
    server.answers = ["cut"]
    row = handed(handed(propose(provider)))
    ids = [headers["webhook-id"] for method, _path, headers, _body in server.said if method == "POST"]
    assert row.state == "sent" and ids == [str(row.pk)] * 2


def test_what_the_provider_says_later_is_shown(provider: Provider) -> None:
    if not provider.states:
        pytest.skip("this provider tells nothing later")
    provider.deliver(provider.payload(told(1)))
    row = handed(propose(provider))
    for state, progress in (("delivered", "delivered"), ("read", "read"), ("delivered", "read"), ("sent", "read")):
        body, query = provider.state(row.pk, row.provider_id, state)
        assert provider.deliver(body, query).status_code == 200
        row.refresh_from_db()
        assert (row.state, row.progress) == ("sent", progress)
    assert channels.deliveries([row.pk])[row.pk].label == "Read"
    other = handed(propose(provider, "other"))
    provider.deliver(*provider.state(other.pk, other.provider_id, "failed", dead=True))
    other.refresh_from_db()
    assert (other.state, other.reason) == ("failed", "bounce") and Suppression.objects.count() == 1


def test_a_state_that_nobody_knows_changes_nothing_and_can_be_looked_at(provider: Provider) -> None:
    if not provider.states:
        pytest.skip("this provider tells nothing later")
    provider.deliver(provider.payload(told(1)))
    row = handed(propose(provider))
    assert provider.deliver(*provider.state(row.pk, row.provider_id, "pondered")).status_code in (200, 422)
    row.refresh_from_db()
    assert (row.state, row.progress) == ("sent", "")
    assert Unread.objects.count() == 1


def test_a_state_solves_what_nobody_knew(provider: Provider, server: Server) -> None:
    if not provider.states or provider.repeats:
        pytest.skip("nothing stays unknown here, or nothing is told")
    provider.deliver(provider.payload(told(1)))
    server.answers = ["cut"]
    row = handed(propose(provider))
    assert row.state == "unknown"
    provider.deliver(*provider.state(row.pk, "theirs-1", "delivered"))
    row.refresh_from_db()
    assert (row.state, row.reason, row.progress, row.provider_id) == ("sent", "", "delivered", "theirs-1")


def test_without_credentials_it_stays_in_the_local_outbox(provider: Provider, server: Server) -> None:
    provider.deliver(provider.payload(told(1)))
    before = len(server.said)
    Account.objects.update(secret="")
    row = handed(propose(provider))
    assert (row.state, row.engine) == ("sent", "local") and len(server.said) == before
    assert channels.deliveries([row.pk])[row.pk].label == "In the local outbox"


def test_the_gate_holds_here_too(provider: Provider) -> None:
    provider.deliver(provider.payload(told(1)))
    person: UUID = Received.objects.get().person_id  # type: ignore[assignment]
    advert = channels.Message("ad", provider.kind, "marketing", "", "Buy", person_id=person, address=provider.address)
    assert channels.propose(SYSTEM, advert).reason == "no_consent"
