"""How much a column of a field speaks for its noun (fields not listed: 0.3)."""

from __future__ import annotations

SIGNS: dict[str, dict[str, float]] = {
    "person": {
        "given_name": 2, "family_name": 2, "full_name": 1, "email": 1.2, "phone": 1, "job_title": 1, "birth_date": 2,
        "lead_status": 1, "lead_created_at": 1.2, "lead_decided_at": 1, "do_not_email": 2, "do_not_call": 2,
        "source": 0.6, "external_id": 1.2, "company": 0.5, "middle_name": 1,
    },
    "company": {
        "name": 1, "industry": 1.5, "employees": 2, "annual_revenue": 1.2, "founded_year": 2, "parent": 2,
        "domain": 1.5, "tax_id": 2, "external_id": 1.2,
        "city": 0.5, "address": 0.5, "phone": 0.4,
    },
    "deal": {
        "stage": 2, "value": 1.2, "closed_at": 1.5, "expected_close_at": 2, "lost_reason": 2, "probability": 2,
        "pipeline": 2, "status": 0.8, "opened_at": 0.6, "title": 0.8, "external_id": 1.2, "person": 0.4,
        "company": 0.4, "product": 0.4,
    },
    "product": {"name": 0.8, "family": 1, "price": 1.5, "external_id": 1.2, "description": 0.4},
    "order": {"external_id": 1.2, "ordered_at": 1.2, "total": 1.2, "person": 0.8, "status": 0.5},
    "order_line": {"order": 1.2, "product": 1, "quantity": 2, "price": 0.8},
    "activity": {"kind": 1.5, "at": 1.3, "subject": 0.8, "person": 0.8, "body": 1, "deal": 0.8, "external_id": 0.8},
    "staff": {
        "name": 0.8, "manager": 2, "team": 1.5, "role": 1, "email": 0.3, "external_id": 0.6, "given_name": 0.8,
        "family_name": 0.8,
    },
}  # fmt: skip
