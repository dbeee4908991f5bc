"""The door of room `channels`: the only way to write to anybody."""

from amity.channels import chat_door as chat
from amity.channels import chat_settings as chats
from amity.channels import mail_account as mailboxes
from amity.channels import mail_reply
from amity.channels.account_names import account_names, connected, starts_with_bot, usual_account
from amity.channels.adapters_window import Window, window
from amity.channels.asking import barred
from amity.channels.attaching import AttachmentView, attach
from amity.channels.attaching import belong as files_belong
from amity.channels.attaching import content_of as file_content
from amity.channels.attaching import files as file_views
from amity.channels.carriers import Carrier, register_carrier
from amity.channels.confirmations import literal
from amity.channels.deliveries import Delivery, deliveries, known_keys, move_received, on_settled, withdraw
from amity.channels.mail_arriving import take as take_mail
from amity.channels.mail_threads import Thread, letters_follow
from amity.channels.mail_threads import participants as mail_participants
from amity.channels.masking import masked
from amity.channels.outbox import Message, Outcome, OutgoingView, outgoing, propose
from amity.channels.receiving import (
    AUTOMATIC,
    Incoming,
    ReceivedView,
    Taken,
    conversations_of_refs,
    hear,
    receive,
    register_receiver,
    twin_of,
)
from amity.channels.refusals import REASONS
from amity.channels.rules import Rule, rules, set_rule
from amity.channels.sending import send_due
from amity.channels.suppression import SuppressionView, lift, suppress, suppressed

send = propose

__all__ = [
    "AUTOMATIC",
    "REASONS",
    "AttachmentView",
    "Carrier",
    "Delivery",
    "Incoming",
    "Message",
    "Outcome",
    "OutgoingView",
    "ReceivedView",
    "Rule",
    "SuppressionView",
    "Taken",
    "Thread",
    "Window",
    "account_names",
    "attach",
    "barred",
    "chat",
    "chats",
    "connected",
    "conversations_of_refs",
    "deliveries",
    "file_content",
    "file_views",
    "files_belong",
    "hear",
    "known_keys",
    "letters_follow",
    "lift",
    "literal",
    "mail_participants",
    "mail_reply",
    "mailboxes",
    "masked",
    "move_received",
    "on_settled",
    "outgoing",
    "propose",
    "receive",
    "register_carrier",
    "register_receiver",
    "rules",
    "send",
    "send_due",
    "set_rule",
    "starts_with_bot",
    "suppress",
    "suppressed",
    "take_mail",
    "twin_of",
    "usual_account",
    "window",
    "withdraw",
]
