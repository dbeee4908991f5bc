"""Registrations of understanding, knowledge, drafts and cards, called from the room's apps.py."""

from __future__ import annotations


def register_understanding() -> None:
    """Messages are read, changes of intents can be undone, rows follow merges."""
    from amity.desk import (
        thread,
        understanding,
        understanding_corrections,
        understanding_intents,
        understanding_training,
    )
    from amity.people import api as people

    thread.listen("understand", understanding.heard)
    understanding_intents.register()
    understanding_training.register()
    understanding_corrections.register()
    for name, table in (("draft", "desk_draft"), ("card", "desk_cardword")):
        people.register_holder(people.Holder(name, table))
