"""Public API of inbound webhooks, mappings, connectors and destinations."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Router, Schema, Status

from amity.access import api as access
from amity.base import rest
from amity.events import connectors, destinations, hooks, mappings
from amity.events.mapping_paths import Sample

hooks_router = Router(tags=["inbound webhooks"])
connectors_router = Router(tags=["connectors"])
destinations_router = Router(tags=["destinations"])
Json = dict[str, Any]


class HookOut(Schema):
    """An inbound webhook. ``path`` is secret: whoever knows it can send."""

    source_id: UUID
    name: str
    path: str
    signature_header: str
    enabled: bool
    refused: int
    live_at: datetime | None
    created_at: datetime


class HookIn(Schema, extra="forbid"):
    name: str


class PayloadOut(Schema):
    """A payload that came: kept, mapped, ignored or failed."""

    id: UUID
    content_type: str
    size: int
    state: str
    events: int
    code: str
    sentence: str
    received_at: datetime
    replayed_at: datetime | None


class ReplayIn(Schema, extra="forbid"):
    """Which payloads: by id, or up to 500 of one state."""

    ids: list[UUID] = []
    state: Literal["kept", "failed", "ignored", "mapped", ""] = ""


class ReplayOut(Schema):
    payloads: int
    taken: int
    known: int
    failed: int


class RulesOut(Schema):
    """The draft and what is live, as rules; see docs/connectors.md for their form."""

    source_id: UUID
    draft: Json
    live: Json | None
    live_at: datetime | None
    changed: bool


class RulesIn(Schema, extra="forbid"):
    """Rules; ``live`` true: they work from now on."""

    rules: list[Json]
    live: bool = False


class TryIn(Schema, extra="forbid"):
    """Rules (empty: the stored draft) and a sample to try them on."""

    rules: list[Json] = []
    body: Any = None
    headers: dict[str, str] = {}


class TriedOut(Schema):
    """An event that the sample would become. ``known``: it has landed already. ``problem``: why it would not."""

    event: Json
    known: bool
    problem: str


class ProblemOut(Schema):
    rule: str
    code: str
    sentence: str


class TrialOut(Schema):
    events: list[TriedOut]
    problems: list[ProblemOut]
    matched: list[str]


class ConnectorOut(Schema):
    """A connector; its secret is never shown. ``state``: draft, paused, waiting, running, failing."""

    source_id: UUID
    name: str
    kind: str
    settings: Json
    has_secret: bool
    every_minutes: int
    cron: str
    active: bool
    state: str
    rows: int
    next_run_at: datetime | None
    ok_at: datetime | None
    failures: int
    code: str
    sentence: str
    live_at: datetime | None
    created_at: datetime


class ConnectorIn(Schema, extra="forbid"):
    """Settings depend on the kind; see docs/connectors.md. An empty secret leaves the stored one."""

    settings: Json
    every_minutes: int = 15
    cron: str = ""
    secret: str = ""


class ConnectorNew(ConnectorIn):
    name: str
    kind: Literal["postgres", "mysql", "rest", "folder"]


class ActiveIn(Schema, extra="forbid"):
    active: bool


class RunIn(Schema, extra="forbid"):
    """``from_the_beginning``: read everything again; what landed before does not land twice."""

    from_the_beginning: bool = False


class RunOut(Schema):
    number: int
    state: str
    batches: int
    rows: int
    events: int
    rejected: int
    code: str
    sentence: str
    started_at: datetime
    finished_at: datetime | None


class LagOut(Schema):
    """Events not handed on yet (counted up to 100,000) and the age of the oldest in seconds."""

    rows: int
    seconds: float


class DestinationOut(Schema):
    """Where events are handed on to; secrets are never shown."""

    id: UUID
    kind: str
    name: str
    settings: Json
    events: list[str]
    has_secret: bool
    active: bool
    state: str
    rows: int
    lag: LagOut
    sent_at: datetime | None
    retry_at: datetime | None
    failures: int
    code: str
    sentence: str
    created_at: datetime


class DestinationIn(Schema, extra="forbid"):
    """``events``: patterns of names, empty for all."""

    name: str
    settings: Json
    events: list[str] = []
    secret: str = ""


class DestinationNew(DestinationIn):
    kind: Literal["files", "kafka"]
    start: Literal["now", "beginning"] = "now"


@hooks_router.post("/hooks", response={201: HookOut, **rest.problems()}, operation_id="createHook")
def create_hook(request: access.StaffRequest, body: HookIn) -> Any:
    """A new inbound webhook; send payloads to its ``path``."""
    return Status(201, hooks.create(request.principal, body.name))


@hooks_router.get("/sources/{source_id}/hook", response=rest.document(HookOut), operation_id="getHook")
def get_hook(request: access.StaffRequest, source_id: UUID) -> Any:
    """The inbound webhook of a source."""
    return hooks.ensure(request.principal, source_id)


@hooks_router.get(
    "/sources/{source_id}/payloads", response=rest.document(rest.PageOf[PayloadOut]), operation_id="listPayloads"
)
def list_payloads(
    request: access.StaffRequest, source_id: UUID, state: str = "", limit: int = rest.USUAL_LIMIT, cursor: str = ""
) -> Any:
    """What came, newest first; kept for 30 days."""
    found = hooks.payloads(request.principal, source_id, state, cursor, rest.limit_of(request.GET))
    return {"items": found.rows, "next": found.older or None}


@hooks_router.post(
    "/sources/{source_id}/payloads/replay", response=rest.document(ReplayOut), operation_id="replayPayloads"
)
def replay_payloads(request: access.StaffRequest, source_id: UUID, body: ReplayIn) -> Any:
    """Run payloads through the live mapping again; events that landed before do not land twice."""
    return hooks.replay(request.principal, source_id, body.ids, body.state)


@connectors_router.get("/sources/{source_id}/mapping", response=rest.document(RulesOut), operation_id="getMapping")
def get_mapping(request: access.StaffRequest, source_id: UUID) -> Any:
    """How payloads or rows of a source become events."""
    return mappings.get(request.principal, source_id)


@connectors_router.put("/sources/{source_id}/mapping", response=rest.document(RulesOut), operation_id="putMapping")
def put_mapping(request: access.StaffRequest, source_id: UUID, body: RulesIn) -> Any:
    """Store rules as the draft, and take them live where asked."""
    saved = mappings.save(request.principal, source_id, {"rules": body.rules})
    return mappings.go_live(request.principal, source_id) if body.live else saved


@connectors_router.post(
    "/sources/{source_id}/mapping/trial", response=rest.document(TrialOut), operation_id="tryMapping"
)
def try_mapping(request: access.StaffRequest, source_id: UUID, body: TryIn) -> Any:
    """What rules make of a sample; nothing is changed."""
    draft = {"rules": body.rules} if body.rules else mappings.get(request.principal, source_id).draft
    headers = {name.lower(): value for name, value in body.headers.items()}
    return mappings.tried(request.principal, source_id, draft, [Sample(body.body, headers)])


@connectors_router.get("/connectors", response=rest.document(list[ConnectorOut]), operation_id="listConnectors")
def list_connectors(request: access.StaffRequest) -> Any:
    """All connectors by name."""
    return connectors.connectors(request.principal)


@connectors_router.post("/connectors", response={201: ConnectorOut, **rest.problems()}, operation_id="createConnector")
def create_connector(request: access.StaffRequest, body: ConnectorNew) -> Any:
    """A new connector; it waits for a live mapping."""
    return Status(201, connectors.create(request.principal, body.name, body.kind, _terms(body)))


@connectors_router.get("/connectors/{source_id}", response=rest.document(ConnectorOut), operation_id="getConnector")
def get_connector(request: access.StaffRequest, source_id: UUID) -> Any:
    """One connector."""
    return connectors.get(request.principal, source_id)


@connectors_router.put("/connectors/{source_id}", response=rest.document(ConnectorOut), operation_id="changeConnector")
def change_connector(request: access.StaffRequest, source_id: UUID, body: ConnectorIn) -> Any:
    """Other settings; reading starts over when they name another place."""
    return connectors.change(request.principal, source_id, _terms(body))


@connectors_router.put(
    "/connectors/{source_id}/activity", response=rest.document(ConnectorOut), operation_id="pauseConnector"
)
def connector_activity(request: access.StaffRequest, source_id: UUID, body: ActiveIn) -> Any:
    """Pause, or go on."""
    return connectors.set_active(request.principal, source_id, body.active)


@connectors_router.get(
    "/connectors/{source_id}/runs", response=rest.document(list[RunOut]), operation_id="listConnectorRuns"
)
def list_runs(request: access.StaffRequest, source_id: UUID) -> Any:
    """The latest twenty runs."""
    return connectors.runs(request.principal, source_id)


@connectors_router.post(
    "/connectors/{source_id}/runs", response={202: ConnectorOut, **rest.problems()}, operation_id="runConnector"
)
def run_connector(request: access.StaffRequest, source_id: UUID, body: RunIn) -> Any:
    """Start a run now."""
    if body.from_the_beginning:
        connectors.start_over(request.principal, source_id)
    return Status(202, connectors.run_now(request.principal, source_id))


@destinations_router.get("/destinations", response=rest.document(list[DestinationOut]), operation_id="listDestinations")
def list_destinations(request: access.StaffRequest) -> Any:
    """All destinations by name, with their lag."""
    return destinations.destinations(request.principal)


@destinations_router.post(
    "/destinations", response={201: DestinationOut, **rest.problems()}, operation_id="createDestination"
)
def create_destination(request: access.StaffRequest, body: DestinationNew) -> Any:
    """A new destination."""
    return Status(201, destinations.create(request.principal, body.kind, _wish(body), body.start))


@destinations_router.put(
    "/destinations/{destination_id}", response=rest.document(DestinationOut), operation_id="changeDestination"
)
def change_destination(request: access.StaffRequest, destination_id: UUID, body: DestinationIn) -> Any:
    """Other settings; it goes on where it was."""
    return destinations.change(request.principal, destination_id, _wish(body))


@destinations_router.put(
    "/destinations/{destination_id}/activity", response=rest.document(DestinationOut), operation_id="pauseDestination"
)
def destination_activity(request: access.StaffRequest, destination_id: UUID, body: ActiveIn) -> Any:
    """Pause, or go on."""
    return destinations.set_active(request.principal, destination_id, body.active)


@destinations_router.delete(
    "/destinations/{destination_id}", response={204: None, **rest.problems()}, operation_id="deleteDestination"
)
def delete_destination(request: access.StaffRequest, destination_id: UUID) -> Any:
    """Hand nothing on there any more."""
    destinations.delete(request.principal, destination_id)
    return Status(204, None)


def _terms(body: ConnectorIn) -> connectors.Terms:
    return connectors.Terms(body.settings, body.every_minutes, body.cron, body.secret)


def _wish(body: DestinationIn) -> destinations.Wish:
    return destinations.Wish(body.name, body.settings, tuple(body.events), body.secret)
