"""What the inbox registers at the start: undo, what pages may listen for, whose rows follow a person."""

from __future__ import annotations

from amity.desk import (
    conversations,
    conversations_changes,
    conversations_merging,
    handing,
    linking,
    macros,
    mentions,
    replies,
)
from amity.people import api as people


def register_inbox() -> None:
    """Called once, from ``apps.py``."""
    conversations.register_hearing()
    mentions.register_hearing()
    for each in (conversations_changes, conversations_merging, handing, linking, macros, replies):
        each.register()
    people.register_holder(people.Holder("handing", "desk_handing"))
