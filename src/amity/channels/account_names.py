"""Where messages arrive, by name."""

from __future__ import annotations

from uuid import UUID

from amity.channels.receiving_models import Account


def account_names() -> list[tuple[UUID, str]]:
    """Accounts in use: id and name, by name, at most 200. 1 query."""
    return list(Account.objects.filter(enabled=True).order_by("name", "id").values_list("pk", "name")[:200])


def connected() -> bool:
    """Whether messages can arrive at all: some mailbox, chat or messenger is switched on. 1 query."""
    return Account.objects.filter(enabled=True).exclude(kind=Account.Kind.PHONE).exists()


def usual_account(kind: str) -> UUID | None:
    """The account of a kind that new talks start from: the first that is switched on. 1 query."""
    rows = Account.objects.filter(kind=kind, enabled=True).order_by("created_at", "id")
    return rows.values_list("pk", flat=True).first()


def starts_with_bot(account_id: UUID) -> bool:
    """Whether new conversations of this account begin with the bot: off unless somebody switched it on. 1 query."""
    told = Account.objects.filter(pk=account_id).values_list("settings", flat=True).first()
    return bool(told and told.get("bot"))
