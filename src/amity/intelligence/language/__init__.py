"""Language: what a message asks for, learned from the company's own labelled messages, on the processor.

Owns: the intent classifier (few examples to many, calibrated, able to say "don't know") and its bench.
Refuses: to guess what no example resembles; to need a service.
"""
