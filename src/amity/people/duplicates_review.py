"""A pair as reviewers see it: field by field with what speaks for and against, and what would be shown as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from amity.access import api as access
from amity.base.errors import Refused
from amity.base.templatetags import amity_ui as ui
from amity.people import duplicates, golden_preview
from amity.people.duplicate_models import DuplicatePair
from amity.people.duplicates import PairView
from amity.people.duplicates_evidence import COMPANY_VALUES, PERSON_VALUES, Evidence
from amity.people.golden_preview import Field
from amity.people.golden_reading import COMPANY_SHOWN, PERSON_SHOWN
from amity.people.golden_words import REASONS

PERMISSION = "duplicates.decide"
PAGE = 20
FIELDS: Mapping[str, str | Promise] = {
    "first_name": gettext_lazy("First name"), "last_name": gettext_lazy("Last name"), "name": gettext_lazy("Name"),
    "email": gettext_lazy("E-mail"), "phone": gettext_lazy("Phone"), "city": gettext_lazy("City"),
    "country": gettext_lazy("Country"), "birth_date": gettext_lazy("Date of birth"),
    "postcode": gettext_lazy("Postcode"), "street": gettext_lazy("Street"), "company": gettext_lazy("Company"),
    "website": gettext_lazy("Website"), "tax_number": gettext_lazy("Tax number"), "alias": gettext_lazy("User id"),
}  # fmt: skip
_ALSO = {"company": ("company_id",)}  # shown under another key than it is compared by
LEVELS: Mapping[str, str | Promise] = {
    "same": pgettext_lazy("two values", "the same"), "alike": pgettext_lazy("two values", "almost the same"),
    "close": pgettext_lazy("two values", "similar"), "different": pgettext_lazy("two values", "different"),
    "missing": pgettext_lazy("two values", "missing on one side"),
}  # fmt: skip
FOUND_BY: Mapping[str, str | Promise] = {
    "scan": gettext_lazy("found by the scan"), "live": gettext_lazy("found when one of them was changed"),
    "import": gettext_lazy("found in an import"), "form": gettext_lazy("found while one was typed in"),
    "alias": gettext_lazy("a server says that these two user ids are one person"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One field of a pair: both values, which one wins and why, and what the likeness weighs (bits, with its bar)."""

    label: str
    left: Any
    right: Any
    side: str
    why: str
    level: str = ""
    weight: float | None = None
    bar: Any = None


def lines(principal: access.Principal, pair: PairView, winner_id: UUID) -> list[Line]:
    """The pair field by field: the weightiest first, then what the matcher does not look at. 7 queries, companies 2."""
    fields = golden_preview.preview(principal, pair.left, pair.right, winner_id)
    known = COMPANY_VALUES if pair.kind == "company" else PERSON_VALUES
    bars = ui.reason_bars([{"text": "", "effect": one.weight} for one in pair.evidence])
    by_key, found, used = {field.key: field for field in fields}, [], set()
    for one, bar in zip(pair.evidence, bars, strict=True):
        named = (by_key.get(name) for name in (*known.get(one.field, ()), *_ALSO.get(one.field, ())))
        field = next((f for f in named if f and f.key not in used), None)
        used.add(field.key if field else "")
        found.append(_line(one, field, bar["bar"]))
    rest = [each for each in fields if each.key not in used]
    return found + [Line(f.label, f.left, f.right, f.side, _why(f)) for f in rest if f.left or f.right]


def apart(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Lines that matter for the decision, and those in which both say the same and that no weight comes from."""
    quiet = [line for line in lines if line.weight is None and line.left == line.right]
    return [line for line in lines if line not in quiet], quiet


def _line(one: Evidence, field: Field | None, bar: Any) -> Line:
    label, level = str(FIELDS.get(one.field, one.field)), str(LEVELS.get(one.level, one.level))
    if field is None:
        return Line(label, one.left, one.right, "", "", level, one.weight, bar)
    return Line(label, field.left, field.right, field.side, _why(field), level, one.weight, bar)


def _why(field: Field) -> str:
    return str(REASONS.get(field.why, ""))


def reopen(principal: access.Principal, pair_id: UUID) -> None:
    """Take a decision back, whoever made it and however long ago: the pair is open, what was merged is two. Audited.

    Raises `NotFound`, ``Refused("pair_open")``.
    """
    access.require(principal, PERMISSION)
    with transaction.atomic():
        pair = duplicates.get_pair(principal, pair_id)
        if pair.state not in ("merged", "apart"):
            raise Refused("pair_open", _("Nobody has decided on these two yet."), 409)
        before = str(pair.merge_id) if pair.merge_id else None
        duplicates.undo_decide(principal, {"pair": str(pair_id), "kind": pair.kind}, before)


def decided(
    principal: access.Principal, kind: str, state: str = "", after: str = "", limit: int = PAGE
) -> list[PairView]:
    """Decisions of one kind, the newest first; ``after``: the id of the last one shown. 3 queries."""
    access.require(principal, PERMISSION)
    rows = duplicates.both_seen(principal, kind, listed=False).filter(decided_at__isnull=False)
    rows = rows.filter(state=state) if state in ("merged", "apart") else rows.filter(state__in=("merged", "apart"))
    last = DuplicatePair.objects.filter(pk=after).values_list("decided_at", flat=True).first() if after else None
    if last is not None:
        rows = rows.filter(Q(decided_at__lt=last) | Q(decided_at=last, id__lt=after))
    return duplicates.views(list(rows.order_by("-decided_at", "-id")[:limit]), kind)


def suggested_winner(pair: PairView) -> UUID:
    """Who survives unless the reviewer chooses: the one that says more, else the older."""
    return max((pair.left, pair.right), key=lambda view: (_said(view), view.id == pair.left.id)).id


def _said(view: Any) -> int:
    fields = COMPANY_SHOWN if hasattr(view, "domain") else PERSON_SHOWN
    return sum(getattr(view, name) not in (None, "") for name in fields) + len(view.traits)


def neighbours(pairs: Sequence[PairView], current: UUID | None) -> tuple[UUID | None, UUID | None]:
    """The pairs before and after the one that is shown."""
    ids = [pair.id for pair in pairs]
    if current not in ids:
        return None, ids[0] if ids else None
    at = ids.index(current)
    return (ids[at - 1] if at else None), (ids[at + 1] if at + 1 < len(ids) else None)
