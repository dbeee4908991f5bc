"""Files in a bucket of anything that speaks S3 (AWS, MinIO, Ceph, Garage …): four calls, signed with Signature V4.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from html import unescape
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import httpx

from amity.base import clock
from amity.engines.blobs_errors import BlobsDown, NoBlob

TIMEOUT_S = 30.0
_TRIES = 3
_PAGES = 10_000  # of a listing, a thousand names each
_NAME = re.compile(r"<Key>([^<]*)</Key>\s*<LastModified>([^<]*)</LastModified>")
_NEXT = re.compile(r"<NextContinuationToken>([^<]*)</NextContinuationToken>")


class S3Store:
    """``s3://KEY:SECRET@host[:port]/bucket[/folder]?region=eu-central-1`` (``&tls=no`` for plain HTTP)."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        told = dict(parse_qsl(parts.query))
        self.bucket, _slash, folder = parts.path.strip("/").partition("/")
        if parts.scheme != "s3" or not parts.hostname or not self.bucket or not parts.username:
            raise ValueError("A bucket looks like s3://KEY:SECRET@s3.example.com/bucket?region=eu-central-1")
        self.folder = f"{folder.strip('/')}/" if folder.strip("/") else ""
        self.key, self.secret = unquote(parts.username), unquote(parts.password or "")
        self.region = told.get("region", "us-east-1")
        self.host = parts.hostname + (f":{parts.port}" if parts.port else "")
        self.base = f"{'http' if told.get('tls') == 'no' else 'https'}://{self.host}"
        self.client = httpx.Client(timeout=TIMEOUT_S, follow_redirects=False)

    def write(self, name: str, data: bytes) -> None:
        self._call("PUT", self._path(name), data)

    def read(self, name: str) -> bytes:
        answer = self._call("GET", self._path(name))
        if answer.status_code == 404:
            raise NoBlob(name)
        return answer.content

    def remove(self, name: str) -> None:
        self._call("DELETE", self._path(name))

    def names(self, area: str) -> Iterator[tuple[str, datetime]]:
        query = {"list-type": "2", "prefix": f"{self.folder}{area}/"}
        for _page in range(_PAGES):
            text = self._call("GET", f"/{self.bucket}", query=query).text
            for key, at in _NAME.findall(text):
                yield unescape(key).removeprefix(self.folder), datetime.fromisoformat(at)
            more = _NEXT.search(text)
            if more is None:
                return
            query["continuation-token"] = unescape(more.group(1))

    def _path(self, name: str) -> str:
        return quote(f"/{self.bucket}/{self.folder}{name}", safe="/-_.~")

    def _call(
        self, method: str, path: str, data: bytes = b"", query: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """One call, tried again where the other side is at fault. Raises `BlobsDown`."""
        told = urlencode(sorted((query or {}).items()), quote_via=quote, safe="-_.~")
        problem = ""
        for _try in range(_TRIES):
            headers = signed(method, path, told, {"host": self.host}, data, self.key, self.secret, self.region)
            try:
                answer = self.client.request(
                    method, f"{self.base}{path}{'?' if told else ''}{told}", content=data, headers=headers
                )
            except httpx.HTTPError as error:
                problem = type(error).__name__
                continue
            if answer.status_code < 300 or (answer.status_code == 404 and method != "PUT" and path.count("/") > 1):
                return answer
            problem = f"{answer.status_code} {answer.text[:200]}"
            if answer.status_code < 500 and answer.status_code != 429:
                break
        raise BlobsDown(problem)


def signed(
    method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, key: str, secret: str, region: str,
    at: datetime | None = None,
) -> dict[str, str]:  # fmt: skip
    """``headers`` with those that sign the request. ``path`` and ``query`` as they are sent (encoded, sorted). Pure."""
    moment = (at or clock.now()).astimezone(UTC)
    digest = hashlib.sha256(body).hexdigest()
    whole = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    whole |= {"x-amz-content-sha256": digest, "x-amz-date": f"{moment:%Y%m%dT%H%M%SZ}"}
    names = ";".join(sorted(whole))
    lines = "".join(f"{name}:{whole[name]}\n" for name in sorted(whole))
    canonical = "\n".join((method, path, query, lines, names, digest))
    scope = f"{moment:%Y%m%d}/{region}/s3/aws4_request"
    text = "\n".join((
        "AWS4-HMAC-SHA256", whole["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest(),
    ))  # fmt: skip
    step = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        step = hmac.digest(step, part.encode(), "sha256")
    signature = hmac.new(step, text.encode(), hashlib.sha256).hexdigest()
    whole["authorization"] = f"AWS4-HMAC-SHA256 Credential={key}/{scope},SignedHeaders={names},Signature={signature}"
    return whole
