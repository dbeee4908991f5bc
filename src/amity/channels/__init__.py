"""Channels: get a message in and out lawfully.

Owns: the way out (`outbox.propose`), the consent gate, suppression, caps, quiet hours, delivery state.
Promises: nothing goes out but through the gate, which is asked again at the moment of handing over; at most once.
Refuses: unfilled placeholders, card numbers, messages to people who did not agree.
Will own: receiving, forms.
"""
