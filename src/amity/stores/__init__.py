"""Stores: visits to physical places.

Will own: visit counting and enrolment by explicit consent.
Promises: nobody is recognised who did not enrol; non-matches are never stored.
Holds no code yet.
"""
