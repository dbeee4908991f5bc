"""Ready rules for shapes that many senders share, recognised by what a payload looks like, never by who sent it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from amity.events.mapping import Rules, read_rules
from amity.events.mapping_paths import Path, Sample, Step, found, path_of, written
from amity.events.mapping_values import BadValue, time_of

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Preset:
    """A shape: ``signs`` are paths that must all be there."""

    key: str
    label: str | Promise
    signs: tuple[str, ...]
    rules: tuple[Json, ...]

    def fits(self, sample: Sample) -> bool:
        return all(found(path_of(sign), sample) for sign in self.signs)

    def mapping(self) -> Rules:
        return read_rules({"rules": list(self.rules)})


_STRIPE = "$.data.object"
PRESETS: tuple[Preset, ...] = (
    Preset(
        "payments", _("Payments (Stripe-like)"), ("$.id", "$.type", "$.data.object", "$.created"),
        (
            {
                "key": "event", "name": "Every event", "kind": "track", "event": "$.type", "message_id": "$.id",
                "user_id": f"{_STRIPE}.customer", "time": "$.created",
                "email": f"{_STRIPE}.customer_details.email",
                "when": [{"path": f"{_STRIPE}.object", "op": "is_not", "value": "customer"}],
                "properties": {
                    "object": f"{_STRIPE}.object", "object_id": f"{_STRIPE}.id", "status": f"{_STRIPE}.status",
                    "amount": f"{_STRIPE}.amount | cents", "total": f"{_STRIPE}.amount_total | cents",
                    "currency": f"{_STRIPE}.currency | upper",
                },
            },
            {
                "key": "customer", "name": "Customer", "kind": "identify", "message_id": "$.id", "time": "$.created",
                "user_id": f"{_STRIPE}.id", "email": f"{_STRIPE}.email",
                "when": [{"path": f"{_STRIPE}.object", "value": "customer"}],
                "traits": {
                    "name": f"{_STRIPE}.name", "phone": f"{_STRIPE}.phone", "currency": f"{_STRIPE}.currency | upper",
                    "address": f"{_STRIPE}.address",
                },
            },
        ),
    ),
    Preset(
        "shop", _("Shop order (Shopify-like)"), ("$.line_items", "$.customer", "$.total_price"),
        (
            {
                "key": "order", "name": "Order", "kind": "track", "event": "Order {@header.x-shopify-topic}",
                "when": [{"path": "@header.x-shopify-topic", "op": "known"}],
                "user_id": "$.customer.id", "email": "$.email", "time": "$.updated_at",
                "message_id": "{$.id}-{@header.x-shopify-topic}-{$.updated_at}",
                "properties": {
                    "order_id": "$.id", "order_number": "$.name", "total": "$.total_price | number",
                    "currency": "$.currency", "products": "$.line_items",
                    "discount": "$.total_discounts | number", "status": "$.financial_status",
                },
            },
            {
                "key": "plain", "name": "Order without a topic", "kind": "track", "event": "Order Updated",
                "when": [{"path": "@header.x-shopify-topic", "op": "unknown"}],
                "user_id": "$.customer.id", "email": "$.email", "time": "$.updated_at",
                "message_id": "{$.id}-{$.updated_at}",
                "properties": {
                    "order_id": "$.id", "order_number": "$.name", "total": "$.total_price | number",
                    "currency": "$.currency", "products": "$.line_items", "status": "$.financial_status",
                },
            },
            {
                "key": "customer", "name": "Customer", "kind": "identify", "user_id": "$.customer.id",
                "email": "$.customer.email", "time": "$.updated_at", "message_id": "{$.id}-{$.updated_at}",
                "when": [{"path": "$.customer.id", "op": "known"}],
                "traits": {
                    "first_name": "$.customer.first_name", "last_name": "$.customer.last_name",
                    "phone": "$.customer.phone", "address": "$.customer.default_address",
                },
            },
        ),
    ),
    Preset(
        "form", _("Form answers (Typeform-like)"), ("$.form_response.answers", "$.form_response.form_id"),
        (
            {
                "key": "answer", "name": "Answers", "kind": "track", "event": "Form Submitted",
                "email": "$.form_response.answers[?type=='email'].email", "time": "$.form_response.submitted_at",
                "anonymous_id": "$.form_response.token", "message_id": "$.event_id",
                "properties": {
                    "form_id": "$.form_response.form_id", "form": "$.form_response.definition.title",
                    "answers": "$.form_response.answers", "hidden": "$.form_response.hidden",
                },
            },
            {
                "key": "person", "name": "Who answered", "kind": "identify", "message_id": "$.event_id",
                "email": "$.form_response.answers[?type=='email'].email", "time": "$.form_response.submitted_at",
                "anonymous_id": "$.form_response.token",
                "when": [{"path": "$.form_response.answers[?type=='email'].email", "op": "known"}],
                "traits": {"phone": "$.form_response.answers[?type=='phone_number'].phone_number"},
            },
        ),
    ),
    Preset(
        "meeting", _("Meeting booked (Calendly-like)"), ("$.event", "$.payload.email", "$.payload.scheduled_event"),
        (
            {
                "key": "meeting", "name": "Meeting", "kind": "track", "event": "Meeting {$.event}",
                "email": "$.payload.email", "time": "$.created_at", "message_id": "{$.payload.uri}-{$.event}",
                "properties": {
                    "meeting": "$.payload.scheduled_event.name", "start": "$.payload.scheduled_event.start_time",
                    "end": "$.payload.scheduled_event.end_time", "answers": "$.payload.questions_and_answers",
                    "cancel_reason": "$.payload.cancellation.reason",
                },
            },
            {
                "key": "person", "name": "Invitee", "kind": "identify", "email": "$.payload.email",
                "time": "$.created_at", "message_id": "{$.payload.uri}-{$.event}",
                "traits": {"name": "$.payload.name", "time_zone": "$.payload.timezone"},
            },
        ),
    ),
    Preset(
        "code", _("Repository activity (GitHub-like)"), ("$.repository.full_name", "$.sender.login"),
        (
            {
                "key": "event", "name": "Every event", "kind": "track",
                "event": "Repository {@header.x-github-event}", "user_id": "$.sender.login",
                "message_id": "@header.x-github-delivery",
                "properties": {
                    "action": "$.action", "repository": "$.repository.full_name", "ref": "$.ref",
                    "title": "$.issue.title", "pull_request": "$.pull_request.title",
                },
            },
        ),
    ),
)  # fmt: skip
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]{2,}")
_NAMES: dict[str, tuple[str, ...]] = {
    "user_id": ("userid", "customerid", "clientid", "memberid", "contactid", "externalid", "uid", "accountid"),
    "anonymous_id": ("anonymousid", "visitorid", "deviceid", "cookie", "clientuuid"),
    "event": ("event", "eventname", "eventtype", "type", "action", "topic", "name"),
    "time": ("timestamp", "occurredat", "createdat", "created", "time", "date", "updatedat", "submittedat"),
    "message_id": ("messageid", "eventid", "deliveryid", "webhookid", "uuid", "id"),
}


def recognised(sample: Sample) -> list[Preset]:
    """The presets whose shape a payload has."""
    return [preset for preset in PRESETS if preset.fits(sample)]


def preset_by_key(key: str) -> Preset | None:
    """The preset of that key."""
    return next((preset for preset in PRESETS if preset.key == key), None)


def proposed(sample: Sample) -> Json:
    """A mapping to begin with: the first preset that fits, else one rule guessed from names and values."""
    fitting = recognised(sample)
    return fitting[0].mapping().as_json() if fitting else _guessed(sample)


def leaves(value: Any, steps: tuple[Step, ...] = (), most: int = 400) -> Iterator[tuple[str, Any]]:
    """Path and value of every scalar in a document, outermost first; of a list the first element only."""
    waiting: list[tuple[tuple[Step, ...], Any]] = [(steps, value)]
    given = 0
    while waiting and given < most:
        at, here = waiting.pop(0)
        if isinstance(here, Mapping):
            waiting += [((*at, str(name)), part) for name, part in list(here.items())[:most]]
        elif isinstance(here, list):
            waiting += [((*at, 0), part) for part in here[:1]]
        else:
            given += 1
            yield written(Path("$", at)), here


def _guessed(sample: Sample) -> Json:
    known = list(leaves(sample.body))
    rule: Json = {"key": "r1", "kind": "track", "rest": "$" if isinstance(sample.body, dict) else ""}
    rule["email"] = next((path for path, value in known if isinstance(value, str) and _MAIL.fullmatch(value)), "")
    for field, names in _NAMES.items():
        rule[field] = next(
            (path for name in names for path, value in known if _last(path) == name and _suits(field, value)), ""
        )
    rule["event"] = rule["event"] or "Webhook Received"
    rules = [rule]
    if rule["email"]:
        parent = path_of(rule["email"])
        inside = written(Path("$", parent.steps[:-1]))
        person = {"key": "r2", "kind": "identify", "rest": inside if len(parent.steps) > 1 else ""}
        rules.append(person | {name: rule[name] for name in ("email", "user_id", "anonymous_id", "time", "message_id")})
    return {"rules": rules}


def _last(path: str) -> str:
    return re.sub(r"[^a-z]", "", re.split(r"[.\[]", path)[-1].lower())


def _suits(field: str, value: Any) -> bool:
    if value is None or value == "" or isinstance(value, bool):
        return False
    if field == "time":
        try:
            return bool(time_of(value))
        except BadValue:
            return False
    if field == "event":
        return isinstance(value, str) and len(value) <= 80
    return len(str(value)) <= 100
