"""Jobs of knowledge: safe to run twice."""

from __future__ import annotations

from amity.base import jobs
from amity.desk import knowledge_index


@jobs.app.task(name=knowledge_index.TASK, lock="desk.knowledge.encode", retry=jobs.RETRY)
def encode(language: str) -> None:
    """Compute the vectors of new passages of a language."""
    knowledge_index.encode(language)
