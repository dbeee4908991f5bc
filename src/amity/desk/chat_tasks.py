"""Job entry points of ratings and the portal; each is safe to run twice, and at the same time."""

from __future__ import annotations

from django.db import close_old_connections

from amity.base import jobs


@jobs.app.periodic(cron="*/10 * * * *")
@jobs.app.task(name="desk.csat", queueing_lock="desk.csat")
def ask_by_mail(timestamp: int) -> None:
    """Ask customers how it was."""
    from amity.desk import csat

    close_old_connections()
    csat.ask_by_mail()


@jobs.app.task(name="desk.portal_code")
def send_code(sealed: str, language: str) -> None:
    """Send the code of the portal to an address, where it is known."""
    from amity.desk import portal

    close_old_connections()
    asked = portal.read_asked(sealed)
    if asked is not None:
        portal.send_code_to(asked, language)


@jobs.app.periodic(cron="17 3 * * *")
@jobs.app.task(name="desk.chat_sweep", queueing_lock="desk.chat_sweep")
def sweep(timestamp: int) -> None:
    """Forget browsers that have not chatted for half a year."""
    from amity.channels import api as channels

    close_old_connections()
    channels.chat.sweep()
