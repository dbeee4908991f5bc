"""Tags of the record pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import template
from django.utils.translation import gettext as _

from amity.base.listing import told as plain
from amity.base.templatetags.amity_ui import NOTHING

register = template.Library()


@register.filter
def told(value: Any) -> Any:
    """A value of unknown kind in words; "–" for none."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return NOTHING if value is None or value == "" else plain(value)


@register.simple_tag
def source_of(sources: Mapping[UUID, str], origin_id: UUID | None) -> str:
    """Where a value came from."""
    return sources.get(origin_id, "") if origin_id else _("Source unknown")
