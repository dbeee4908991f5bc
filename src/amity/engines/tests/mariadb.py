"""A MariaDB of one's own for tests: Debian's ``mariadb-server-core``, started in a scratch folder on a free port."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql

BINARY = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin") or ""
MISSING = "MariaDB is not installed: apt install mariadb-server-core"


@contextmanager
def running(folder: Path) -> Iterator[int]:
    """The port of a server that ends with the block."""
    owner = ["--user=root"] if Path("/root").owner() == folder.owner() else []
    data = folder / "data"
    data.mkdir()
    port = _free_port()
    log = (folder / "log").open("wb")
    server = subprocess.Popen(
        [BINARY, "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1",
         f"--socket={folder}/s", f"--pid-file={folder}/pid", "--innodb-flush-log-at-trx-commit=0",
         "--skip-grant-tables", *owner],
        stdout=log, stderr=log,
    )  # fmt: skip
    try:
        _wait(port)
        yield port
    finally:
        server.terminate()
        server.wait(30)
        log.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            pymysql.connect(host="127.0.0.1", port=port, user="root").close()
            return
        except pymysql.MySQLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
