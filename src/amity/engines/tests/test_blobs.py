"""Files: one contract for the folder and for S3, and the signature as its documentation computes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from amity.engines.blobs import Blobs, FolderStore
from amity.engines.blobs_errors import BlobDamaged, BlobsDown, NoBlob
from amity.engines.blobs_s3 import S3Store, signed
from amity.engines.tests.s3_server import Bucket, bucket

Spoil = Callable[[Callable[[bytes], bytes]], None]
TEXT = "Zażółć gęślą jaźń".encode() * 1_000


@pytest.fixture(scope="module")
def server() -> Iterator[Bucket]:
    with bucket() as opened:
        yield opened


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path, server: Bucket) -> tuple[Blobs, Spoil]:
    """A store, and a way to change what lies in it behind its back."""
    if request.param == "s3":
        server.kept.clear()
        store = S3Store(server.url)

        def in_bucket(change: Callable[[bytes], bytes]) -> None:
            server.kept.update({path: change(data) for path, data in server.kept.items()})

        return Blobs(store), in_bucket

    def in_folder(change: Callable[[bytes], bytes]) -> None:
        for path in tmp_path.rglob("*"):
            if path.is_file():
                path.write_bytes(change(path.read_bytes()))

    return Blobs(FolderStore(tmp_path)), in_folder


def test_what_is_put_is_got_until_it_is_deleted(place: tuple[Blobs, Spoil]) -> None:
    blobs, _spoil = place
    keys = [blobs.put(TEXT, "mail"), blobs.put(b"", "mail"), blobs.put(b"x", "mail")]
    assert [blobs.get(key) for key in keys] == [TEXT, b"", b"x"]
    blobs.put(b"other", "file")
    found = dict(blobs.keys("mail"))
    assert sorted(found) == sorted(keys) and all(at.tzinfo for at in found.values())
    blobs.delete(keys[0])
    blobs.delete(keys[0])
    with pytest.raises(NoBlob):
        blobs.get(keys[0])


def test_nothing_of_it_can_be_read_or_changed_where_it_lies(place: tuple[Blobs, Spoil]) -> None:
    blobs, spoil = place
    key = blobs.put(TEXT)
    seen: list[bytes] = []
    spoil(lambda data: seen.append(data) or data)  # type: ignore[func-returns-value]
    assert seen and all(TEXT[:18] not in data for data in seen)
    spoil(lambda data: data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(BlobDamaged):
        blobs.get(key)
    spoil(lambda data: data[:3])
    with pytest.raises(BlobDamaged):
        blobs.get(key)


def test_a_file_cannot_stand_in_for_another(tmp_path: Path) -> None:
    blobs = Blobs(FolderStore(tmp_path))
    one, other = blobs.put(b"one"), blobs.put(b"other")
    blobs.store.write(one, blobs.store.read(other))
    with pytest.raises(BlobDamaged):
        blobs.get(one)


@pytest.mark.parametrize("key", ["", "../secret.key", "mail/../../secret.key", "mail/UPPER", "x" * 400])
def test_only_names_that_we_made_are_looked_for(place: tuple[Blobs, Spoil], key: str) -> None:
    with pytest.raises(NoBlob):
        place[0].get(key)
    place[0].delete(key)


def test_a_server_that_stumbles_is_asked_again_and_one_that_is_gone_is_told(server: Bucket) -> None:
    server.kept.clear()
    blobs, server.faults = Blobs(S3Store(server.url)), 2
    assert blobs.get(blobs.put(TEXT)) == TEXT
    server.faults = 3
    with pytest.raises(BlobsDown, match="503"):
        blobs.put(TEXT)
    with pytest.raises(BlobsDown, match="403"):
        Blobs(S3Store(server.url.replace("EXAMPLE:", "OTHER:"))).put(TEXT)
    with pytest.raises(BlobsDown, match="ConnectError"):
        Blobs(S3Store(server.url.replace(str(server.server_port), "1"))).put(TEXT)


def test_the_signature_is_the_one_of_the_documentation() -> None:
    """The examples of “Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)”."""
    at, host = datetime(2013, 5, 24, tzinfo=UTC), {"host": "examplebucket.s3.amazonaws.com"}
    own = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1", at)
    got = signed("GET", "/test.txt", "", host | {"range": "bytes=0-9"}, b"", *own)["authorization"]
    assert got.endswith("Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
    told = host | {"date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"}
    got = signed("PUT", "/test%24file.text", "", told, b"Welcome to Amazon S3.", *own)["authorization"]
    assert got.endswith("Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
    got = signed("GET", "/", "max-keys=2&prefix=J", host, b"", *own)["authorization"]
    assert got.endswith("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
