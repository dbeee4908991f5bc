"""Imports: any export file in, every row a home or a reason.

Reads files (``reading``), recognises what they are (``recognise``), normalises values (``values``)
and declares what can be imported (``nouns``).
"""
