"""Sales: deals and what is sold.

Owns: pipelines, stages, deals, their stage history, products, orders, tasks.
Promises: money in integer minor units with a currency; a stage change is a fact, never an overwrite.
Refuses: a win chance without its reasons.
"""
