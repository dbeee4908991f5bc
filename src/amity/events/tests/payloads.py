"""Payloads of the shapes that common senders use (made up, after their public documentation)."""

from __future__ import annotations

import json
from typing import Any

from amity.events.mapping_paths import Sample


def sample(body: dict[str, Any], **headers: str) -> Sample:
    return Sample(
        body, {name.replace("_", "-"): value for name, value in headers.items()}, raw=json.dumps(body).encode()
    )


PAYMENT = sample(
    {
        "id": "evt_1",
        "object": "event",
        "type": "checkout.session.completed",
        "created": 1_700_000_000,
        "data": {
            "object": {
                "id": "cs_1",
                "object": "checkout.session",
                "customer": "cus_9",
                "amount_total": 4990,
                "currency": "eur",
                "status": "complete",
                "customer_details": {"email": "ann@example.com", "name": "Ann"},
            }
        },
    }
)
SHOP = sample(
    {
        "id": 820,
        "email": "bob@example.com",
        "name": "#1001",
        "total_price": "10.00",
        "currency": "EUR",
        "updated_at": "2026-01-11T10:00:00-05:00",
        "financial_status": "paid",
        "customer": {
            "id": 706,
            "email": "bob@example.com",
            "first_name": "Bob",
            "last_name": "Kowalski",
            "phone": None,
        },
        "line_items": [{"sku": "PEN", "quantity": 2, "price": "5.00"}],
    },
    x_shopify_topic="orders/paid",
)
FORM = sample(
    {
        "event_id": "01F",
        "event_type": "form_response",
        "form_response": {
            "form_id": "lT4Z3j",
            "token": "a3a12ec67a",
            "submitted_at": "2026-01-18T18:17:02Z",
            "definition": {"title": "Webinar"},
            "answers": [
                {"type": "text", "text": "Ann", "field": {"ref": "name"}},
                {"type": "email", "email": "ann@example.com", "field": {"ref": "mail"}},
            ],
        },
    }
)
MEETING = sample(
    {
        "event": "invitee.created",
        "created_at": "2026-03-16T20:19:20Z",
        "payload": {
            "uri": "https://api.example.com/invitees/1",
            "email": "ann@example.com",
            "name": "Ann Nowak",
            "timezone": "Europe/Warsaw",
            "questions_and_answers": [],
            "scheduled_event": {
                "name": "30 minutes",
                "start_time": "2026-03-18T20:00:00Z",
                "end_time": "2026-03-18T20:30:00Z",
            },
        },
    }
)
REPOSITORY = sample(
    {
        "action": "opened",
        "issue": {"title": "It rains"},
        "repository": {"full_name": "octo/weather"},
        "sender": {"login": "octo"},
    },
    x_github_event="issues",
    x_github_delivery="72d3162e",
)
