"""Registrations of understanding, knowledge, drafts and cards, called from the room's apps.py."""

from __future__ import annotations

from amity.desk import (
    drafts,
    knowledge_articles,
    knowledge_import,
    proactive,
    proactive_rules,
    thread,
    understanding,
    understanding_corrections,
    understanding_intents,
    understanding_training,
)
from amity.people import api as people


def register_understanding() -> None:
    """Messages are read, changes can be undone, rows follow merges."""
    thread.listen("understand", understanding.heard)
    understanding.listen("draft", drafts.heard)
    thread.listen("drafts", drafts.answered)
    for each in (
        understanding_intents, understanding_training, understanding_corrections, knowledge_articles, knowledge_import,
        drafts,
        proactive,
    ):  # fmt: skip
        each.register()
    proactive_rules.register_rules()
    for name, table in (("draft", "desk_draft"), ("card", "desk_cardword")):
        people.register_holder(people.Holder(name, table))
