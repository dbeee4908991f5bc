"""Base: what every room stands on and what knows no business.

Owns: the clock, ids (UUIDv7), errors, typed settings, paging and lists, personal-data
declarations, SQL helpers, logging, and the look of the interface (layout, components).
Promises: no word about customers, deals or scores; importable from every room.
Refuses: to import any other room.
"""
