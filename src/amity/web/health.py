"""Is the process alive, and is it ready to work?"""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from amity.events import api as events


@require_safe
def alive(request: HttpRequest) -> JsonResponse:
    """200 while the process answers at all."""
    return JsonResponse({"status": "ok"})


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, 503 otherwise. ``late``: consumers of events that somebody should look at."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        late = [one.name for one in events.late(events.standings())]
    except DatabaseError:
        return JsonResponse({"status": "database unreachable"}, status=503)
    return JsonResponse({"status": "ok", "late": late})
