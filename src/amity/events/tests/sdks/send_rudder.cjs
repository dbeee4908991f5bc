// @rudderstack/rudder-sdk-node as its documentation shows it. Arguments: host, write key.
const Rudder = require("@rudderstack/rudder-sdk-node");
const [host, writeKey] = process.argv.slice(2);
const Client = Rudder.default ?? Rudder;
const client = new Client(writeKey, { dataPlaneUrl: host, flushAt: 6, errorHandler: (error) => fail(error) });
function fail(error) {
  console.error(error);
  process.exitCode = 1;
}
client.identify({ userId: "user-1", traits: { email: "anna@example.com" } });
client.track({ userId: "user-1", event: "Order Completed", properties: { revenue: 42.5 } });
client.page({ userId: "user-1", category: "Shop", name: "Home" });
client.screen({ anonymousId: "anonymous-1", name: "Home" });
client.group({ userId: "user-1", groupId: "acme" });
client.alias({ userId: "user-1", previousId: "anonymous-1" });
client.flush().catch(fail);
