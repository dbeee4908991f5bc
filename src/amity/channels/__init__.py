"""Channels: get a message in and out lawfully.

Will own: templates, the consent gate, frequency caps, quiet hours, forms, delivery state.
Promises: `send` will be the only way out, and checks consent at the moment of sending.
Holds no code yet.
"""
