"""The door of room `access`."""

from amity.access.audit import Verdict, record
from amity.access.audit import verify as verify_audit
from amity.access.permissions import ALL_PERMISSIONS, PERMISSIONS, SYSTEM, Principal, require, rows_of, sees
from amity.access.staff import choices as staff_choices
from amity.access.staff import names as staff_names
from amity.access.staff import new_link, principal_of, set_up_needed, spend_link

__all__ = [
    "ALL_PERMISSIONS",
    "PERMISSIONS",
    "SYSTEM",
    "Principal",
    "Verdict",
    "new_link",
    "principal_of",
    "record",
    "require",
    "rows_of",
    "sees",
    "set_up_needed",
    "spend_link",
    "staff_choices",
    "staff_names",
    "verify_audit",
]
