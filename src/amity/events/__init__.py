"""Events: facts in order of what happened, append-only.

Owns: the log of facts about subjects (people, companies, deals) and the signed webhooks that hand them on.
Promises: a fact is stored once per source and message id; timelines read in a fixed number of queries.
Refuses: to edit a fact, or to know what a subject is.
"""
