"""Job entry points of the room; each is safe to run twice, and at the same time."""

from __future__ import annotations

from django.db import close_old_connections

from amity.base import jobs
from amity.channels.calling import TASK


@jobs.app.periodic(cron="* * * * *")
@jobs.app.task(name=TASK, queueing_lock=TASK)
def send_due(timestamp: int) -> None:
    """Hand over what is due: called when something is proposed, and every minute."""
    from amity.channels import sending

    close_old_connections()
    sending.send_due()


@jobs.app.periodic(cron="* * * * *")
@jobs.app.task(name="channels.read_mail", queueing_lock="channels.read_mail")
def read_mail(timestamp: int) -> None:
    """Look into every mailbox, once a minute."""
    from amity.channels import mail_account_reading

    close_old_connections()
    mail_account_reading.read_all()


@jobs.app.periodic(cron="* * * * *")
@jobs.app.task(name="channels.read_telegram", queueing_lock="channels.read_telegram")
def read_telegram(timestamp: int) -> None:
    """Ask for the updates of bots that have no webhook, once a minute."""
    from amity.channels import telegram_polling

    close_old_connections()
    telegram_polling.read_all()


@jobs.app.periodic(cron="20 3 * * *")
@jobs.app.task(name="channels.clear_unread", queueing_lock="channels.clear_unread")
def clear_unread(timestamp: int) -> None:
    """Remove payloads that could not be read and are old."""
    from amity.channels import adapters_taking

    close_old_connections()
    adapters_taking.clear_old()


@jobs.app.periodic(cron="17 3 * * *")
@jobs.app.task(name="channels.sweep_files", queueing_lock="channels.sweep_files")
def sweep_files(timestamp: int) -> None:
    """Remove files that no message refers to any more, every night."""
    from amity.channels import blobs_of_people

    close_old_connections()
    blobs_of_people.sweep()
