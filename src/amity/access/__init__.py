"""Access: who may do what, and who did.

Owns: staff, teams, roles, row scope, sign-in (password, TOTP, passkeys), API tokens, the audit chain.
Promises: one policy function for pages, API, jobs and assistants; an audit line is written in
the same transaction as the change it tells of, or the change does not happen.
Refuses: default passwords, secrets in clear text, edits of the audit log.
"""
