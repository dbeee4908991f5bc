"""What browser SDKs ask for before they start: where to send to, and that there is nothing else to load."""

from __future__ import annotations

from typing import Any

from amity.events.intake_keys import Sender

_ALL = {"__default": {"enabled": True, "integrations": {}}}


def segment_settings(key: str, scheme: str, host: str) -> dict[str, Any]:
    """As Segment's CDN answers ``/v1/projects/{key}/settings`` for a source without destinations."""
    api_host = f"{host}/v1"
    return {
        "integrations": {
            "Segment.io": {
                "apiKey": key,
                "apiHost": api_host,
                "protocol": scheme,
                "unbundledIntegrations": [],
                "addBundledMetadata": True,
                "maybeBundledConfigIds": {},
                "versionSettings": {"version": "4.4.7", "componentTypes": ["browser"]},
                "retryQueue": True,
            }
        },
        "plan": {"track": _ALL, "identify": _ALL, "group": _ALL},
        "edgeFunction": {},
        "analyticsNextEnabled": True,
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "metrics": {"sampleRate": 0, "host": api_host},
        "legacyVideoPluginsEnabled": False,
        "remotePlugins": [],
    }


def rudder_source_config(key: str, sender: Sender) -> dict[str, Any]:
    """As RudderStack's control plane answers ``/sourceConfig`` for a source without destinations."""
    off = {"enabled": False}
    return {
        "source": {
            "id": str(sender.id),
            "name": sender.name,
            "writeKey": key,
            "enabled": sender.enabled,
            "workspaceId": "amity",
            "config": {"statsCollection": {"errors": off, "metrics": off}},
            "connections": [],
            "destinations": [],
            "dataplanes": {},
            "sourceDefinition": {"name": "Javascript", "category": None, "type": "cloud"},
            "deleted": False,
            "createdAt": "2020-01-01T00:00:00.000Z",
            "updatedAt": "2020-01-01T00:00:00.000Z",
        },
        "updatedAt": "2020-01-01T00:00:00.000Z",
        "consentManagementMetadata": {"providers": []},
    }
