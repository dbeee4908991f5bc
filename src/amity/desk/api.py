"""The door of room `desk`."""

from amity.desk import chat, conversations, conversations_messages, handing, linking, replies
from amity.desk.conversations import ConversationView
from amity.desk.conversations_changes import on_change
from amity.desk.handing import hand_over
from amity.desk.models import State
from amity.desk.replies import say_as_bot, say_as_system
from amity.desk.thread import Said, append, listen, open_conversation

__all__ = [
    "ConversationView",
    "Said",
    "State",
    "append",
    "chat",
    "conversations",
    "conversations_messages",
    "hand_over",
    "handing",
    "linking",
    "listen",
    "on_change",
    "open_conversation",
    "replies",
    "say_as_bot",
    "say_as_system",
]
