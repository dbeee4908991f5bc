"""The carrier of web chat: a message is delivered when the transaction commits, and open chats hear of it."""

from __future__ import annotations

from amity.channels import chat_talk
from amity.channels.chat_models import ChatSession
from amity.channels.models import Outgoing
from amity.engines.api import Receipt


class ChatCarrier:
    """Answers wait in the visitor's conversation, however long it takes until they look again."""

    name = "chat"

    def hand_over(self, row: Outgoing) -> Receipt:
        """Tell open chats of this visitor. 2 queries."""
        found = ChatSession.objects.filter(address=row.address)
        found = found.filter(account_id=row.account_id) if row.account_id else found
        accounts = list(found.values_list("account_id", flat=True).distinct())
        for account_id in accounts:
            chat_talk.tell(account_id, row.address)
        return Receipt("accepted") if accounts else Receipt("refused", "There is no such visitor.")

    def close(self) -> None:
        """Nothing is held open."""
