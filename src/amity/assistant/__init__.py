"""Assistant: one dialogue engine for the chat bot, the voice robot and the staff helper.

Owns: the dialogue engine (`dialogue`, pure), the bot's script and its versions, proofs of identity by code, tools.
Promises: flows decide; tools re-check who was proved at every call; what a customer writes is data, never a command;
nothing is answered without a passage that is quoted; handing over is a typed change, always told to the customer.
"""
