"""Why a message does not go out, and what channels raise."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Unfilled(Exception):
    """A text still has a placeholder."""

    def __init__(self, placeholder: str) -> None:
        super().__init__(placeholder)
        self.placeholder = placeholder


REASONS: Mapping[str, str | Promise] = {
    "no_purpose": _("Its purpose is not in use"),
    "bad_channel": _("Its purpose does not use this channel"),
    "no_engine": _("This channel cannot send yet"),
    "no_address": _("There is no address to send to"),
    "gone": _("The person is archived or no longer here"),
    "restricted": _("Use of the person's data is restricted"),
    "no_consent": _("They have not agreed"),
    "not_confirmed": _("They have not confirmed their address yet"),
    "withdrawn": _("They withdrew their consent"),
    "address_withdrawn": _("Consent was withdrawn for this address"),
    "bounce": _("The address does not exist"),
    "complaint": _("They reported us for spam"),
    "manual": _("The address is blocked by hand"),
    "unfilled": _("The text has a placeholder that nothing fills"),
    "empty": _("The message is empty"),
    "quiet_hours": _("It is night or a quiet time where they live"),
    "cap": _("They have had enough messages for now"),
    "too_late": _("It was held for so long that it no longer fits"),
    "later": _("The other side asked to try again later"),
    "engine_refused": _("The other side refused it"),
    "gave_up": _("The other side did not take it after several tries"),
    "returned": _("It came back: the other side did not take it"),
    "window": _("They wrote more than 24 hours ago: only a template that WhatsApp has approved may be sent"),
    "no_files": _("This channel cannot send files"),
    "loop": _("Machines have written to this address often enough for today"),
    "taken_back": _("Taken back before it went out"),
    "interrupted": _("Amity was stopped while handing it over: it may have been sent"),
    "connection_lost": _("The connection broke while handing it over: it may have been sent"),
}
