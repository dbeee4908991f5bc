"""The door of room `events`."""

from amity.events.answering import Heard, heard
from amity.events.campaigns import campaign_touches
from amity.events.clock_of_log import align as align_log
from amity.events.connector_folder import file_cleaned, inbox_folders
from amity.events.consumers import run as run_consumers
from amity.events.consuming import Consumer, register_consumer
from amity.events.contacts import Lines as ContactLines
from amity.events.contacts import contacts_by_hour, names_of_lines
from amity.events.contacts import register_lines as register_contact_lines
from amity.events.doors import (
    FilePiece,
    FileTable,
    Guess,
    Landing,
    register_columns,
    register_landing,
    register_reader,
)
from amity.events.facts import EventFacts, facts
from amity.events.goods import Looked, all_looked_at, looked_at
from amity.events.intake_door import IntakeDoor, is_intake
from amity.events.intake_rows import copy_of
from amity.events.log import (
    Landed,
    append_batch,
    append_facts,
    append_packed,
    forget,
    packed,
    remember,
    remove_facts,
    unseen,
)
from amity.events.schemas import Bad, Fact, RawRow, lane_of, parse, seen_key, source_key
from amity.events.sources import source_names
from amity.events.standing import ALARM_SECONDS, Standing, late, standings
from amity.events.stream import Lag, Stream, StreamDown, Table
from amity.events.stream_postgres import own_connection
from amity.events.streams import stream
from amity.events.timeline import EventView, Subject, Timeline, kinds_of, timeline
from amity.events.touches import all_touches, last_touches
from amity.events.values import property_values
from amity.events.webhooks import TOPICS, publish, publish_many

__all__ = [
    "ALARM_SECONDS",
    "TOPICS",
    "Bad",
    "Consumer",
    "ContactLines",
    "EventFacts",
    "EventView",
    "Fact",
    "FilePiece",
    "FileTable",
    "Guess",
    "Heard",
    "IntakeDoor",
    "Lag",
    "Landed",
    "Landing",
    "Looked",
    "RawRow",
    "Standing",
    "Stream",
    "StreamDown",
    "Subject",
    "Table",
    "Timeline",
    "align_log",
    "all_looked_at",
    "all_touches",
    "append_batch",
    "append_facts",
    "append_packed",
    "campaign_touches",
    "contacts_by_hour",
    "copy_of",
    "facts",
    "file_cleaned",
    "forget",
    "heard",
    "inbox_folders",
    "is_intake",
    "kinds_of",
    "lane_of",
    "last_touches",
    "late",
    "looked_at",
    "names_of_lines",
    "own_connection",
    "packed",
    "parse",
    "property_values",
    "publish",
    "publish_many",
    "register_columns",
    "register_consumer",
    "register_contact_lines",
    "register_landing",
    "register_reader",
    "remember",
    "remove_facts",
    "run_consumers",
    "seen_key",
    "source_key",
    "source_names",
    "standings",
    "stream",
    "timeline",
    "unseen",
]
