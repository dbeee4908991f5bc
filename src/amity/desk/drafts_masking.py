"""Personal things in a text replaced by typed placeholders before it leaves the house, and put back afterwards."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from amity.base import clock
from amity.intelligence import api as intelligence

_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LINK = re.compile(r"https?://\S+")
_LONG = re.compile(r"\d(?:[\d\s-]{6,}\d)")
PLACEHOLDER = re.compile(r"\[(?:NAME|MAIL|PHONE|IBAN|ORDER|NUMBER|LINK)_\d+\]")
_LEAST_NAME = 2


@dataclass
class Mask:
    """What was replaced: placeholder → what stood there. One mask serves all texts of one question."""

    names: Sequence[str] = ()
    language: str = "en"
    kept: dict[str, str] = field(default_factory=dict)

    def hidden(self, text: str) -> str:
        """``text`` with names, addresses, phone, account and order numbers, links and long numbers as placeholders."""
        for found in reversed(intelligence.language.entities(text, self.language, clock.now().date())):
            kind = str(found.kind).upper()
            if kind in ("PHONE", "IBAN", "ORDER"):
                text = text[: found.start] + self._for(kind, text[found.start : found.end]) + text[found.end :]
        for pattern, kind in ((_MAIL, "MAIL"), (_LINK, "LINK"), (_LONG, "NUMBER")):
            text = pattern.sub(lambda match, kind=kind: self._for(kind, match[0]), text)  # type: ignore[misc]
        for name in sorted({part for each in self.names for part in (each, *each.split())}, key=len, reverse=True):
            if len(name) >= _LEAST_NAME:
                text = re.sub(
                    rf"(?<!\w){re.escape(name)}\w{{0,3}}(?!\w)", lambda m: self._for("NAME", m[0]), text, flags=re.I
                )
        return text

    def shown(self, text: str) -> str:
        """``text`` with what stood there put back."""
        return PLACEHOLDER.sub(lambda match: self.kept.get(match[0], match[0]), text)

    def strange(self, text: str) -> bool:
        """Whether ``text`` holds a placeholder that this mask never gave."""
        return any(found not in self.kept for found in PLACEHOLDER.findall(text))

    def _for(self, kind: str, value: str) -> str:
        known = next((name for name, kept in self.kept.items() if kept == value), None)
        if known is None:
            known = f"[{kind}_{sum(name.startswith(f'[{kind}_') for name in self.kept) + 1}]"
            self.kept[known] = value
        return known
