"""The door of room `journeys`."""

from amity.journeys.actions import ActionKind, Order, kinds_for, register, touches_of
from amity.journeys.answers import Changes, Done, accept, drafts_of, refuse, send
from amity.journeys.blockers import complaining, register_complaints
from amity.journeys.decide import Situation, Source, register_blocker, register_source
from amity.journeys.effects import Episode
from amity.journeys.leads import days_since
from amity.journeys.learning import contact_kinds, learn
from amity.journeys.proposals import Proposal, propose, replay
from amity.journeys.words import REFUSALS

__all__ = [
    "REFUSALS",
    "ActionKind",
    "Changes",
    "Done",
    "Episode",
    "Order",
    "Proposal",
    "Situation",
    "Source",
    "accept",
    "complaining",
    "contact_kinds",
    "days_since",
    "drafts_of",
    "kinds_for",
    "learn",
    "propose",
    "refuse",
    "register",
    "register_blocker",
    "register_complaints",
    "register_source",
    "replay",
    "send",
    "touches_of",
]
