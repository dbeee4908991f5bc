"""Desk: conversations with customers over any channel.

Will own: conversations, routing, SLA, replies, knowledge.
Promises: the thread follows the person, not the channel.
Holds no code yet.
"""
