"""Assistant: one dialogue engine for the chat bot, the voice robot and the staff helper.

Will own: dialogue, tools, calls, questions.
Promises: tools re-check the person's own rights; the output of a language model is data, never a command.
Holds no code yet.
"""
