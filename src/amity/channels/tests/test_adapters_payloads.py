"""What single providers document beyond the contract: kinds of messages, the 24 hours, words that stop and allow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from amity.access.permissions import SYSTEM
from amity.base import clock
from amity.channels import adapters_states, adapters_taking, sending
from amity.channels import api as channels
from amity.channels.adapters import Heard, Progress
from amity.channels.models import Account, Outgoing, Received, Suppression
from amity.channels.receiving import Incoming
from amity.channels.sms_words import word_of
from amity.channels.tests.kit import home
from amity.channels.tests.provider_kit import (
    PUBLIC,
    Provider,
    SmsProvider,
    TelegramProvider,
    WhatsAppProvider,
    providers,
)
from amity.channels.tests.provider_server import Server, provider_server
from amity.channels.webhook import WebhookAdapter
from amity.engines.outbound_webhook import signed
from amity.engines.providers import split
from amity.engines.sms_gateway import signature
from amity.people import api as people

__all__ = ["home"]


@pytest.fixture
def server(settings: Any, home: Any) -> Iterator[Server]:
    settings.CONFIG = replace(settings.CONFIG, webhook_allow_private=True, public_url=PUBLIC)
    with provider_server() as opened:
        yield opened


def installed(kind: str, server: Server) -> Any:
    found: Provider = next(each for each in providers() if each.kind == kind)
    found.install(server.url)
    return found


def due() -> None:
    Outgoing.objects.filter(state="queued").update(due_at=clock.now() - timedelta(seconds=1))
    sending.send_due()


def test_a_signature_is_that_of_the_gateways_own_documentation() -> None:
    form = {"CallSid": ["CA1234567890ABCDE"], "Caller": ["+14158675309"], "Digits": ["1234"], "From": ["+14158675309"],
            "To": ["+18005551212"]}  # fmt: skip
    address = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert signature("12345", address, form) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_a_signature_is_that_of_standard_webhooks() -> None:
    told = signed(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert told["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_long_texts_are_parted_where_people_pause() -> None:
    assert split("One two. Three four", 12) == ["One two.", "Three four"]
    assert split("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]
    assert split("short", 10) == ["short"] and split("  ", 10) == []


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("STOP", "stop"), ("Stopp!", "stop"), ("СТОП", "stop"), ("Rezygnuję.", "stop"), ("un-subscribe", "stop"),
        ("start", "start"), ("Старт", "start"), ("wznów", "start"), ("Please stop writing", ""), ("", ""),
    ],
)  # fmt: skip
def test_words_that_stop_and_allow(text: str, word: str) -> None:
    assert word_of(text) == word


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_whatsapp_tells_every_kind_of_message(server: Server) -> None:
    number: WhatsAppProvider = installed("whatsapp", server)
    kinds: list[tuple[dict[str, Any], str]] = [
        ({"type": "image", "image": {"id": "media9", "mime_type": "image/jpeg", "caption": "Look"}}, "Look"),
        ({"type": "location", "location": {"latitude": 52.2, "longitude": 21.0, "name": "Shop"}}, "Shop\n52.2, 21.0"),
        ({"type": "button", "button": {"text": "Yes, please", "payload": "yes"}}, "Yes, please"),
        ({"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"title": "Red"}}}, "Red"),
        ({"type": "reaction", "reaction": {"message_id": "wamid.in0", "emoji": "👍"}}, "👍"),
    ]  # fmt: skip
    messages = [{"id": str(n), "text": "", "more": more} for n, (more, _text) in enumerate(kinds)]
    taken_back = {"id": "9", "text": "", "more": {"type": "reaction", "reaction": {"message_id": "wamid.in0"}}}
    assert number.deliver(number.payload(*messages, taken_back)).json()["new"] == len(kinds)
    rows = {row.provider_id: row for row in Received.objects.all()}
    assert [rows[f"wamid.in{n}"].text for n in range(len(kinds))] == [text for _more, text in kinds]
    assert rows["wamid.in4"].automatic == "reaction" and rows["wamid.in4"].marks == [
        str(rows["wamid.in0"].conversation_id)
    ]
    other = number.change({"messages": messages}).replace(b'"N1"', b'"N2"')
    assert number.deliver(other).json()["new"] == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_whatsapp_asks_whether_the_address_is_ours(server: Server) -> None:
    number: WhatsAppProvider = installed("whatsapp", server)
    asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": number.secrets["hook"]}
    assert Client().get(number.path, asked).content == b"1158201444"
    assert Client().get(number.path, asked | {"hub.verify_token": "guess"}).status_code == 403
    assert Client().get("/hooks/whatsapp/nowhere", asked).status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_after_a_day_only_an_approved_template_goes_out(server: Server) -> None:
    number: WhatsAppProvider = installed("whatsapp", server)
    account = number.account.pk
    assert not channels.window(account, number.address).open
    number.deliver(number.payload({"id": "1", "text": "Hello"}))
    row = Received.objects.get()
    window = channels.window(account, number.address)
    assert window.open and window.until == row.occurred_at + timedelta(hours=24)
    assert window.templates == ("order_update",)
    Received.objects.update(occurred_at=clock.now() - timedelta(hours=24, seconds=1))
    plain = channels.Message("a", "whatsapp", "service", "", "Hi", person_id=row.person_id, account_id=account)
    refused = channels.propose(SYSTEM, replace(plain, address=number.address))
    assert refused.reason == "window" and "24 hours" in refused.why
    filled = replace(plain, key="b", address=number.address, template="order_update", values={"1": "Anna", "2": 7})
    assert channels.propose(SYSTEM, filled).state == "queued"
    due()
    told = server.sent()[-1]["template"]
    assert (told["name"], told["language"]) == ("order_update", {"code": "en"})
    assert [each["text"] for each in told["components"][0]["parameters"]] == ["Anna", "7"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_telegram_tells_every_kind_of_update(server: Server) -> None:
    bot: TelegramProvider = installed("telegram", server)

    def update(n: int, **what: Any) -> int:
        return bot.deliver(json.dumps({"update_id": n, **what}).encode()).status_code  # type: ignore[no-any-return]

    said = bot.message({"id": "1", "text": "Where?"})
    photo = bot.message({"id": "2", "text": ""})
    photo |= {"photo": [{"file_id": "s", "width": 90, "height": 90}, {"file_id": "L", "width": 900, "height": 900}]}
    photo |= {"caption": "This one"}
    edited = {**said, "text": "Where is it?", "edit_date": said["date"] + 5}
    keys = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    pressed = {"id": "c1", "from": said["from"], "data": "y", "message": {**said, "reply_markup": keys}}
    group = {**said, "message_id": 7, "chat": {"id": -5, "type": "supergroup", "title": "Team"}}
    for n, what in enumerate(({"message": said}, {"message": photo}, {"edited_message": edited},
                              {"callback_query": pressed}, {"message": group}, {"my_chat_member": {}})):  # fmt: skip
        assert update(n, **what) == 200
    assert set(Received.objects.values_list("text", flat=True)) == {"Where?", "This one", "Where is it?", "Yes"}
    assert any(b'"L"' in body for _method, path, _headers, body in server.said if path.endswith("/getFile"))
    assert Received.objects.get(text="Where is it?").headers == {"edited": "77:1"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_stop_takes_consent_back_and_is_confirmed_once(server: Server) -> None:
    gateway: SmsProvider = installed("sms", server)
    gateway.deliver(gateway.payload({"id": "1", "text": "Hello"}))
    person = Received.objects.get().person_id
    assert person
    people.consent.give(
        SYSTEM, person, "marketing", "sms", people.consent.Said(address=gateway.address, confirmed=True)
    )
    advert = channels.Message("ad", "sms", "marketing", "", "Buy", person_id=person, address=gateway.address)
    assert channels.propose(SYSTEM, advert).state in ("queued", "held")
    for n in ("2", "3"):
        assert gateway.deliver(gateway.payload({"id": n, "text": "Stopp."})).content.startswith(b"<?xml")
    assert channels.propose(SYSTEM, replace(advert, key="ad2")).reason == "withdrawn"
    confirmations = Outgoing.objects.filter(key__startswith="sms-stop:")
    assert confirmations.count() == 1 and "START" in confirmations.get().body
    assert Received.objects.get(provider_id="SMin2").automatic == "keyword"
    gateway.deliver(gateway.payload({"id": "4", "text": "start"}))
    assert channels.propose(SYSTEM, replace(advert, key="ad3")).state in ("queued", "held")
    told = {"OptOutType": "STOP"}  # the gateway has answered it itself
    gateway.deliver(gateway.payload({"id": "5", "text": "Stop it please", "more": told}))
    assert channels.propose(SYSTEM, replace(advert, key="ad4")).reason == "withdrawn" and confirmations.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_a_signature_of_long_ago_is_refused(server: Server) -> None:
    program: Any = installed("webhook", server)
    body = program.payload({"id": "1", "text": "Hello"})
    for minutes, status in ((-6, 403), (6, 403), (-4, 200)):
        stamp = int((clock.now() + timedelta(minutes=minutes)).timestamp())
        assert program.deliver(body, **signed(program.secrets["secret"], "m", stamp, body)).status_code == status
    assert Received.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_ids_of_one_program_mean_nothing_to_another(server: Server) -> None:
    shop, other = installed("webhook", server), Account.objects.create(kind="webhook", name="Other", public_key="other")
    shop.deliver(shop.payload({"id": "1", "text": "Hello"}))
    mine = Received.objects.get()
    message = channels.Message(
        "k", "webhook", "service", "", "On its way", address=shop.address, person_id=mine.person_id,
        thread=channels.Thread(mine.conversation_id, "staff", shop.account.pk),  # type: ignore[arg-type]
    )  # fmt: skip
    channels.propose(SYSTEM, message)
    due()
    row = Outgoing.objects.get()
    assert row.state == "sent" and row.provider_id
    told = Incoming(other.pk, "x1", "webhook", "bob", "And mine?", clock.now())
    adapters_taking.take_one(other, WebhookAdapter(), Heard(told, "hook:other", answers=[row.provider_id, str(row.pk)]))
    assert Received.objects.get(address="bob").conversation_id != mine.conversation_id
    failed = Progress("failed", clock.now(), row.pk, dead=True)
    assert adapters_states.note(other, failed) is False
    assert not Suppression.objects.exists()
    assert adapters_states.note(shop.account, failed) is True
