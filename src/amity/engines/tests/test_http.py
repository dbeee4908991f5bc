"""Outgoing requests stay out of our own network, whatever a name says."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from amity.engines import http


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0",
        "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0",
        "fc00::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2002:0a00:0001::",
    ],
)  # fmt: skip
def test_addresses_of_our_own(address: str) -> None:
    assert not http.is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_addresses_of_the_internet(address: str) -> None:
    assert http.is_public(address)


@pytest.fixture
def silent() -> Iterator[tuple[str, list[bytes]]]:
    """A listener on loopback that writes down what reaches it and never answers."""
    server, heard = socket.create_server(("127.0.0.1", 0)), []

    def accept() -> None:
        try:
            peer, _address = server.accept()
        except OSError:
            return
        heard.append(peer.recv(100))
        peer.close()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield f"http://name.test:{server.getsockname()[1]}/", heard
    server.close()


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::ffff:127.0.0.1"]])
def test_a_name_that_leads_inside_is_refused(silent: tuple[str, list[bytes]], answers: list[str]) -> None:
    url, heard = silent
    with pytest.raises(http.ForbiddenAddress):
        http.post(url.replace("http:", "https:"), b"{}", {}, look_up=lambda host, port: answers)
    assert heard == []


def test_the_checked_address_is_the_one_that_is_called() -> None:
    """A name is looked up once: what it says a moment later does not matter (DNS rebinding)."""
    asked = []

    def look_up(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["10.0.0.1"] if len(asked) == 1 else ["127.0.0.1"]

    with pytest.raises(http.ForbiddenAddress):
        http.post("https://rebinding.test/", b"{}", {}, look_up=look_up)
    assert asked == ["rebinding.test"]


def test_an_allowed_private_address_is_reached(silent: tuple[str, list[bytes]]) -> None:
    """Control: the refusals above come from the check, not from a broken listener."""
    url, heard = silent
    with pytest.raises(http.Unreachable):
        http.post(url, b"{}", {"webhook-id": "1"}, allow_private=True, look_up=lambda host, port: ["127.0.0.1"])
    assert heard[0].startswith(b"POST / HTTP/1.1\r\nHost: name.test")


@pytest.mark.parametrize(
    "url", ["https://[::1/", "https://host:99999/", "https://ex\u00e4mple.com/\u00fc", "https://host:0/"]
)
def test_what_is_no_address_is_told_as_such(url: str) -> None:
    assert http.check_url(url) == "host"


@pytest.mark.parametrize("host", ["a..b", "a" * 80 + ".de"])
def test_a_name_that_cannot_be_one_is_unreachable(host: str) -> None:
    with pytest.raises(http.Unreachable):
        http.post(f"https://{host}/", b"", {})
