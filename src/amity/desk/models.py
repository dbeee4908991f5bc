"""Tables of room `desk`. A conversation's log (`Happening`) is what every report is computed from."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _

from amity.base import clock, personal
from amity.base.models import Record
from amity.base.searching import words_vector
from amity.desk.agents_models import Agent
from amity.desk.complaints_models import (
    Complaint,
    ComplaintPaper,
    ComplaintStep,
    Refund,
    RefundLimit,
    StatutoryRule,
)
from amity.desk.drafts_models import Draft
from amity.desk.inbox_models import Handing, Link, Macro, Mention, Reading
from amity.desk.knowledge_models import Article, ArticleVersion, Judgement, KnowledgeIndex, Passage
from amity.desk.proactive_models import CardWord
from amity.desk.routing_models import RoutingRule, RoutingRun, RoutingSettings
from amity.desk.sla_models import SlaPolicy, WaitHistory, WorkingHours
from amity.desk.understanding_models import Example, Intent

__all__ = [
    "Agent",
    "Article",
    "ArticleVersion",
    "CardWord",
    "Complaint",
    "ComplaintPaper",
    "ComplaintStep",
    "Conversation",
    "Draft",
    "Example",
    "Handing",
    "Happening",
    "Intent",
    "Judgement",
    "KnowledgeIndex",
    "Link",
    "Macro",
    "Mention",
    "Message",
    "Passage",
    "Queue",
    "Reading",
    "Refund",
    "RefundLimit",
    "RoutingRule",
    "RoutingRun",
    "RoutingSettings",
    "SlaPolicy",
    "State",
    "StatutoryRule",
    "WaitHistory",
    "WorkingHours",
]  # fmt: skip


class State(models.TextChoices):
    """Where a conversation stands."""

    OPEN = "open", _("Open")
    PENDING = "pending", _("Waiting for the customer")
    SNOOZED = "snoozed", _("Snoozed")
    SOLVED = "solved", _("Solved")
    SPAM = "spam", _("Spam")


class Queue(Record):
    """Where conversations wait for a team. Rows without a team are for everybody at the desk."""

    personal = personal.nothing(_("names a queue"))
    name = models.CharField(max_length=120, unique=True)
    team = models.ForeignKey("access.Team", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    accounts = models.JSONField(default=list)  # ids of `channels` accounts whose messages start here
    languages = models.JSONField(default=list)
    position = models.IntegerField(default=0)
    hours = models.ForeignKey("desk.WorkingHours", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)


class Conversation(Record):
    """What is said with one person about one thing, over whatever channels."""

    personal = personal.deleted("person_id", ("subject", "opening", "snippet", "search", "tone_phrase"))
    number = models.BigIntegerField(unique=True, editable=False)  # what people call it: #1042
    person = models.ForeignKey(
        "people.Person", null=True, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    channel = models.CharField(max_length=10)  # of the newest message with the customer: answers go there
    account_id = models.UUIDField(null=True)
    address = models.CharField(max_length=254, blank=True)  # of the customer on that channel
    subject = models.TextField(blank=True)
    opening = models.CharField(max_length=200, blank=True, default="", db_default="")  # the customer's first words
    snippet = models.CharField(max_length=200, blank=True)  # of the newest message
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    snoozed_until = models.DateTimeField(null=True)
    queue = models.ForeignKey(Queue, null=True, on_delete=models.SET_NULL, related_name="+")
    assignee = models.ForeignKey("access.Staff", null=True, on_delete=models.SET_NULL, related_name="+")
    handler = models.CharField(max_length=5, default="staff")  # who has the word: staff or bot
    urgency = models.IntegerField(default=1)  # 0 low, 1 normal, 2 high, 3 urgent
    language = models.CharField(max_length=8, blank=True)
    intent = models.CharField(max_length=80, blank=True)  # "" not known
    intent_chance = models.FloatField(null=True)
    intent_by = models.CharField(max_length=5, blank=True)  # model or staff
    tone = models.CharField(max_length=10, blank=True)  # negative, neutral, positive; of the customer's words only
    tone_phrase = models.TextField(blank=True)
    understood_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)  # the next promise of the SLA, none while it is paused
    due_what = models.CharField(max_length=12, blank=True)  # first_reply, next_reply, resolution
    breach_chance = models.FloatField(null=True)  # 0–1, predicted
    breached_at = models.DateTimeField(null=True)
    last_seq = models.BigIntegerField(default=0)
    started_at = models.DateTimeField(default=clock.now)
    last_at = models.DateTimeField(default=clock.now)  # newest message
    customer_at = models.DateTimeField(null=True)  # newest message of the customer
    waiting_since = models.DateTimeField(null=True)  # oldest message of the customer without an answer
    first_reply_at = models.DateTimeField(null=True)
    solved_at = models.DateTimeField(null=True)
    reopened = models.IntegerField(default=0)
    csat = models.IntegerField(null=True)  # 1–5
    merged_into = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    mark = models.CharField(max_length=32, unique=True)  # signed, it is part of the address that answers come to
    search = models.TextField(blank=True, default="")
    search_vector = models.GeneratedField(
        expression=words_vector("search"), output_field=SearchVectorField(), db_persist=True
    )

    class Meta:
        indexes: ClassVar[list[Any]] = [
            GinIndex(fields=["search_vector"], name="conversation_search"),
            models.Index(fields=["state", "-last_at", "-id"], name="conversation_state"),
            models.Index(fields=["queue", "state", "-last_at", "-id"], name="conversation_queue"),
            models.Index(fields=["assignee", "state", "-last_at", "-id"], name="conversation_mine"),
            models.Index(fields=["person", "-last_at", "-id"], name="conversation_person"),
            models.Index(fields=["-last_at", "-id"], name="conversation_newest"),
            models.Index(fields=["account_id", "address"], name="conversation_address"),
            models.Index(fields=["due_at", "id"], name="conversation_due", condition=models.Q(due_at__isnull=False)),
            models.Index(fields=["snoozed_until"], name="conversation_snoozed", condition=models.Q(state="snoozed")),
            models.Index(fields=["address", "-last_at"], name="conversation_from", condition=~models.Q(address="")),
            models.Index(fields=["solved_at"], name="conversation_solved", condition=models.Q(state="solved")),
            models.Index(fields=["-started_at", "-id"], name="conversation_started"),
        ]


class Message(Record):
    """One thing said. ``seq`` orders a conversation; ``key`` makes saying it twice one message."""

    class Direction(models.TextChoices):
        IN = "in", _("From the customer")
        OUT = "out", _("To the customer")
        NOTE = "note", _("Internal note")

    class Author(models.TextChoices):
        CUSTOMER = "customer", _("Customer")
        STAFF = "staff", _("Staff")
        BOT = "bot", _("Bot")
        SYSTEM = "system", "Amity"

    personal = personal.deleted("person_id", ("text", "quoted", "html", "author_name"))
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    seq = models.BigIntegerField()
    key = models.CharField(max_length=200, unique=True)
    person = models.ForeignKey(
        "people.Person", null=True, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    direction = models.CharField(max_length=4, choices=Direction.choices)
    author = models.CharField(max_length=8, choices=Author.choices)
    author_name = models.CharField(max_length=300, blank=True)
    staff = models.ForeignKey("access.Staff", null=True, on_delete=models.SET_NULL, related_name="+")
    channel = models.CharField(max_length=10)
    text = models.TextField(blank=True)
    quoted = models.TextField(blank=True)
    html = models.TextField(blank=True)
    automatic = models.CharField(max_length=30, blank=True)
    received_id = models.UUIDField(null=True)  # in `channels`
    outgoing_id = models.UUIDField(null=True)  # in `channels`: what became of it
    files = models.JSONField(default=list)  # ids of attachments
    mentions = models.JSONField(default=list)  # ids of staff, in notes
    citations = models.JSONField(default=list)  # [{"passage": id, "title": …, "quote": …}] of an answer
    withdrawn_at = models.DateTimeField(null=True)  # taken back before it went out
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["conversation", "seq"], name="message_seq")]
        indexes: ClassVar[list[Any]] = [
            models.Index(
                fields=["outgoing_id"], name="message_outgoing", condition=models.Q(outgoing_id__isnull=False)
            ),
        ]


class Happening(Record):
    """A fact about a conversation, append-only: what the SLA clock and every report are computed from."""

    personal = personal.deleted("person_id", ("data",))
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="log")
    person = models.ForeignKey(
        "people.Person", null=True, on_delete=models.CASCADE, related_name="+", db_constraint=False
    )
    kind = models.CharField(max_length=20)  # `happenings.KINDS`
    at = models.DateTimeField(default=clock.now)
    by = models.CharField(max_length=8)  # customer, staff, bot, system
    staff_id = models.UUIDField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=["conversation", "at", "id"], name="happening_of"),
            models.Index(fields=["kind", "-at"], name="happening_kind"),
        ]
