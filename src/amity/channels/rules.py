"""How often and when people are written to: caps per person, quiet hours where they live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from phonenumbers import timezone as phone_zones

from amity.access import api as access
from amity.base import clock
from amity.base.errors import Refused
from amity.channels.models import SendRule
from amity.people import api as people

PERMISSION = "outgoing.manage"
_NIGHT = (time(21), time(8))
_ZONE_TRAITS = ("timezone", "time_zone", "timeZone", "tz")


@dataclass(frozen=True, slots=True)
class Rule:
    """``most`` messages per person within ``days`` (None: no cap); nothing between the quiet hours (None: always)."""

    channel: str
    most: int | None = None
    days: int = 7
    quiet_from: time | None = None
    quiet_to: time | None = None


DEFAULTS: Mapping[str, Rule] = {
    "email": Rule("email", 3, 7, *_NIGHT),
    "sms": Rule("sms", 2, 7, *_NIGHT),
    "phone": Rule("phone", 1, 7, time(20), time(9)),
    "post": Rule("post", 1, 30),
    "chat": Rule("chat", 3, 7, *_NIGHT),
}


def rules() -> dict[str, Rule]:
    """The rule of every channel. 1 query."""
    found = dict(DEFAULTS)
    for row in SendRule.objects.all():
        found[row.channel] = Rule(row.channel, row.most, row.days, row.quiet_from, row.quiet_to)
    return found


def set_rule(principal: access.Principal, rule: Rule) -> None:
    """Change a channel's rule. Audited."""
    access.require(principal, PERMISSION)
    if rule.channel not in DEFAULTS or (rule.quiet_from is None) != (rule.quiet_to is None):
        raise Refused("bad_rule", _("Give both ends of the quiet hours, or none."))
    if not 1 <= rule.days <= 366 or (rule.most is not None and not 0 <= rule.most <= 1_000):
        raise Refused("bad_rule", _("Give a number of messages up to 1,000 and of days up to 366."))
    with transaction.atomic():
        SendRule.objects.update_or_create(
            channel=rule.channel,
            defaults={
                "most": rule.most, "days": rule.days, "quiet_from": rule.quiet_from, "quiet_to": rule.quiet_to,
                "changed_by": principal.staff_id, "changed_at": clock.now(),
            },
        )  # fmt: skip
        access.record(principal, "changed", "send_rule", rule.channel, {"most": rule.most, "days": rule.days})


def quiet_until(rule: Rule, zone: ZoneInfo, now: datetime) -> datetime | None:
    """When the quiet hours that ``now`` falls into end; None outside of them. Clock changes are the zone's."""
    if rule.quiet_from is None or rule.quiet_to is None or rule.quiet_from == rule.quiet_to:
        return None
    local = now.astimezone(zone)
    at, begin, end = local.time(), rule.quiet_from, rule.quiet_to
    inside = begin <= at < end if begin < end else at >= begin or at < end
    if not inside:
        return None
    day = local.date() + timedelta(days=1 if at >= end else 0)
    return max(datetime.combine(day, end, zone).astimezone(now.tzinfo), now + timedelta(seconds=1))


def zone_of(person: people.PersonView | None) -> ZoneInfo:
    """Where somebody lives: what they or an event said, else the country of their phone number, else the house's."""
    if person is not None:
        for name in _ZONE_TRAITS:
            if found := _zone(person.traits.get(name)):
                return found
        if found := _zone(_by_phone(person.phone)):
            return found
    return ZoneInfo(settings.TIME_ZONE)


@lru_cache(maxsize=4_096)
def _by_phone(phone: str) -> str:
    """The zone of a number, where all of its country shares one."""
    try:
        zones = phone_zones.time_zones_for_number(phonenumbers.parse(phone)) if phone.startswith("+") else ()
    except phonenumbers.NumberParseException:
        return ""
    return zones[0] if len(zones) == 1 and zones[0] != phone_zones.UNKNOWN_TIMEZONE else ""


def _zone(told: Any) -> ZoneInfo | None:
    try:
        return ZoneInfo(told) if isinstance(told, str) and told else None
    except (ValueError, OSError, KeyError):
        return None
