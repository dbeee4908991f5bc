"""Language models behind the protocol that most servers speak (OpenAI's chat completions): one question, one text.

Off until the operator names an endpoint and a model. What goes out is bounded, what comes back is data: text only, cut
in length, never a tool call. No redirects; a whole answer has a deadline. https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any, Protocol

CONNECT_S, READ_S = 5.0, 20.0
MAX_ASKED, MAX_ANSWER, MAX_BYTES = 24_000, 8_000, 256 * 1024


class LlmDown(Exception):
    """No usable answer; the text says why in a word, without what was asked."""


class LanguageModel(Protocol):
    """Whatever words things. Raises `LlmDown`."""

    @property
    def name(self) -> str:
        """What it is called, for the record."""

    def say(self, instructions: str, asked: str) -> str:
        """One answer, at most 8,000 characters."""


@dataclass(frozen=True, slots=True)
class ChatCompletions:
    """A server that speaks chat completions. ``url`` ends before ``/chat/completions``; ``seconds``: for all of it."""

    url: str
    model: str
    key: str = ""
    seconds: float = 30.0
    most_tokens: int = 600

    @property
    def name(self) -> str:
        return self.model

    def say(self, instructions: str, asked: str) -> str:
        """Ask once, without retries; the answer as it is. Raises `LlmDown`."""
        body = {
            "model": self.model, "temperature": 0, "max_tokens": self.most_tokens, "stream": False,
            "messages": [
                {"role": "system", "content": instructions[:MAX_ASKED]},
                {"role": "user", "content": asked[:MAX_ASKED]},
            ],
        }  # fmt: skip
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return _text(self._answer(body, headers))

    def _answer(self, body: dict[str, Any], headers: dict[str, str]) -> bytes:
        import httpx

        deadline = time.monotonic() + self.seconds
        limits = httpx.Timeout(min(READ_S, self.seconds), connect=min(CONNECT_S, self.seconds))
        address = f"{self.url.rstrip('/')}/chat/completions"
        taken = b""
        try:
            with (
                httpx.Client(timeout=limits, follow_redirects=False, trust_env=False) as client,
                client.stream("POST", address, json=body, headers=headers) as response,
            ):
                if response.status_code != 200:
                    raise LlmDown(f"status {response.status_code}")
                for chunk in response.iter_bytes():
                    taken += chunk
                    if len(taken) > MAX_BYTES:
                        raise LlmDown("too long")
                    if time.monotonic() > deadline:
                        raise LlmDown("too slow")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise LlmDown(type(error).__name__) from error
        return taken


def language_model(url: str, model: str, key: str = "", seconds: float = 30.0) -> LanguageModel | None:
    """The model that the operator named, or None where none is."""
    return ChatCompletions(url, model, key, seconds) if url and model else None


def _text(answer: bytes) -> str:
    try:
        told = json.loads(answer)
        said = told["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise LlmDown("not an answer") from error
    if not isinstance(said, str) or not said.strip():
        raise LlmDown("empty")
    return said.strip()[:MAX_ANSWER]
