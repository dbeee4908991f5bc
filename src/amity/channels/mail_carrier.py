"""The carrier of mail: letters to an SMTP server, or into the folder that stands in for one."""

from __future__ import annotations

from contextlib import ExitStack

from amity.channels import letters
from amity.channels.models import Outgoing
from amity.engines import api as engines


class MailCarrier:
    """Mail; a connection is opened with the first letter and kept for the batch."""

    def __init__(self) -> None:
        engine = letters.engine()
        self.name = engine.name
        self._stack = ExitStack()
        self._session = self._stack.enter_context(engine.session())

    def hand_over(self, row: Outgoing) -> engines.Receipt:
        """Write the letter of a message and hand it over."""
        return self._session.hand_over(letters.letter_of(row))

    def close(self) -> None:
        """End the connection."""
        self._stack.close()
