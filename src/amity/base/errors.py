"""Errors that a person can act on."""

from __future__ import annotations


class Refused(Exception):
    """The house declines to do something, and says what to do instead.

    ``code`` is stable and documented, ``message`` is one translated sentence for the person,
    ``status`` is the HTTP status that pages and API answer with.
    """

    def __init__(self, code: str, message: str, status: int = 422) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def __str__(self) -> str:
        return str(self.message)


class NotFound(Refused):
    """Nothing there, or not for this person's eyes: the two answers are the same on purpose."""

    def __init__(self, message: str, code: str = "not_found") -> None:
        super().__init__(code, message, 404)


class Forbidden(Refused):
    """Known person, missing permission."""

    def __init__(self, message: str, code: str = "forbidden") -> None:
        super().__init__(code, message, 403)


class TooMany(Refused):
    """Too often; ``retry_after`` seconds to wait."""

    def __init__(self, message: str, retry_after: int, code: str = "too_many") -> None:
        super().__init__(code, message, 429)
        self.retry_after = retry_after
