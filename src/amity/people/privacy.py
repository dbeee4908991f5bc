"""The privacy desk for other rooms and the terminal: one name for its parts."""

from amity.people import privacy_erase as erasing
from amity.people import privacy_export as exporting
from amity.people import privacy_files as files
from amity.people import privacy_ledger as ledger
from amity.people.privacy_desk import erase_now, open_request
from amity.people.privacy_desk import get as request
from amity.people.privacy_restrict import restrict, restricted
from amity.people.privacy_stores import Stored, register_store
from amity.people.privacy_subject import subject_of

__all__ = [
    "Stored",
    "erase_now",
    "erasing",
    "exporting",
    "files",
    "ledger",
    "open_request",
    "register_store",
    "request",
    "restrict",
    "restricted",
    "subject_of",
]
