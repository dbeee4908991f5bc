"""A bucket on loopback that keeps what it is given and turns away what is not signed with its key."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from amity.engines.blobs_s3 import signed
from amity.engines.tests.serving import serving

KEY, SECRET, REGION = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", "eu-central-1"
_PAGE = 2  # names of a listing's page, so that there are several


class Bucket(ThreadingHTTPServer):
    """``kept``: path → ciphertext; ``faults``: how many requests to answer with 503 first."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.kept: dict[str, bytes] = {}
        self.faults = 0

    @property
    def url(self) -> str:
        return f"s3://{KEY}:{SECRET.replace('/', '%2F')}@127.0.0.1:{self.server_port}/box/deep?region={REGION}&tls=no"


class _Answer(BaseHTTPRequestHandler):
    server: Bucket
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args: object) -> None:
        """Tests are quiet."""

    def do_PUT(self) -> None:
        if body := self._allowed():
            self.server.kept[urlsplit(self.path).path] = body[0]
            self._say(200)

    def do_GET(self) -> None:
        if not self._allowed():
            return
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        if path == "/box":
            self._say(200, self._listing(query["prefix"][0], query.get("continuation-token", [""])[0]))
        elif path in self.server.kept:
            self._say(200, self.server.kept[path])
        else:
            self._say(404, b"<Error><Code>NoSuchKey</Code></Error>")

    def do_DELETE(self) -> None:
        if self._allowed():
            self.server.kept.pop(urlsplit(self.path).path, None)
            self._say(204)

    def _allowed(self) -> tuple[bytes] | None:
        """The body of a request that is signed as it should be; others are answered at once."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.server.faults:
            self.server.faults -= 1
            self._say(503)
            return None
        told = urlsplit(self.path)
        at = datetime.strptime(self.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        host = {"host": self.headers["host"]}
        right = signed(self.command, told.path, told.query, host, body, KEY, SECRET, REGION, at)["authorization"]
        if self.headers["authorization"] != right:
            self._say(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
            return None
        return (body,)

    def _listing(self, prefix: str, after: str) -> bytes:
        names = sorted(path.removeprefix("/box/") for path in self.server.kept)
        found = [name for name in names if name.startswith(prefix) and name > after]
        rows = "".join(
            f"<Contents><Key>{name}</Key><LastModified>2026-01-02T03:04:05.000Z</LastModified></Contents>"
            for name in found[:_PAGE]
        )
        more = found[_PAGE - 1] if len(found) > _PAGE else ""
        token = f"<NextContinuationToken>{more}</NextContinuationToken>" if more else ""
        return re.sub(r"\s+(?=<)", "", f"<ListBucketResult>{rows}{token}</ListBucketResult>").encode()

    def _say(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def bucket() -> AbstractContextManager[Bucket]:
    """A server for the length of a test."""
    return serving(Bucket())
