"""Consent as a condition of segments. Nobody's consent is recorded yet, so it is unknown for everybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amity.people.segments_grammar import BadDefinition

STATES = {
    "given": gettext_lazy("given"),
    "withdrawn": gettext_lazy("withdrawn"),
    "unknown": gettext_lazy("unknown"),
}


class Consent:
    """``{"consent": {"purpose": …, "channel": …, "state": "given|withdrawn|unknown"}}``."""

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
        return "SELECT NULL::uuid AS person_id WHERE FALSE", body["state"] == "unknown"

    def depends(self, body: Any) -> set[str]:
        return {"consent:*"}

    def sentence(self, body: Any) -> str:
        told = _("Consent for “{purpose}” by “{channel}” is {state}")
        return told.format(
            purpose=body.get("purpose", ""), channel=body.get("channel", ""), state=STATES[body["state"]]
        )

    def fact(self, body: Any, person_id: UUID) -> str:
        return _("Nothing is recorded.")
