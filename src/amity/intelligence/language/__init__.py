"""Language: what messages ask for, their tone, what they name, and the passage that answers, on the processor.

Owns: intents (few examples to many, calibrated, able to say "don't know"), tone, named things, retrieval, and benches.
Refuses: to guess what no example resembles; to read a tone out of staff's words; to need a service.
"""
