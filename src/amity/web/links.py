"""One-time links printed in the terminal."""

from __future__ import annotations

from django.urls import reverse

from amity.access import api as access
from amity.base.config import Config


def one_time(config: Config) -> str:
    """A set-up link on a fresh installation, otherwise a sign-in link of the first administrator; valid 24 hours."""
    if access.set_up_needed():
        return address(config) + reverse("setup_with_token", args=[access.new_link("setup")])
    administrator = access.first_administrator()
    return address(config) + reverse("sign_in_link", args=[access.new_link("demo", administrator)])


def address(config: Config) -> str:
    """Where people reach this installation, without a trailing slash."""
    host = "127.0.0.1" if config.host in ("0.0.0.0", "::") else config.host  # noqa: S104
    return config.public_url.rstrip("/") or f"http://{host}:{config.port}"
