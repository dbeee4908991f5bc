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
