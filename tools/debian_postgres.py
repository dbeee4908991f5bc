"""Run a command against a throw-away cluster of Debian's PostgreSQL: `debian_postgres.py FOLDER -- COMMAND…`."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


def main(folder: str, command: list[str]) -> int:
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not binaries:
        print("Debian's PostgreSQL is not installed (apt install postgresql): this leg did not run.")
        return 0 if os.environ.get("CI") is None else 1
    bin_ = binaries[-1]
    base = Path(tempfile.mkdtemp(prefix="amity-pg-"))
    owner = "postgres" if os.geteuid() == 0 else None
    if owner:
        os.chown(base, pwd.getpwnam(owner).pw_uid, -1)
    base.chmod(0o755)
    data = base / "data"

    def run(*args: str) -> None:
        subprocess.run(args, check=True, user=owner, cwd=base, stdout=subprocess.DEVNULL)

    run(str(bin_ / "initdb"), "-D", str(data), "-A", "trust", "-U", "amity", "-E", "UTF8", "--locale=C.UTF-8")
    options = f"-k {base} -c listen_addresses= -c fsync=off -c max_connections=60"
    run(str(bin_ / "pg_ctl"), "-D", str(data), "-w", "-l", str(base / "log"), "-o", options, "start")
    try:
        run(str(bin_ / "createdb"), "-h", str(base), "-U", "amity", "amity")
        print(f"PostgreSQL {bin_.parent.name} of Debian")
        environment = os.environ | {
            "AMITY_DATABASE_URL": f"postgresql:///amity?host={base}&user=amity",
            "AMITY_HOME": folder,
            "DJANGO_SETTINGS_MODULE": "amity.web.settings",
        }
        return subprocess.run(command, env=environment, check=False).returncode
    finally:
        run(str(bin_ / "pg_ctl"), "-D", str(data), "-m", "fast", "stop")
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    split = sys.argv.index("--")
    sys.exit(main(sys.argv[1], sys.argv[split + 1 :]))
