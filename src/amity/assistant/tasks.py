"""Job entry points of the bot: each is safe to run twice."""

from __future__ import annotations

from uuid import UUID

from amity.assistant import bot, proofs
from amity.base import jobs, sealing


@jobs.app.task(name=bot.TASK, retry=jobs.RETRY)
def turn(conversation_id: str, seq: int) -> None:
    """Hear one message of a customer."""
    bot.turn(UUID(conversation_id), seq)


@jobs.app.task(name=proofs.TASK, retry=jobs.RETRY)
def send_code(proof_id: str, sealed: str, language: str) -> None:
    """Send a code to an address, where it is one person's."""
    proofs.send(UUID(proof_id), sealing.unseal(sealed), language)


@jobs.app.periodic(cron="40 4 * * *")
@jobs.app.task(name="assistant.forget", queueing_lock="assistant.forget")
def forget(timestamp: int) -> None:
    """Job, daily: proofs of yesterday are deleted. ``timestamp``: when it was due (seconds)."""
    proofs.forget_old()
