"""Journeys: when X then Y.

Owns: next best action (what each kind of action changes, one proposal per open deal or lead, the answers to it).
Will own: triggers, campaigns, experiments.
Promises: an action happens once, in the transaction of its acceptance; a message only through the send gate; every
decision can be replayed from its ledger row; nothing is proposed where nothing is known to help.
Refuses: offers while a complaint is open, messages that consent or suppression forbid.
"""
