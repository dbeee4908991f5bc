"""The only door of the engines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from amity.engines.blobs import Blobs, blobs
from amity.engines.blobs_errors import BlobDamaged, BlobsDown, NoBlob
from amity.engines.caldav import DavCalendar, DavItem, DavProblem
from amity.engines.calendars import Appointment, Attendee, BadCalendar
from amity.engines.calendars import Method as CalendarMethod
from amity.engines.calendars import read as read_calendar
from amity.engines.calendars import written as write_calendar
from amity.engines.fetching import Fetched, fetch
from amity.engines.http import Answer, ForbiddenAddress, Unreachable, check_url
from amity.engines.http import post as http_post
from amity.engines.imap import Folder as MailFolder
from amity.engines.imap import ImapProblem, Mailbox
from amity.engines.imap import opened as open_mailbox
from amity.engines.kafka import Brokers, KafkaDown, Message, OffsetGone, Sender, Subscription, Watch, ensure_topic
from amity.engines.llm import LanguageModel, LlmDown, language_model
from amity.engines.mail import Enclosure, Letter, MailEngine, MailSession, Receipt, mail_engine
from amity.engines.outbound_webhook import OutboundWebhook
from amity.engines.outbound_webhook import signed as webhook_signed
from amity.engines.postgres.provision import EXTENSIONS as POSTGRES_EXTENSIONS
from amity.engines.postgres.server import EmbeddedPostgres, Status
from amity.engines.postgres.transfer import Contents
from amity.engines.postgres.transfer import as_text as database_text
from amity.engines.postgres.transfer import contents as database_contents
from amity.engines.postgres.transfer import drop as drop_database
from amity.engines.postgres.transfer import dump as dump_database
from amity.engines.postgres.transfer import load as load_database
from amity.engines.postgres.transfer import swap as swap_database
from amity.engines.providers import Outbound
from amity.engines.providers import Template as ProviderTemplate
from amity.engines.providers import Trouble as ProviderTrouble
from amity.engines.sms_gateway import SmsGateway
from amity.engines.sms_gateway import signature as sms_signature
from amity.engines.sql_questions import Batch as SqlBatch
from amity.engines.sql_questions import Columns as SqlColumns
from amity.engines.sql_questions import Place as SqlPlace
from amity.engines.sql_questions import Question as SqlQuestion
from amity.engines.sql_questions import SourceProblem, SqlSource
from amity.engines.sql_source import sql_source
from amity.engines.sql_values import earlier as earlier_position
from amity.engines.telegram import Telegram
from amity.engines.whatsapp import WhatsApp
from amity.engines.whatsapp import of_error as whatsapp_error

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "POSTGRES_EXTENSIONS",
    "Answer",
    "Appointment",
    "Attendee",
    "BadCalendar",
    "BlobDamaged",
    "Blobs",
    "BlobsDown",
    "Brokers",
    "CalendarMethod",
    "Contents",
    "DavCalendar",
    "DavItem",
    "DavProblem",
    "EmbeddedPostgres",
    "Enclosure",
    "Fetched",
    "ForbiddenAddress",
    "ImapProblem",
    "KafkaDown",
    "LanguageModel",
    "Letter",
    "LlmDown",
    "MailEngine",
    "MailFolder",
    "MailSession",
    "Mailbox",
    "Message",
    "NoBlob",
    "OffsetGone",
    "Outbound",
    "OutboundWebhook",
    "ProviderTemplate",
    "ProviderTrouble",
    "Receipt",
    "Sender",
    "SmsGateway",
    "SourceProblem",
    "SqlBatch",
    "SqlColumns",
    "SqlPlace",
    "SqlQuestion",
    "SqlSource",
    "Status",
    "Subscription",
    "Telegram",
    "Unreachable",
    "Watch",
    "WhatsApp",
    "blobs",
    "check_url",
    "database_contents",
    "database_text",
    "drop_database",
    "dump_database",
    "earlier_position",
    "embedded_postgres",
    "encoders",
    "english_vectors",
    "ensure_topic",
    "fetch",
    "http_post",
    "language_model",
    "load_database",
    "mail_engine",
    "network_weights",
    "open_mailbox",
    "piece_vectors",
    "read_calendar",
    "sentence_vectors",
    "sms_signature",
    "sql_source",
    "swap_database",
    "webhook_signed",
    "whatsapp_error",
    "word_pieces",
    "write_calendar",
]


def embedded_postgres(home: Path) -> EmbeddedPostgres:
    """The embedded Postgres of the installation under ``home``; nothing is started yet."""
    return EmbeddedPostgres(home)


def encoders() -> tuple[str, ...]:
    """Which sentence encoders are installed: ``many`` languages, and perhaps ``english``."""
    from amity.engines.vectors import encoders as installed

    return installed()


def english_vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    """Vectors (n, 384) of unit length for English texts; see `vectors`."""
    from amity.engines.vectors import english_vectors as encode

    return encode(texts)


def network_weights() -> dict[str, NDArray[np.float32]]:
    """Layers of the encoder of many languages, by name; see `vectors`."""
    from amity.engines.vectors import network_weights as weights

    return weights()


def piece_vectors(pieces: NDArray[np.int64]) -> NDArray[np.float32]:
    """Vectors (t, 512) of word pieces; see `vectors`."""
    from amity.engines.vectors import piece_vectors as look_up

    return look_up(pieces)


def word_pieces(texts: Sequence[str]) -> list[list[int]]:
    """Numbers of the word pieces of every text; see `vectors`."""
    from amity.engines.vectors import word_pieces as cut

    return cut(texts)


def sentence_vectors(texts: Sequence[str]) -> NDArray[np.float32]:
    """Vectors (n, 512) of unit length; see `vectors`, which is loaded on first use."""
    from amity.engines.vectors import sentence_vectors as encode

    return encode(texts)
