"""From any payload to events: rules with conditions, each making one event (or one for each element of a list).

Pure: a mapping and a `Sample` give the same events always, on trial and live alike. The events are in the tracking
contract's form (``type``, ``userId``, ``messageId`` …) and go through the log like any other, so they land once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import msgspec
from django.utils.translation import gettext as _

from amity.base.errors import Refused
from amity.base.ids import stable_id
from amity.events.mapping_paths import Sample, found, is_path, path_of
from amity.events.mapping_values import MISSING, BadValue, as_text, expression_of, text_of, time_of, value_of

MAX_RULES, MAX_FIELDS, MAX_CONDITIONS, MAX_EVENTS = 40, 100, 20, 1_000
MAX_ID = 100
Kind = Literal["track", "identify", "page", "screen", "group", "alias"]
KINDS: tuple[Kind, ...] = ("track", "identify", "group", "page", "screen", "alias")
Operator = Literal["is", "is_not", "contains", "starts", "one_of", "known", "unknown"]
OPERATORS: tuple[Operator, ...] = ("is", "is_not", "contains", "starts", "one_of", "known", "unknown")


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A path and what its value must be; text is compared without regard to case."""

    path: str
    op: Operator = "is"
    value: str = ""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of event. Fields hold expressions (`mapping_values`); ``key`` is kept for ever: message ids use it.

    ``each``: a path with ``[*]``; the rule then runs once for each element, which it sees as ``@item``.
    ``rest``: a path to an object whose other fields are taken too, as properties (or traits where there are none).
    """

    key: str
    kind: Kind = "track"
    name: str = ""
    when: tuple[Condition, ...] = ()
    each: str = ""
    event: str = ""
    user_id: str = ""
    anonymous_id: str = ""
    email: str = ""
    group_id: str = ""
    previous_id: str = ""
    time: str = ""
    message_id: str = ""
    properties: dict[str, str] = {}
    traits: dict[str, str] = {}
    rest: str = ""


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping: every rule whose conditions hold makes events."""

    rules: tuple[Rule, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """A plain dict to store."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a rule made no event of a payload."""

    rule: str
    code: str
    sentence: str


@dataclass(slots=True)
class Outcome:
    """What a payload became. ``matched``: keys of the rules whose conditions held.

    ``claims``: what events that are no identify say of their person; an identify of its own unless another has it.
    """

    events: list[dict[str, Any]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    matched: list[str] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)


_EXPRESSIONS = ("event", "user_id", "anonymous_id", "email", "group_id", "previous_id", "time", "message_id")


def read_rules(value: Any) -> Rules:
    """Check a mapping; raises ``Refused`` ``bad_mapping``, ``bad_path`` or ``bad_conversion``, naming the rule."""
    try:
        rules = msgspec.convert(value, Rules)
    except msgspec.ValidationError as error:
        raise Refused("bad_mapping", _("This mapping cannot be read: {reason}.").format(reason=error)) from error
    if len(rules.rules) > MAX_RULES or len({rule.key for rule in rules.rules}) < len(rules.rules):
        raise Refused("bad_mapping", _("A mapping has at most {most} rules, each with its own key.").format(most=40))
    for rule in rules.rules:
        _check(rule)
    return rules


def applied(rules: Rules, sample: Sample) -> Outcome:
    """The events of one payload. Never raises for a mapping that `read_rules` accepted."""
    outcome = Outcome()
    for rule in rules.rules:
        if all(_holds(condition, sample) for condition in rule.when):
            outcome.matched.append(rule.key)
            _run(rule, sample, outcome)
    said = [_who(event) for event in outcome.events if event["type"] == "identify"]
    for claim in outcome.claims:
        ids, traits = _who(claim)
        if not any(ids == others and traits.items() <= more.items() for others, more in said):
            said.append((ids, traits))
            outcome.events.append(claim)
    return outcome


def body_hash(sample: Sample) -> str:
    """What a payload is known by when nothing in it says so: 32 hex digits over its bytes."""
    if sample.known_as:
        return sample.known_as
    raw = sample.raw or msgspec.json.encode(sample.body, order="deterministic")
    return hashlib.blake2b(raw, digest_size=16).hexdigest()


def _run(rule: Rule, sample: Sample, outcome: Outcome) -> None:
    for number, one in enumerate(_elements(rule, sample)):
        if len(outcome.events) >= MAX_EVENTS:
            text = _("One payload gives at most {most} events.").format(most=MAX_EVENTS)
            outcome.problems.append(Problem(rule.key, "too_many_events", text))
            return
        try:
            event, traits = _event(rule, one, number)
            outcome.events.append(event)
            if traits and rule.kind in ("track", "page", "screen"):
                outcome.claims.append(_claim(event, traits))
        except BadValue as error:
            outcome.problems.append(Problem(rule.key, "bad_value", str(error)))
        except _Unfit as error:
            outcome.problems.append(Problem(rule.key, error.code, str(error)))


class _Unfit(Exception):
    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def _elements(rule: Rule, sample: Sample) -> Iterable[Sample]:
    if not rule.each:
        return [sample]
    items = found(path_of(rule.each), sample)
    if items and not path_of(rule.each).many and isinstance(items[0], list):
        items = items[0]
    return [replace(sample, item=item) for item in items]


def _event(rule: Rule, sample: Sample, number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The event, and what it says of its person."""
    event: dict[str, Any] = {"type": rule.kind, "messageId": _message_id(rule, sample, number)}
    email = text_of(rule.email, sample) if rule.email else ""
    _identify(rule, sample, email, event)
    if rule.time:
        moment = value_of(rule.time, sample)
        if moment is not MISSING and moment is not None and moment != "":
            event["timestamp"] = time_of(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    name = text_of(rule.event, sample) if rule.event else ""
    if rule.kind == "track" and not name:
        raise _Unfit("no_event_name", _("The payload has no name for the event where the rule looks for it."))
    if name:
        event["event" if rule.kind == "track" else "name"] = name[:200]
    return event, _fill(rule, sample, email, event)


def _identify(rule: Rule, sample: Sample, email: str, event: dict[str, Any]) -> None:
    ids = {"userId": rule.user_id, "anonymousId": rule.anonymous_id, "previousId": rule.previous_id}
    event |= {name: text for name, told in ids.items() if told and (text := text_of(told, sample))}
    if rule.kind == "group":
        group = text_of(rule.group_id, sample) if rule.group_id else ""
        if not group:
            raise _Unfit("no_group_id", _("The payload has no group id where the rule looks for it."))
        event["groupId"] = group
    if "userId" in event or "anonymousId" in event:
        return
    if email:  # the address alone names the person: the same address is the same visitor of this door
        event["anonymousId"] = f"mail-{stable_id('door', email.lower())}"
        return
    raise _Unfit("no_identity", _("The payload names nobody: no user id, e-mail or anonymous id was found."))


def _claim(event: dict[str, Any], traits: dict[str, Any]) -> dict[str, Any]:
    """An identify beside another event: the contract has no other place for an address that joins profiles."""
    kept: dict[str, Any] = {name: event[name] for name in ("userId", "anonymousId", "timestamp") if name in event}
    whole = f"{event['messageId']}:who"
    known = whole if len(whole) <= MAX_ID else hashlib.blake2b(whole.encode(), digest_size=24).hexdigest()
    return {"type": "identify", "messageId": known, **kept, "traits": traits}


def _who(event: dict[str, Any]) -> tuple[tuple[Any, Any], dict[str, Any]]:
    return (event.get("userId"), event.get("anonymousId")), event["traits"]


def _fill(rule: Rule, sample: Sample, email: str, event: dict[str, Any]) -> dict[str, Any]:
    traits = _values(rule.traits, sample)
    properties = _values(rule.properties, sample)
    rest = value_of(rule.rest, sample) if rule.rest else MISSING
    home = traits if rule.kind in ("identify", "group") else properties
    if isinstance(rest, Mapping):
        for name, value in list(rest.items())[:MAX_FIELDS]:
            home.setdefault(str(name), value)
    if email:
        traits.setdefault("email", email)
    if rule.kind in ("identify", "group"):
        event["traits"] = traits
    elif rule.kind != "alias":
        event["properties"] = properties
    return traits


def _values(told: Mapping[str, str], sample: Sample) -> dict[str, Any]:
    found = {name: value_of(text, sample) for name, text in told.items()}
    return {name: value for name, value in found.items() if value is not MISSING}


def _message_id(rule: Rule, sample: Sample, number: int) -> str:
    own = text_of(rule.message_id, sample) if rule.message_id else ""
    parts = [own or body_hash(sample), rule.key]
    if rule.each:
        parts.append(str(number))
    whole = ":".join(parts)
    return whole if len(whole) <= MAX_ID else hashlib.blake2b(whole.encode(), digest_size=24).hexdigest()


def _holds(condition: Condition, sample: Sample) -> bool:
    values = [value for value in found(path_of(condition.path), sample) if value is not None and value != ""]
    if condition.op in ("known", "unknown"):
        return bool(values) == (condition.op == "known")
    wanted = condition.value.strip().casefold()
    texts = [as_text(value).casefold() for value in values]
    if condition.op == "is_not":
        return wanted not in texts
    if condition.op == "one_of":
        return bool({part.strip() for part in wanted.split(",")} & set(texts))
    tests = {"is": str.__eq__, "contains": str.__contains__, "starts": str.startswith}
    return any(tests[condition.op](text, wanted) for text in texts)


def _check(rule: Rule) -> None:
    label = rule.name or rule.event or rule.key
    try:
        if not 1 <= len(rule.key) <= 12 or not rule.key.isalnum():
            raise Refused("bad_mapping", _("A rule's key is 1 to 12 letters and digits."))
        if max(len(rule.properties) + len(rule.traits), 1) > MAX_FIELDS or len(rule.when) > MAX_CONDITIONS:
            raise Refused("bad_mapping", _("There are too many fields or conditions."))
        for condition in rule.when:
            path_of(condition.path)
        _check_expressions(rule)
    except Refused as error:
        message = _("Rule “{rule}”: {problem}").format(rule=label[:60], problem=error.message)
        raise Refused(error.code, message) from error


def _check_expressions(rule: Rule) -> None:
    for text in (*(getattr(rule, name) for name in _EXPRESSIONS), *rule.properties.values(), *rule.traits.values()):
        expression_of(text)
    for name, text in (("each", rule.each), ("rest", rule.rest)):
        if text and not is_path(text):
            raise Refused("bad_path", _("“{path}” is not a path. Example: {example}").format(
                path=text[:80], example="$.items[*]" if name == "each" else "$.customer"))  # fmt: skip
        if text:
            expression_of(text)
    if rule.kind == "track" and not rule.event:
        raise Refused("bad_mapping", _("Say what the event is called."))
    if not (rule.user_id or rule.email or rule.anonymous_id):
        raise Refused("bad_mapping", _("Say where the user id, the e-mail or the anonymous id stands."))
