// @segment/analytics-node as its documentation shows it. Arguments: host, write key.
const { Analytics } = require("@segment/analytics-node");
const [host, writeKey] = process.argv.slice(2);
const analytics = new Analytics({ writeKey, host, maxRetries: 1 });
const failed = [];
analytics.on("error", (error) => failed.push(JSON.stringify(error, null, 1)));
analytics.identify({ userId: "user-1", traits: { email: "anna@example.com", name: "Žofie" } });
analytics.track({ userId: "user-1", event: "Order Completed", properties: { revenue: 42.5, odd: "\ud83d" } });
analytics.page({ userId: "user-1", category: "Shop", name: "Home" });
analytics.screen({ anonymousId: "anonymous-1", name: "Home" });
analytics.group({ userId: "user-1", groupId: "acme", traits: { plan: "pro" } });
analytics.alias({ userId: "user-1", previousId: "anonymous-1" });
analytics.closeAndFlush().then(() => {
  failed.forEach((error) => console.error(error));
  process.exitCode = failed.length ? 1 : 0;
});
