"""Templates that WhatsApp has approved: the only way to write later than 24 hours after the customer's last message."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from amity.access import api as access
from amity.base.errors import Refused
from amity.channels import api as channels
from amity.desk import conversations, replies
from amity.desk.conversations import ConversationView
from amity.people import api as people

_PLACE = re.compile(r"\{\{\s*(\d{1,2})\s*\}\}")
MAX_VALUE = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """A place of a template, and what is offered for it."""

    number: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A template with its text; "" where the settings do not tell it."""

    name: str
    text: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Closed:
    """Free text cannot be sent: since when, and what can be sent instead."""

    since: datetime | None
    templates: tuple[Template, ...]


def closed(view: ConversationView) -> Closed | None:
    """Why only a template may go out, None where anything may. 2 queries, 3 with templates; none but for WhatsApp."""
    if view.channel != "whatsapp":
        return None
    window = channels.window(view.account_id, view.address)
    if window.open:
        return None
    name = _first_name(view) if window.templates else ""
    return Closed(window.until, tuple(_template(each, window.texts.get(each, ""), name) for each in window.templates))


def send(
    principal: access.Principal, view: ConversationView, name: str, values: Mapping[str, str], key: str
) -> replies.Sent:  # fmt: skip
    """Send a template with its places filled; raises `Refused` where one stays empty or nobody approved it."""
    access.require(principal, conversations.WORK)
    window = channels.window(view.account_id, view.address)
    if view.channel != "whatsapp" or name not in window.templates:
        raise Refused("no_template", _("WhatsApp has approved no template of this name."))
    text = window.texts.get(name, "")
    places = places_of(text)
    told = {each: " ".join(values.get(each, "").split())[:MAX_VALUE] for each in places}  # no line breaks in places
    if missing := [each for each in places if not told[each]]:
        raise Refused("place_empty", _("Fill in place {number} of the template.").format(number=missing[0]))
    answer = replies.Answer(filled(text, told) or name, template=name, values=told)
    return replies.send(principal, view.id, answer, key=key)


def places_of(text: str) -> list[str]:
    """Numbers of its places, in order. Pure."""
    return sorted(set(_PLACE.findall(text)), key=int)


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with its places filled. Pure."""
    return _PLACE.sub(lambda found: values.get(found[1], ""), text)


def _template(name: str, text: str, first_name: str) -> Template:
    offered = {"1": first_name}
    return Template(name, text, tuple(Place(each, offered.get(each, "")) for each in places_of(text)))


def _first_name(view: ConversationView) -> str:
    found = people.names([view.person_id]) if view.person_id else {}
    return next(iter(found.values()), "").split(" ")[0]
