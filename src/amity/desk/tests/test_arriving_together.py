"""Two first messages of one customer that come in at once are one conversation."""

from __future__ import annotations

import threading

import pytest
from django.db import connections

from amity.base import clock
from amity.channels import api as channels
from amity.channels.models import Account
from amity.desk.models import Conversation, Message

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
AT_ONCE = 4


def test_first_words_said_at_once_are_one_talk() -> None:
    account = Account.objects.create(kind="telegram", name="Bot", public_key="bot")
    ready = threading.Barrier(AT_ONCE)

    def say(n: int) -> None:
        try:
            ready.wait(20)
            channels.receive(channels.Incoming(account.pk, f"77:{n}", "telegram", "77", f"Word {n}", clock.now()))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=say, args=[n]) for n in range(AT_ONCE)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (Conversation.objects.count(), Message.objects.count()) == (1, AT_ONCE)
