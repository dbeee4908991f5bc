"""The intake shares a port with pages and API, and no address."""

from __future__ import annotations

import pytest

from amity.events.api import is_intake
from amity.events.intake_http import EVENTS
from amity.web.api import schema


@pytest.mark.slow
def test_the_api_keeps_its_addresses() -> None:
    for path, methods in schema()["paths"].items():
        assert not any(is_intake(method.upper(), path) for method in methods), path
    assert not is_intake("GET", "/v1/track") and not is_intake("POST", "/v1/people")


def test_events_have_addresses_of_their_own() -> None:
    for path in EVENTS:
        assert is_intake("POST", path) and is_intake("POST", path + "/") and is_intake("OPTIONS", path)
    assert is_intake("GET", "/sourceConfig/") and is_intake("GET", "/v1/projects/key/settings")
