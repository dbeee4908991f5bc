"""The door of room `access`."""

from amity.access.audit import Line, Verdict, erase_notes, record
from amity.access.audit import lines as audit_lines
from amity.access.audit import together as audited_together
from amity.access.audit import verify as verify_audit
from amity.access.limits import spend
from amity.access.links import new_link, peek_link, spend_link
from amity.access.members import (
    Entry,
    Terms,
    change,
    change_profile,
    deactivate,
    demo_administrator,
    invite,
    reactivate,
)
from amity.access.permissions import (
    ALL_PERMISSIONS,
    PERMISSIONS,
    SYSTEM,
    Principal,
    own_id,
    require,
    require_any,
    rows_of,
    sees,
)
from amity.access.post import Invitation, register_post
from amity.access.requests import StaffRequest
from amity.access.saved_views import VIEW_KIND, ViewOfList, delete_views, restore_views, save_view, saved_views, team_of
from amity.access.sessions import principal_of_session
from amity.access.staff import (
    Member,
    first_administrator,
    member,
    members,
    principal_by_id,
    principal_of,
    set_up_needed,
)
from amity.access.staff import choices as staff_choices
from amity.access.staff import names as staff_names
from amity.access.teams import TeamView, save_team, team_choices, teams
from amity.access.tokens import SCOPES, create_token, principal_of_token, revoke_token, tokens

__all__ = [
    "ALL_PERMISSIONS",
    "PERMISSIONS",
    "SCOPES",
    "SYSTEM",
    "VIEW_KIND",
    "Entry",
    "Invitation",
    "Line",
    "Member",
    "Principal",
    "StaffRequest",
    "TeamView",
    "Terms",
    "Verdict",
    "ViewOfList",
    "audit_lines",
    "audited_together",
    "change",
    "change_profile",
    "create_token",
    "deactivate",
    "delete_views",
    "demo_administrator",
    "erase_notes",
    "first_administrator",
    "invite",
    "member",
    "members",
    "new_link",
    "own_id",
    "peek_link",
    "principal_by_id",
    "principal_of",
    "principal_of_session",
    "principal_of_token",
    "reactivate",
    "record",
    "register_post",
    "require",
    "require_any",
    "restore_views",
    "revoke_token",
    "rows_of",
    "save_team",
    "save_view",
    "saved_views",
    "sees",
    "set_up_needed",
    "spend",
    "spend_link",
    "staff_choices",
    "staff_names",
    "team_choices",
    "team_of",
    "teams",
    "tokens",
    "verify_audit",
]
