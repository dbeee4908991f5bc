"""Steps of `amity check desk --only threading`, each in an installation's own process: ``replay`` and ``talk``.

``talk`` is an instance that answers every mail that a person may have written, at once: the worst neighbour there is.
It reads a mail per line (base64) and answers with a line of JSON: the mails it sent because of it.
"""

from __future__ import annotations

import base64
import json
import logging
import sys
from collections.abc import Sequence
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import django


def main(arguments: Sequence[str]) -> int:
    """Do one step; its answer is the last line of the output, as JSON."""
    django.setup()
    logging.disable(logging.INFO)
    verb, *rest = arguments
    if verb == "replay":
        print(json.dumps(_replay(int(rest[0]), int(rest[1]))))
    else:
        _talk(rest[0], rest[1])
    return 0


def _mailbox(name: str, address: str, **values: Any) -> UUID:
    from amity.access import api as access
    from amity.channels import api as channels

    made = channels.mailboxes.create(access.SYSTEM, name, address)
    channels.mailboxes.change(access.SYSTEM, made, {"inbound": True, **values})
    return made


def _replay(seed: int, count: int) -> dict[str, Any]:
    from amity.web.check_desk_threading_replay import OURS, SALES, Replay, figures

    boxes = {OURS: _mailbox("Help", OURS), SALES: _mailbox("Sales", SALES, number_in_subject=True)}
    replay = Replay(seed, count, lambda to, raw: _take(boxes[to], raw), _reply)
    replay.run()
    return figures(replay) | _notes()


def _take(box: UUID, raw: bytes) -> tuple[UUID, str]:
    from django.apps import apps

    from amity.channels import api as channels

    taken = channels.take_mail(box, raw)
    assert taken.conversation_id is not None
    text = apps.get_model("channels", "Received").objects.values_list("text", flat=True).get(pk=taken.id)
    return taken.conversation_id, text


def _reply(conversation_id: UUID) -> Message:
    from amity.access import api as access
    from amity.desk import api as desk

    desk.replies.reply(access.SYSTEM, conversation_id, f"We look into it. ({uuid4().hex[:8]})", undo_seconds=0)
    (letter,) = _sent()
    talk = desk.conversations.get(access.SYSTEM, conversation_id)
    letter["X-Number"] = f"{talk.subject} #{talk.number}"
    return letter


def _sent() -> list[Message]:
    """Letters that leave now."""
    from django.conf import settings

    from amity.channels import api as channels

    before = set(Path(settings.CONFIG.home / "outbox").rglob("*.eml"))
    channels.send_due()
    new = set(Path(settings.CONFIG.home / "outbox").rglob("*.eml")) - before
    return [message_from_bytes(path.read_bytes(), policy=default) for path in sorted(new)]


def _notes() -> dict[str, int]:
    """How many mails of strangers were shown as such, how many joins were suggested, what machines reopened."""
    from django.apps import apps

    log = apps.get_model("desk", "Happening").objects
    messages = apps.get_model("desk", "Message").objects
    return {
        "strangers_shown": log.filter(kind="stranger").count(),
        "suggested": log.filter(kind="suggested").count() // 2,
        "automatic": messages.exclude(automatic="").count(),
    }


def _talk(address: str, to: str) -> None:
    """The first line of the output is the first mail: a person here writes to ``to``."""
    from amity.access import api as access
    from amity.channels import api as channels
    from amity.desk import api as desk
    from amity.people import api as people

    box = _mailbox("Help", address)
    person = people.contact("email", to)
    first = desk.open_conversation(person, "email", "Our order", box, to, by="staff").pk
    desk.replies.reply(access.SYSTEM, first, "Do you have it in blue?", undo_seconds=0)
    print(_packed(_sent()), flush=True)
    for line in sys.stdin:
        taken = channels.take_mail(box, base64.b64decode(line))
        if taken.conversation_id and not _automatic(taken.id):
            desk.say_as_system(taken.conversation_id, "Thank you, we got it.", key=str(taken.id))
        print(_packed(_sent()), flush=True)


def _automatic(received_id: UUID) -> bool:
    from django.apps import apps

    return bool(apps.get_model("channels", "Received").objects.values_list("automatic", flat=True).get(pk=received_id))


def _packed(letters: list[Message]) -> str:
    return json.dumps([base64.b64encode(each.as_bytes()).decode() for each in letters])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
