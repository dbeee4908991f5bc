"""Web: composition of the rooms into one product.

Owns: Django settings, URLs, the person page built from panels, home, search, set-up, the command line.
Promises: every URL stands in the permission table; pages work without JavaScript.
Refuses: business rules; they live in the room that owns the noun.
"""
