"""Intelligence: learn, score, explain, watch.

Owns: features, the model ladder, leakage checks, the model registry, the score ledger and reasons.
Promises: no score without interval, reasons and age; reasons add up to the score; "no signal" is an answer;
every score can be replayed from its ledger row.
Refuses: pickles, silent use of columns that were filled in after the outcome.
"""
