"""The door of room `assistant`."""

from amity.assistant.bot import TASK as TURN
from amity.assistant.bot import turn
from amity.assistant.rehearsal import dialogues, shown
from amity.assistant.versions import live_body

__all__ = ["TURN", "dialogues", "live_body", "shown", "turn"]
