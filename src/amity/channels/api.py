"""The door of room `channels`: the only way to write to anybody."""

from amity.channels.asking import barred
from amity.channels.outbox import Message, Outcome, OutgoingView, outgoing, propose
from amity.channels.refusals import REASONS
from amity.channels.rules import Rule, rules, set_rule
from amity.channels.suppression import SuppressionView, lift, suppress, suppressed

send = propose

__all__ = [
    "REASONS",
    "Message",
    "Outcome",
    "OutgoingView",
    "Rule",
    "SuppressionView",
    "barred",
    "lift",
    "outgoing",
    "propose",
    "rules",
    "send",
    "set_rule",
    "suppress",
    "suppressed",
]
