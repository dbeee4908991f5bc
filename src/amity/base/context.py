"""What every page's layout needs: the rail, languages, theme and the client's words. No queries."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from string import ascii_lowercase
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from amity.base.appearance import theme_of

RAIL_COOKIE = "amity_rail"  # icons of the groups that stand open, parted by points


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the rail. ``current`` is the value of ``aria-current``: page, true (inside) or empty.

    ``open`` says whether a group shows its children: the one that the reader is in, and those left open (a cookie that
    the client writes; before there is one, the first group).
    """

    url: str
    label: str
    icon: str
    key: str = ""
    current: str = ""
    children: tuple[Place, ...] = ()
    open: bool = False


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor of every template."""
    return {
        "rail": SimpleLazyObject(lambda: rail(request)),
        "theme": theme_of(request),
        "languages": settings.LANGUAGES,
        "language": get_language() or settings.LANGUAGE_CODE,
        "client_words": json.dumps(_words(), ensure_ascii=False),
        "search_url": _url("search"),
        "principal": getattr(request, "principal", None),
        "made_at": f"{time.time():.3f}",
        "is_htmx": request.headers.get("HX-Request") == "true",
    }


def rail(request: HttpRequest) -> list[Place]:
    """``settings.AMITY_NAV`` as this reader may see it, with the place of this request marked.

    An entry is ``(url name, label, icon, permission)``; a fifth element holds entries below it (then the url name may
    be empty: it leads to its first child). A name without a URL is left out.
    """
    principal = getattr(request, "principal", None)
    if principal is None:
        return []
    places = _with_keys(_places(settings.AMITY_NAV, principal))
    urls = [place.url for parent in places for place in (parent, *parent.children)]
    here = max((url for url in urls if _inside(request.path, url)), key=len, default="")
    groups = [place.icon for place in places if place.children]
    left_open = request.COOKIES[RAIL_COOKIE].split(".") if RAIL_COOKIE in request.COOKIES else groups[:1]
    return [_marked(place, here, request.path, left_open) for place in places]


def _places(entries: Iterable[Sequence[Any]], principal: Any) -> list[Place]:
    found = []
    for name, label, icon, permission, *below in entries:
        children = tuple(_places(below[0], principal)) if below else ()
        url = _url(name) if name else children[0].url if children else ""
        if url and (not permission or principal.may(permission)):
            found.append(Place(url, str(label), icon, key=name, children=children))
    return found


def _with_keys(places: list[Place]) -> list[Place]:
    """Give every place the first free letter of its name, else of the alphabet: what follows "g" on the keyboard."""
    taken: set[str] = set()

    def letter(name: str) -> str:
        spare = ascii_lowercase if name else ""
        free = next((each for each in name + spare if each.isalpha() and each not in taken), "")
        taken.add(free)
        return free

    return [
        replace(
            place, key=letter(place.key), children=tuple(replace(each, key=letter(each.key)) for each in place.children)
        )
        for place in places
    ]


def _marked(place: Place, here: str, path: str, left_open: Sequence[str]) -> Place:
    exact = "page" if path == here else "true"
    children = tuple(replace(each, current=exact if each.url == here else "") for each in place.children)
    mine = exact if place.url == here and not children else ""
    shown = place.icon in left_open or any(each.current for each in children)
    return replace(place, current=mine, children=children, open=bool(children) and shown)


def _inside(path: str, url: str) -> bool:
    return path == url or (url != "/" and path.startswith(url.rstrip("/") + "/"))


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _words() -> dict[str, str]:
    """What the client says by itself."""
    return {
        "undo": _("Undo"),
        "close": _("Close"),
        "copied": _("Copied"),
        "error": _("Error"),
        "failed": _("That did not work. Reload the page and try again."),
        "offline": _("No connection. Check your network and try again."),
        "goto": _("Go to"),
        "nothing": _("Nothing found"),
        "uploading": _("Uploading"),
    }
