"""The door of room `desk`."""

from collections.abc import Sequence
from typing import Any

from amity.desk import (
    bot_changes,
    brief,
    chat,
    complaints,
    complaints_steps,
    conversations,
    conversations_messages,
    drafts,
    handing,
    histories,
    inbox,
    knowledge,
    knowledge_articles,
    linking,
    proactive,
    refunds,
    replies,
    routing_changes,
    understanding,
    understanding_intents,
)
from amity.desk.conversations import ConversationView
from amity.desk.conversations_changes import on_change
from amity.desk.finding import Suggestion, plain_subject, strangers, suggestions
from amity.desk.handing import HandingView, bot_has_the_word, hand_over
from amity.desk.hours import BusinessHours
from amity.desk.models import State
from amity.desk.opening import hours_at, people_back_at
from amity.desk.replies import say_as_bot, say_as_system
from amity.desk.routing_cleaning import week_of
from amity.desk.thread import Said, append, listen, open_conversation

__all__ = [
    "BusinessHours",
    "ConversationView",
    "HandingView",
    "Said",
    "State",
    "Suggestion",
    "append",
    "bot_changes",
    "bot_has_the_word",
    "brief",
    "chat",
    "complaints",
    "complaints_steps",
    "conversations",
    "conversations_messages",
    "drafts",
    "hand_over",
    "handing",
    "histories",
    "hours_at",
    "inbox",
    "knowledge",
    "knowledge_articles",
    "linking",
    "listen",
    "on_change",
    "open_conversation",
    "people_back_at",
    "plain_subject",
    "proactive",
    "refunds",
    "replies",
    "routing_changes",
    "say_as_bot",
    "say_as_system",
    "simulate_ways",
    "strangers",
    "suggestions",
    "understanding",
    "understanding_intents",
    "week_of",
]


def simulate_ways(seeds: Sequence[int], same_for_all: bool = False) -> dict[str, Any]:
    """Ways of giving out conversations on made-up traffic; see `simulator_beside.simulate_ways`."""
    from amity.desk import simulator_beside

    return simulator_beside.simulate_ways(seeds, same_for_all)
