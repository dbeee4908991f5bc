"""When and how to reach somebody, in words: "Tue–Thu, 9–11, by phone"."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.base import words
from amity.intelligence.reach import Best
from amity.intelligence.reach_channels import CHAT, MAIL, PHONE

CHANNELS: dict[str, str | Promise] = {
    PHONE: gettext_lazy("by phone"),
    MAIL: gettext_lazy("by e-mail"),
    CHAT: gettext_lazy("by message"),
}


def told(best: Best) -> str:
    """Days, hours and the channel, if that is known."""
    when = f"{days(best)}, {best.begins}–{best.ends}"
    if not best.channel:
        return when
    return _("{when}, {channel}").format(when=when, channel=str(CHANNELS[best.channel]))


def days(best: Best) -> str:
    """The days of the week, short."""
    names = words.locale().days["stand-alone"]["abbreviated"]
    first, last = names[best.first_day], names[best.last_day]
    return str(first) if first == last else f"{first}–{last}"
