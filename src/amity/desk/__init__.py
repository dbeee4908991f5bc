"""Desk: conversations with customers over any channel.

Owns: conversations with their log, queues, routing, SLA, replies, knowledge, complaints.
Promises: the thread follows the person, not the channel; every report is computed from the log.
Refuses: to write out other than through `channels`.
"""
