"""Typed settings of an installation: environment over one TOML file over defaults; unknown keys are refused."""

from __future__ import annotations

import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from amity.base.errors import Refused

_PREFIX = "AMITY_"
_SECRET_FILE = "secret.key"  # noqa: S105 (a file name)


@dataclass(frozen=True, slots=True)
class Config:
    """What an operator may set. Environment: ``AMITY_`` + upper-case name; file: ``<home>/amity.toml``."""

    home: Path = Path("~/.amity")
    database_url: str = ""  # empty: embedded Postgres under <home>
    host: str = "127.0.0.1"
    port: int = 8000
    live_port: int = 0  # e.g. 8002: live updates in a process of their own (0: by the web process)
    intake_host: str = "127.0.0.1"
    intake_port: int = 8001  # the intake's own process (0: events come by the web process only)
    intake_event_bytes: int = 32 * 1024
    intake_batch_bytes: int = 500 * 1024
    intake_message_id: int = 100  # characters
    intake_events_per_second: int = 5_000  # of one source that sets no limit itself; 0: no limit
    public_url: str = ""  # e.g. https://crm.example.com, for links in mail and passkeys
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: int = 0  # how many reverse proxies stand in front (X-Forwarded-*)
    secret_key: str = ""  # empty: made once, kept in <home>/secret.key with mode 0600
    language: str = "en"
    time_zone: str = "UTC"
    currency: str = "EUR"
    exchange_rates: tuple[str, ...] = ()  # "PLN=0.23": one złoty is 0.23 of the house currency
    web_workers: int = 1
    web_threads: int = 4
    job_concurrency: int = 2
    mfa_required_roles: tuple[str, ...] = ("administrator",)
    mfa_grace_days: int = 7  # from the first sign-in without a second factor; 0: enrol before anything else
    api_requests_per_minute: int = 600  # per token
    webhook_allow_private: bool = False  # true: webhooks may go to loopback and private addresses
    hook_max_bytes: int = 1024**2  # of one payload of an inbound webhook
    hook_payloads_per_minute: int = 600  # per inbound webhook
    chat_sessions_per_minute: int = 60  # new chats of visitors from one address; 0: no limit
    chat_messages_per_minute: int = 30  # of one visitor; 0: no limit
    connector_folders: tuple[str, ...] = ()  # connectors may read files under these; always under <home>/inbox
    export_folders: tuple[str, ...] = ()  # destinations may write files under these; always under <home>/exports
    stream: str = "postgres"  # where received events wait to be consumed: postgres or kafka
    kafka_brokers: tuple[str, ...] = ()  # host:port
    kafka_topic: str = "amity-events"
    kafka_options: tuple[str, ...] = ()  # of librdkafka: "security.protocol=SASL_SSL", "sasl.username=…"
    raw_retention_days: int = 30  # received bytes are kept this long once consumed
    event_retention_days: int = 0  # facts of sources that set no time of their own; 0: for ever
    export_max_rows: int = 100_000
    import_max_bytes: int = 20 * 1024**3
    import_batch_rows: int = 50_000
    upload_days: int = 30  # uploaded files stay so long after their import; those of an undone one go at once
    mail_url: str = ""  # e.g. smtp://user:password@mail.example.com:587; empty: letters stay under <home>/outbox
    mail_from: str = ""  # e.g. Our shop <shop@example.com>
    blobs_url: str = ""  # attachments: s3://KEY:SECRET@host/bucket?region=…; empty: encrypted under <home>/blobs
    llm_url: str = ""  # e.g. http://127.0.0.1:11434/v1: words drafts from quotes; empty: quotes stand as they are
    llm_model: str = ""  # its name there
    llm_key: str = ""
    log_level: str = "INFO"
    otel_endpoint: str = ""
    metrics_token: str = ""  # empty: /metrics answers on loopback only
    debug: bool = False

    @property
    def data(self) -> Path:
        """Folder of everything this installation keeps on disk."""
        return self.home

    @property
    def uploads(self) -> Path:
        return self.home / "uploads"


def load(environ: Mapping[str, str] | None = None) -> Config:
    """Read the configuration; raises ``Refused("bad_setting")`` naming the key and what is expected."""
    environ = os.environ if environ is None else environ
    home = Path(environ.get("AMITY_HOME", "~/.amity")).expanduser().absolute()
    values = _from_file(Path(environ.get("AMITY_CONFIG", str(home / "amity.toml"))))
    values |= _from_environment(environ)
    values["home"] = home
    return Config(**{key: _typed(key, value) for key, value in values.items()})


def exchange_rates(config: Config) -> dict[str, float]:
    """Rates to the house currency by code; raises ``Refused("bad_setting")`` for what is no rate."""
    rates = {config.currency: 1.0}
    for entry in config.exchange_rates:
        code, _, rate = entry.partition("=")
        try:
            rates[code.strip().upper()] = float(rate)
        except ValueError as error:
            raise Refused("bad_setting", f"Exchange rate {entry!r} must look like PLN=0.23.") from error
    return rates


def secret(config: Config) -> str:
    """The signing key: as set, or made on first use and kept readable by the owner only."""
    if config.secret_key:
        return config.secret_key
    path = config.home / _SECRET_FILE
    config.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read_secret(path)
    with os.fdopen(fd, "w") as file:
        file.write(secrets.token_urlsafe(64))
    return _read_secret(path)


def _read_secret(path: Path) -> str:
    key = path.read_text().strip()
    if len(key) < 32:
        raise Refused("bad_secret", f"{path} is too short for a key: delete it (all sign in again), restart.")
    return key


def _from_file(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused("bad_setting", f"{path} is not valid TOML: {error}") from error
    for key in values:
        _refuse_unknown(key, str(path))
    return values


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    values = {}
    for name, value in environ.items():
        if name.startswith(_PREFIX) and name not in ("AMITY_CONFIG", "AMITY_HOME"):
            key = name.removeprefix(_PREFIX).lower()
            _refuse_unknown(key, "the environment")
            values[key] = value
    return values


def _refuse_unknown(key: str, where: str) -> None:
    known = {f.name for f in fields(Config)} - {"home"}
    if key not in known:
        raise Refused("bad_setting", f"Unknown setting {key!r} in {where}. Known: {', '.join(sorted(known))}.")


def _typed(key: str, value: Any) -> Any:
    default = getattr(Config(), key)
    try:
        if isinstance(default, Path):
            return Path(value).expanduser().absolute()
        if isinstance(default, bool):
            return value if isinstance(value, bool) else _boolean(value)
        if isinstance(default, int):
            return int(value)
        if isinstance(default, tuple):
            items = value.split(",") if isinstance(value, str) else value
            return tuple(str(item).strip() for item in items if str(item).strip())
        return str(value)
    except (TypeError, ValueError) as error:
        kind = type(default).__name__
        raise Refused("bad_setting", f"Setting {key!r} must be of type {kind}, not {value!r}.") from error


def _boolean(value: str) -> bool:
    word = str(value).strip().lower()
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("0", "false", "no", "off", ""):
        return False
    raise ValueError(value)
