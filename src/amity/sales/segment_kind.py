"""Deals as a condition of segments: so many open, won or lost deals, maybe only those of some value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amity.base.words import number
from amity.people import api as people
from amity.sales.models import Deal, DealStatus

_SIGNS = {"ge": ">=", "le": "<=", "eq": "="}
CHANGED = "deal:*"


class Deals:
    """``{"deal": {"state": "open|won|lost", "op": "ge|le|eq", "n": 1, "value_ge": minor units}}``; n deals at least."""

    name = "deal"

    def check(self, body: Any, at: str) -> Any:
        bad = people.segments.BadDefinition
        if not isinstance(body, Mapping):
            raise bad(at, _("A condition is an object."))
        unknown = [key for key in body if key not in ("state", "op", "n", "value_ge")]
        if unknown:
            raise bad(f"{at}/{unknown[0]}", _("Unknown: {name}.").format(name=str(unknown[0])[:60]))
        if body.get("state") not in DealStatus.values:
            raise bad(f"{at}/state", _("Choose one of: {ops}.").format(ops=", ".join(DealStatus.values)))
        if body.get("op", "ge") not in _SIGNS:
            raise bad(f"{at}/op", _("Choose one of: {ops}.").format(ops=", ".join(_SIGNS)))
        told = {"state": body["state"], "op": body.get("op", "ge"), "n": _whole(body.get("n", 1), f"{at}/n")}
        if body.get("value_ge") is not None:
            told["value_ge"] = _whole(body["value_ge"], f"{at}/value_ge")
        return told

    def rows(self, body: Any, add: Callable[[Any], str], among: str | None) -> tuple[str, bool]:
        value = f" AND value_minor >= {add(body['value_ge'])}" if "value_ge" in body else ""
        whose = f" AND person_id = ANY({among})" if among else ""
        none_will_do = _holds(body["op"], 0, body["n"])
        return (
            "SELECT person_id FROM sales_deal WHERE person_id IS NOT NULL AND archived_at IS NULL"
            f" AND status = {add(body['state'])}{value}{whose} GROUP BY 1"
            f" HAVING {'NOT ' if none_will_do else ''}(count(*) {_SIGNS[body['op']]} {add(body['n'])})",
            none_will_do,
        )

    def depends(self, body: Any) -> set[str]:
        return {CHANGED}

    def sentence(self, body: Any) -> str:
        told = _SENTENCES[body["op"]](body["n"]).format(n=number(body["n"]), state=DealStatus(body["state"]).label)
        if "value_ge" in body:
            told += _(", each worth {value} or more").format(value=number(body["value_ge"] // 100))
        return told

    def fact(self, body: Any, person_id: UUID) -> str:
        n = Deal.objects.filter(person_id=person_id, status=body["state"], archived_at=None).count()
        return ngettext("There is {n}.", "There are {n}.", n).format(n=number(n))


_SENTENCES: dict[str, Callable[[int], str]] = {
    "ge": lambda n: ngettext("Has at least {n} deal: {state}", "Has at least {n} deals: {state}", n),
    "le": lambda n: ngettext("Has at most {n} deal: {state}", "Has at most {n} deals: {state}", n),
    "eq": lambda n: ngettext("Has exactly {n} deal: {state}", "Has exactly {n} deals: {state}", n),
}


def _holds(op: str, n: int, wanted: int) -> bool:
    return {"ge": n >= wanted, "le": n <= wanted, "eq": n == wanted}[op]


def _whole(given: Any, at: str) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given < 2**53:
        raise people.segments.BadDefinition(at, _("Give a whole number."))
    return given
