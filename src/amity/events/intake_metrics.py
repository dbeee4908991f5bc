"""What the intake counts, for Prometheus; without its client library, which would be the half of this process."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping

from amity.base.config import Config
from amity.events.intake_commit import GroupCommit
from amity.events.intake_http import Answer, Request, problem

ADDRESS = "/metrics"
_LOOPBACK = ("127.0.0.1", "::1", "")


def page(config: Config, asked: Request, answers: Mapping[int, int], commits: GroupCommit) -> Answer:
    """`/metrics`: for loopback, or for whoever sends the configured token as a bearer token.

    ``answers``: how many of each status.
    """
    if not _allowed(config, asked):
        return problem(403, "no_token", "Set AMITY_METRICS_TOKEN and send it as a bearer token.")
    counts = commits.counts
    text = "".join((
        _family("amity_intake_requests_total", "counter", "Requests answered", "status", answers.items()),
        _family("amity_intake_events_total", "counter", "Events by what became of them", "outcome",
                {"taken": counts.events, "refused": counts.rejects}.items()),
        _family("amity_intake_commits_total", "counter", "Group commits", "", [("", counts.batches)]),
        _family("amity_intake_commit_failures_total", "counter", "Failed ones", "", [("", counts.failures)]),
        _family("amity_intake_waiting_bytes", "gauge", "Not committed yet", "", [("", commits.waiting_bytes)]),
        _family("amity_intake_up", "gauge", "Whether the log can be reached", "", [("", int(commits.up))]),
    ))  # fmt: skip
    answer = Answer(200, text.encode())
    answer.content_type = b"text/plain; version=0.0.4; charset=utf-8"
    return answer


def _family(name: str, kind: str, told: str, label: str, values: Iterable[tuple[object, int]]) -> str:
    lines = [f"# HELP {name} {told}", f"# TYPE {name} {kind}"]
    lines += [f'{name}{{{label}="{key}"}} {value}' if label else f"{name} {value}" for key, value in values]
    return "\n".join(lines) + "\n"


def _allowed(config: Config, asked: Request) -> bool:
    if config.metrics_token:
        return hmac.compare_digest(asked.authorization, b"Bearer " + config.metrics_token.encode())
    # Behind a proxy everybody seems to come from loopback, so a token is needed there.
    return config.trusted_proxies == 0 and asked.client in _LOOPBACK
