"""What other rooms may ask about consent: the part of the door called ``people.consent``."""

from amity.people.consent import Said, WordView, give, history, on_pending, own_address, plain_address, withdraw
from amity.people.consent_defaults import ACCOUNT, MARKETING, NEWSLETTER, SERVICE
from amity.people.consent_locks import lock
from amity.people.consent_panel import choices, panel
from amity.people.consent_purposes import PurposeView, in_language, purpose, purposes
from amity.people.consent_reading import (
    barred,
    members,
    state,
    states_of,
    together,
    withdrawn_addresses,
    words_of,
)
from amity.people.consent_rules import CHANNEL_LABELS, CHANNELS, KINDS, address_key, masked
from amity.people.consent_tokens import confirm_link, preferences_link, public_url, unsubscribe_link

__all__ = [
    "ACCOUNT",
    "CHANNELS",
    "CHANNEL_LABELS",
    "KINDS",
    "MARKETING",
    "NEWSLETTER",
    "SERVICE",
    "PurposeView",
    "Said",
    "WordView",
    "address_key",
    "barred",
    "choices",
    "confirm_link",
    "give",
    "history",
    "in_language",
    "lock",
    "masked",
    "members",
    "on_pending",
    "own_address",
    "panel",
    "plain_address",
    "preferences_link",
    "public_url",
    "purpose",
    "purposes",
    "state",
    "states_of",
    "together",
    "unsubscribe_link",
    "withdraw",
    "withdrawn_addresses",
    "words_of",
]
