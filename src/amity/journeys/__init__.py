"""Journeys: when X then Y.

Will own: triggers, campaigns, experiments, next best action.
Promises: an action happens once, and only after the consent check.
Holds no code yet.
"""
