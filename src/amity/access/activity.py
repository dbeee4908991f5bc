"""When each session was last seen, written at most once in five minutes per process: pages stay cheap."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.http import HttpRequest

from amity.base import clock

_EVERY_S, _KNOWN_MAX = 300.0, 10_000
_seen: OrderedDict[str, float] = OrderedDict()
_lock = threading.Lock()


def note(request: HttpRequest) -> None:
    """Update the session's line in the list of sessions when it is due. 0 or 1 query."""
    key = request.session.session_key
    if key and _due(key):
        address = get_adapter(request).get_client_ip(request)
        UserSession.objects.filter(session_key=key).update(last_seen_at=clock.now(), ip=address)


def _due(key: str) -> bool:
    now = time.monotonic()
    with _lock:
        if now - _seen.get(key, -_EVERY_S) < _EVERY_S:
            return False
        _seen[key] = now
        _seen.move_to_end(key)
        while len(_seen) > _KNOWN_MAX:
            _seen.popitem(last=False)
    return True
