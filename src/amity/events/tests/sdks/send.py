"""Segment's and RudderStack's Python SDKs, as their documentation shows them. Arguments: SDK, host, write key."""

import importlib
import sys

name, host, key = sys.argv[1:]
failed = []
module = importlib.import_module({"segment": "segment.analytics", "rudder": "rudderstack.analytics"}[name])
for compressed in (False, True):
    client = module.Client(key, host=host, gzip=compressed, on_error=lambda error, items: failed.append(str(error)))
    client.identify("user-1", {"email": "anna@example.com", "name": "Žofie\ud83d"}, context={"ip": "1.2.3.4"})
    client.track("user-1", "Order Completed", {"revenue": 42.5, "nothing": float("nan")})
    client.page("user-1", "Shop", "Home", {"url": "https://shop.example"})
    client.screen("user-1", "App", "Home")
    client.group("user-1", "acme", {"plan": "pro"})
    client.alias("anonymous-1", "user-1")
    client.flush()
    client.join()
sys.exit("\n".join(failed) or 0)
