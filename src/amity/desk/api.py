"""The door of room `desk`."""

from amity.desk import chat
from amity.desk.models import State
from amity.desk.thread import Said, append, listen, open_conversation

__all__ = ["Said", "State", "append", "chat", "listen", "open_conversation"]
