"""Consent as a condition of segments: the strictest word of a profile's members, as `consent` holds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.people.consent_reading import state
from amity.people.consent_rules import CHANNELS, RANK
from amity.people.consent_tables import ConsentPurpose
from amity.people.segments_grammar import BadDefinition

STATES = {
    "given": gettext_lazy("given"),
    "pending": gettext_lazy("waiting to be confirmed"),
    "withdrawn": gettext_lazy("withdrawn"),
    "unknown": gettext_lazy("unknown"),
}
_SAID = f"""
SELECT coalesce(p.merged_into_id, p.id) AS person_id FROM (
    SELECT DISTINCT ON (c.person_id) c.person_id, c.state FROM people_consent c
    WHERE c.purpose = {{purpose}} AND c.channel = {{channel}} AND c.person_id IS NOT NULL{{whose}}
    ORDER BY c.person_id, c.at DESC, {RANK} DESC, c.id DESC) said
JOIN people_person p ON p.id = said.person_id WHERE said.state <> 'unknown' GROUP BY 1
"""
_WHOSE = (
    " AND c.person_id IN (SELECT unnest({among}::uuid[]) UNION "
    "SELECT id FROM people_person WHERE merged_into_id = ANY({among}::uuid[]))"
)
_STRICTEST = {
    "withdrawn": " HAVING bool_or(said.state = 'withdrawn')",
    "pending": " HAVING bool_or(said.state = 'pending') AND NOT bool_or(said.state = 'withdrawn')",
    "given": " HAVING bool_and(said.state = 'given')",
    "unknown": "",
}


class Consent:
    """``{"consent": {"purpose": …, "channel": …, "state": "given|pending|withdrawn|unknown"}}``.

    An empty channel is the first that the purpose uses.
    """

    name = "consent"

    def check(self, body: Any, at: str) -> Any:
        if not isinstance(body, Mapping):
            raise BadDefinition(at, _("A condition is an object."))
        for key in body:
            if key not in ("purpose", "channel", "state"):
                raise BadDefinition(f"{at}/{key}", _("Unknown: {name}.").format(name=str(key)[:60]))
        for key in ("purpose", "channel"):
            if not isinstance(body.get(key, ""), str) or len(body.get(key, "")) > 60:
                raise BadDefinition(f"{at}/{key}", _("Give a name of 1 to {n} characters.").format(n=60))
        if body.get("state") not in STATES:
            raise BadDefinition(f"{at}/state", _("Choose one of: {ops}.").format(ops=", ".join(STATES)))
        return dict(body)

    def rows(self, body: Any, add: Callable[[Any], str], among: str | None) -> tuple[str, bool]:
        sql = _SAID.format(
            purpose=add(body.get("purpose", "")),
            channel=add(_channel(body)),
            whose=_WHOSE.format(among=among) if among else "",
        )
        return sql + _STRICTEST[body["state"]], body["state"] == "unknown"

    def depends(self, body: Any) -> set[str]:
        return {f"consent:{body.get('purpose', '')}"}

    def sentence(self, body: Any) -> str:
        told = _("Consent for “{purpose}” by “{channel}” is {state}")
        return told.format(purpose=body.get("purpose", ""), channel=_channel(body), state=STATES[body["state"]])

    def fact(self, body: Any, person_id: UUID) -> str:
        said = state([person_id], body.get("purpose", ""), _channel(body))[person_id]
        return _("Nothing is recorded.") if said == "unknown" else _("It is {state}.").format(state=STATES[said])


def _channel(body: Any) -> str:
    given = str(body.get("channel", ""))
    if given:
        return given
    known = ConsentPurpose.objects.filter(key=body.get("purpose", "")).values_list("channels", flat=True).first()
    return known[0] if known else CHANNELS[0]
