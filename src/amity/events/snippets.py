"""How to point each SDK at Amity: the lines to paste, with the write key and the address filled in."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from amity.events.models import Source


@dataclass(frozen=True, slots=True)
class Snippet:
    """``install`` is the command that gets the SDK, empty where nothing is installed."""

    id: str
    label: str | Promise
    kinds: frozenset[str]
    install: str
    text: str


_WEB, _SERVER, _MOBILE = Source.Kind.JAVASCRIPT.value, Source.Kind.SERVER.value, Source.Kind.MOBILE.value
_ALL = frozenset({_WEB, _SERVER, _MOBILE})
_CURL = """\
curl {host}/v1/track \\
  -u {key}: \\
  -H 'content-type: application/json' \\
  -d '{{"userId": "user-1", "event": "Order Completed", "properties": {{"revenue": 42.5}}}}'"""
_SEGMENT_WEB = """\
import {{ AnalyticsBrowser }} from '@segment/analytics-next'

const analytics = AnalyticsBrowser.load({{ writeKey: '{key}', cdnURL: '{host}' }})

analytics.page()
analytics.identify('user-1', {{ email: 'anna@example.com' }})
analytics.track('Order Completed', {{ revenue: 42.5 }})"""
_SEGMENT_TAG = """\
<!-- In the page that has Segment's snippet already: replace the call of analytics.load. -->
<script>
  analytics.load('{key}', {{
    integrations: {{ 'Segment.io': {{ apiHost: '{bare}/v1', protocol: '{scheme}' }} }}
  }})
</script>"""
_RUDDER_WEB = """\
import {{ RudderAnalytics }} from '@rudderstack/analytics-js'

const analytics = new RudderAnalytics()
analytics.load('{key}', '{host}', {{ configUrl: '{host}' }})

analytics.page()
analytics.identify('user-1', {{ email: 'anna@example.com' }})
analytics.track('Order Completed', {{ revenue: 42.5 }})"""
_PYTHON = """\
import segment.analytics as analytics

analytics.write_key = '{key}'
analytics.host = '{host}'

analytics.identify('user-1', {{'email': 'anna@example.com'}})
analytics.track('user-1', 'Order Completed', {{'revenue': 42.5}})
analytics.flush()"""
_RUDDER_PYTHON = """\
import rudderstack.analytics as analytics

analytics.write_key = '{key}'
analytics.dataPlaneUrl = '{host}'

analytics.track('user-1', 'Order Completed', {{'revenue': 42.5}})
analytics.flush()"""
_NODE = """\
import {{ Analytics }} from '@segment/analytics-node'

const analytics = new Analytics({{ writeKey: '{key}', host: '{host}' }})

analytics.track({{ userId: 'user-1', event: 'Order Completed', properties: {{ revenue: 42.5 }} }})
await analytics.closeAndFlush()"""
_RUDDER_NODE = """\
import RudderAnalytics from '@rudderstack/rudder-sdk-node'

const analytics = new RudderAnalytics('{key}', {{ dataPlaneUrl: '{host}' }})

analytics.track({{ userId: 'user-1', event: 'Order Completed', properties: {{ revenue: 42.5 }} }})
analytics.flush()"""
_PHP = """\
require_once 'vendor/autoload.php';
use Segment\\Segment;

Segment::init('{key}', ['host' => '{bare}', 'protocol' => '{scheme}://']);
Segment::track(['userId' => 'user-1', 'event' => 'Order Completed', 'properties' => ['revenue' => 42.5]]);
Segment::flush();"""
_RUBY = """\
require 'segment/analytics'

analytics = Segment::Analytics.new(write_key: '{key}', host: '{bare_host}', port: {port}, ssl: {ssl})
analytics.track(user_id: 'user-1', event: 'Order Completed', properties: {{ revenue: 42.5 }})
analytics.flush"""
_GO = """\
client, _ := analytics.NewWithConfig("{key}", analytics.Config{{Endpoint: "{host}"}})
defer client.Close()

client.Enqueue(analytics.Track{{
    UserId: "user-1", Event: "Order Completed",
    Properties: analytics.NewProperties().SetRevenue(42.5),
}})"""
_JAVA = """\
Analytics analytics = Analytics.builder("{key}").endpoint("{host}").build();

analytics.enqueue(TrackMessage.builder("Order Completed")
    .userId("user-1").properties(Map.of("revenue", 42.5)));"""
_SWIFT = """\
let config = Configuration(writeKey: "{key}")
    .apiHost("{bare}/v1")
    .cdnHost("{bare}/v1")
let analytics = Analytics(configuration: config)

analytics.track(name: "Order Completed", properties: ["revenue": 42.5])"""
_KOTLIN = """\
val analytics = Analytics("{key}", applicationContext) {{
    apiHost = "{bare}/v1"
    cdnHost = "{bare}/v1"
}}
analytics.track("Order Completed", buildJsonObject {{ put("revenue", 42.5) }})"""
_REACT_NATIVE = """\
import {{ createClient }} from '@segment/analytics-react-native'

const analytics = createClient({{
  writeKey: '{key}', proxy: '{host}/v1', cdnProxy: '{host}/v1', useSegmentEndpoints: true,
}})

analytics.track('Order Completed', {{ revenue: 42.5 }})"""
_SNIPPETS = (
    Snippet("curl", "curl", _ALL, "", _CURL),
    Snippet("segment-web", _("Browser (Segment)"), frozenset({_WEB}), "npm install @segment/analytics-next",
            _SEGMENT_WEB),
    Snippet("segment-tag", _("Browser (Segment snippet)"), frozenset({_WEB}), "", _SEGMENT_TAG),
    Snippet("rudder-web", _("Browser (RudderStack)"), frozenset({_WEB}), "npm install @rudderstack/analytics-js",
            _RUDDER_WEB),
    Snippet("python", "Python", frozenset({_SERVER}), "pip install segment-analytics-python", _PYTHON),
    Snippet("rudder-python", "Python (RudderStack)", frozenset({_SERVER}), "pip install rudder-sdk-python",
            _RUDDER_PYTHON),
    Snippet("node", "Node", frozenset({_SERVER}), "npm install @segment/analytics-node", _NODE),
    Snippet("rudder-node", "Node (RudderStack)", frozenset({_SERVER}), "npm install @rudderstack/rudder-sdk-node",
            _RUDDER_NODE),
    Snippet("php", "PHP", frozenset({_SERVER}), "composer require segmentio/analytics-php", _PHP),
    Snippet("ruby", "Ruby", frozenset({_SERVER}), "gem install analytics-ruby", _RUBY),
    Snippet("go", "Go", frozenset({_SERVER}), "go get github.com/segmentio/analytics-go/v3", _GO),
    Snippet("java", "Java", frozenset({_SERVER}), "", _JAVA),
    Snippet("swift", "Swift", frozenset({_MOBILE}), "", _SWIFT),
    Snippet("kotlin", "Kotlin", frozenset({_MOBILE}), "", _KOTLIN),
    Snippet("react-native", "React Native", frozenset({_MOBILE}), "npm install @segment/analytics-react-native",
            _REACT_NATIVE),
)  # fmt: skip


def snippets(kind: str, key: str, origin: str) -> list[Snippet]:
    """The snippets that fit a kind of source first, then the others. ``origin``: ``https://host[:port]``."""
    scheme, _sep, bare = origin.partition("://")
    name, _colon, port = bare.partition(":")
    values = {
        "host": origin, "key": key, "scheme": scheme, "bare": bare, "bare_host": name,
        "port": port or ("443" if scheme == "https" else "80"), "ssl": "true" if scheme == "https" else "false",
    }  # fmt: skip
    ordered = sorted(_SNIPPETS, key=lambda snippet: kind not in snippet.kinds)
    return [Snippet(s.id, s.label, s.kinds, s.install, s.text.format(**values)) for s in ordered]
