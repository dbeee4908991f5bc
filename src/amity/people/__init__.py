"""People: the one true profile.

Owns: people, companies, their identifiers, traits with source and age, imports, data readiness.
Promises: every value knows where it came from and when; an import gives every row a home or a
reason, runs twice without a change, and can be undone as a whole.
Refuses: irreversible merges, silent deletes.
"""
