"""What a channel's addresses are: mail addresses, numbers, or handles for its carrier alone. Pure."""

from __future__ import annotations

from amity.people import api as people

_CONSENT = {"telegram": "chat", "whatsapp": "chat", "webhook": "chat"}  # what consent to them is kept under
_NUMBERS = {"whatsapp": "phone"}
MAX_HANDLE = 254


def consent_channel(channel: str) -> str:
    """The channel of consent, caps and quiet hours that a way out belongs to: messengers are chat."""
    return _CONSENT.get(channel, channel)


def kind_of(channel: str) -> str:
    """The kind of its addresses: ``email``, ``phone``, or "" for handles."""
    return people.consent.KINDS.get(channel) or _NUMBERS.get(channel, "")


def plain_address(channel: str, address: str, country: str = "") -> str:
    """An address of the channel as it is compared, "" where it is none."""
    kind = kind_of(channel)
    return people.consent.plain_address(kind, address, country) if kind else address.strip()[:MAX_HANDLE]


def address_key(channel: str, address: str) -> str:
    """The hash that suppression and withdrawals know an address by."""
    return people.consent.address_key(kind_of(channel) or channel, address) if address else ""
