"""Every environment variable: its type, unit, default and meaning; and the data folder's privacy.

Faults are listed together.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import tempfile
from pathlib import Path
from typing import Annotated
from urllib.parse import quote, urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from leadtracker.errors import SettingsError


def known_database(url: str) -> str:
    """The address as SQLAlchemy wants it. Raises ValueError."""
    if not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("must begin with postgresql:// or sqlite:///")
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


class Settings(BaseSettings):
    """Read from `LEADTRACKER_…` variables. The README's table holds these fields' descriptions."""

    model_config = SettingsConfigDict(env_prefix="LEADTRACKER_", frozen=True, extra="ignore")

    data_folder: Path = Field(
        Path(".leadtracker"), description="folder of the database, Redis' file and the secret key"
    )
    database_url: str = Field(
        "",
        description="`postgresql://user:password@host/name`, or `sqlite:///file`; "
        "empty: SQLite in the data folder",
    )
    redis_url: str = Field(
        "",
        description="`redis://host:6379/0` or `unix:///path.sock`; "
        "empty: `leadtracker serve` starts its own",
    )
    secret_key: str = Field(
        "",
        description="signs lease tokens and logins, 32 characters or more; "
        "empty: made once, kept in the data folder",
    )
    public_url: str = Field(
        "http://127.0.0.1:8080", description="the address people and the PBX reach this server at"
    )
    bind: str = Field("127.0.0.1:8080", description="address and port to listen on")
    workers: int = Field(2, ge=1, le=64, description="gunicorn processes")
    threads: int = Field(16, ge=4, le=256, description="threads of each process")
    script_path: str = Field(
        "",
        description="a path of your own for the script, such as `/assets/site.js`: "
        "script blockers know the usual",
    )
    trusted_proxies: int = Field(
        0,
        ge=0,
        le=5,
        description="how many reverse proxies stand in front and set `X-Forwarded-For`",
    )
    header_seconds: float = Field(
        10.0, gt=0, le=60, description="how long the header of a request may take to arrive"
    )
    body_seconds: float = Field(
        30.0,
        gt=0,
        le=300,
        description="how long its body may take, and how long a sender may take to read the answer",
    )
    metrics_token: str = Field(
        "", description="bearer token for `/metrics`; empty: only this machine may read it"
    )
    crm_timeout_seconds: float = Field(
        1.5, gt=0, le=2.5, description="how long a screen pop waits for your own CRM"
    )
    database_seconds: float = Field(
        5.0,
        gt=0,
        le=60,
        description="how long a request waits for an answer of PostgreSQL; reports wait 100 s",
    )
    raw_days: int = Field(400, ge=7, description="days that raw notifications are kept")
    broken_days: int = Field(
        90, ge=7, description="days that raw notifications are kept which could not be read"
    )
    notifications_per_minute: int = Field(
        60_000,
        ge=60,
        description="how many notifications of one PBX account each web process takes in a "
        "minute; a large one counts as one for each 64 KB",
    )
    silent_call_hours: float = Field(
        4.0,
        gt=0,
        le=168,
        description="hours without news after which a call ends as unknown; "
        "later news still corrects it",
    )
    lease_days: int = Field(90, ge=1, description="days that the lease log is kept")
    geoip_database: str = Field(
        "",
        description="path of a GeoIP database (MaxMind's format): "
        "a visitor's area is then evidence of who calls",
    )
    separate_worker: bool = Field(
        False,
        description="`true`: a `leadtracker worker` process reads notifications; "
        "else each web process has a thread for it",
    )
    pages_socket: str = Field(
        "",
        description="socket of a process that makes the dashboard's pages, "
        "so that reports take no time from the web processes; `leadtracker serve` runs one",
    )
    origins_of_screen_pop: Annotated[tuple[str, ...], NoDecode] = Field(
        ("chrome-extension://ifiaikfdhcagbagdeflffjdammidpbio",),
        description="browser extensions that may send screen pops, comma separated",
    )

    @field_validator("origins_of_screen_pop", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part.strip() for part in value.split(",") if part.strip())

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: str) -> str:
        if value and len(value) < 32:
            raise ValueError("shorter than 32 characters; make one with: openssl rand -hex 32")
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        return value and known_database(value)

    @field_validator("redis_url")
    @classmethod
    def _known_redis(cls, value: str) -> str:
        if value and not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("must begin with redis://, rediss:// or unix://")
        return value

    @field_validator("geoip_database")
    @classmethod
    def _is_there(cls, value: str) -> str:
        if not value:
            return ""
        if not Path(value).is_file():
            raise ValueError(f"there is no file {value}")
        return str(Path(value).absolute())

    @field_validator("public_url")
    @classmethod
    def _absolute(cls, value: str) -> str:
        """As it stands in links: a path may be written in any script."""
        parts = urlsplit(value.strip())
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError("must begin with http:// or https://")
        if "?" in value or "#" in value:
            raise ValueError("must be an address without ? and #; it may have a path")
        path = quote(re.sub("/+", "/", parts.path), safe="/%~").rstrip("/")
        return f"{parts.scheme}://{parts.netloc}{path}"

    @field_validator("script_path")
    @classmethod
    def _path(cls, value: str) -> str:
        if value and not (value.startswith("/") and value.endswith(".js")):
            raise ValueError("must be a path such as /assets/site.js")
        return value

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_folder.absolute()}/leadtracker.sqlite"

    @property
    def key(self) -> str:
        """The signing key: the one set, or the data folder's, which is made when there is none."""
        if self.secret_key:
            return self.secret_key
        file = self.data_folder / "secret_key"
        if not file.exists():
            own_folder(self.data_folder)
            fresh = file.with_name(f"secret_key.{secrets.token_hex(4)}")
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_hex(32))
            with contextlib.suppress(FileExistsError):  # another process was first; its key counts
                file.hardlink_to(fresh)
            fresh.unlink()
        return file.read_text()

    def as_environment(self) -> dict[str, str]:
        """The variables that give a child process these settings."""
        return {f"LEADTRACKER_{name.upper()}": _as_text(value) for name, value in self} | {
            "LEADTRACKER_DATA_FOLDER": str(self.data_folder.absolute()),
            "LEADTRACKER_SECRET_KEY": self.key,
        }

    @staticmethod
    def surroundings() -> dict[str, str]:
        """The rest of the environment, for a child process."""
        return dict(os.environ)


def _as_text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value)


def load_settings() -> Settings:
    """The settings of this process.

    Raises SettingsError with a line for each fault. No line shows a secret.
    """
    try:
        return Settings()
    except ValidationError as faults:
        lines = []
        for fault in faults.errors(include_url=False, include_input=False):
            name = "LEADTRACKER_" + "_".join(str(part) for part in fault["loc"]).upper()
            lines.append(f"{name}: {fault['msg'].removeprefix('Value error, ')}")
        raise SettingsError("\n".join(lines)) from None


def prepare_metrics(settings: Settings) -> None:
    """Let prometheus-client sum over processes. It reads this when it is first imported."""
    folder = own_folder(settings.data_folder.absolute()) / "metrics"
    folder.mkdir(exist_ok=True)
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(folder))


def hide_new_files() -> None:
    """Let nobody else read what this process makes from now on."""
    os.umask(0o077)


def hide(file: Path) -> None:
    """Let nobody else read a file, which is made where there is none. Raises SettingsError."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
    except OSError as fault:
        raise SettingsError(f"{file.absolute()} cannot be written ({fault.strerror})") from fault
    with contextlib.suppress(PermissionError):  # it is another user's, who decides
        file.chmod(0o600)


def own_folder(folder: Path) -> Path:
    """Make the data folder, and let nobody else enter it. Raises SettingsError.

    A folder that we work in holds other things than ours, so its mode stays as it is.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not Path.cwd().is_relative_to(folder.resolve()):
            with contextlib.suppress(PermissionError):
                folder.chmod(0o700)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as fault:
        raise SettingsError(
            f"LEADTRACKER_DATA_FOLDER: nothing can be written in {folder.absolute()} "
            f"({fault.strerror}); name a folder that the user of this process may write in"
        ) from fault
