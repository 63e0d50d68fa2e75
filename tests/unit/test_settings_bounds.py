"""Every setting's default, and every bound: the value at it is taken, the one beyond is not."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from leadtracker.errors import SettingsError
from leadtracker.settings import Settings, known_database, load_settings, prepare_metrics

EXTENSION = "chrome-extension://ifiaikfdhcagbagdeflffjdammidpbio"
DEFAULTS: dict[str, Any] = {  # the table of the README
    "data_folder": Path(".leadtracker"),
    "database_url": "",
    "redis_url": "",
    "secret_key": "",
    "public_url": "http://127.0.0.1:8080",
    "bind": "127.0.0.1:8080",
    "workers": 2,
    "threads": 16,
    "script_path": "",
    "trusted_proxies": 0,
    "metrics_token": "",
    "header_seconds": 10.0,
    "body_seconds": 30.0,
    "crm_timeout_seconds": 1.5,
    "database_seconds": 5.0,
    "raw_days": 400,
    "broken_days": 90,
    "notifications_per_minute": 60_000,
    "silent_call_hours": 4.0,
    "lease_days": 90,
    "geoip_database": "",
    "separate_worker": False,
    "pages_socket": "",
    "origins_of_screen_pop": (EXTENSION,),
}


OTHERS = {  # than the defaults, where not any text will do
    "database_url": "sqlite:///x",
    "redis_url": "redis://x",
    "secret_key": "k" * 32,
    "public_url": "https://x",
    "workers": "3",
    "threads": "5",
    "script_path": "/a.js",
    "trusted_proxies": "1",
    "header_seconds": "6",
    "body_seconds": "6",
    "crm_timeout_seconds": "2",
    "database_seconds": "6",
    "raw_days": "8",
    "broken_days": "8",
    "notifications_per_minute": "70",
    "silent_call_hours": "5",
    "lease_days": "9",
    "geoip_database": __file__,
    "separate_worker": "true",
}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("LEADTRACKER_"):
            monkeypatch.delenv(name)


def test_defaults() -> None:
    assert dict(Settings()) == DEFAULTS


@pytest.mark.parametrize("name", DEFAULTS)
def test_every_setting_is_read_from_its_variable(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"LEADTRACKER_{name.upper()}", OTHERS.get(name, "something"))
    settings = load_settings()
    assert getattr(settings, name) != DEFAULTS[name]
    assert {key: kept for key, kept in settings if key != name} == {
        key: kept for key, kept in DEFAULTS.items() if key != name
    }


@pytest.mark.parametrize(
    ("name", "fine", "wrong"),
    [
        ("workers", (1, 64), (0, 65)),
        ("threads", (4, 256), (3, 257)),
        ("trusted_proxies", (0, 5), (-1, 6)),
        ("header_seconds", (0.001, 60), (0, 60.001)),
        ("body_seconds", (0.001, 300), (0, 300.001)),
        ("crm_timeout_seconds", (0.001, 2.5), (0, 2.501)),
        ("database_seconds", (0.001, 60), (0, 60.001)),
        ("raw_days", (7, 10_000), (6, -1)),
        ("broken_days", (7, 10_000), (6, -1)),
        ("notifications_per_minute", (60, 10**9), (59, -1)),
        ("lease_days", (1, 10_000), (0, -1)),
        ("secret_key", ("", "k" * 32), ("k", "k" * 31)),
        (
            "database_url",
            ("", "sqlite:///a", "postgresql+psycopg://h/d"),
            ("sqlite://a", "postgres://h/d"),
        ),
        (
            "redis_url",
            ("", "redis://h", "rediss://h", "unix:///s"),
            ("h:6379", "http://h", "unix:/s"),
        ),
        ("public_url", ("http://h", "https://h"), ("", "h", "ftp://h")),
        ("script_path", ("", "/a.js"), ("a.js", "/a.css", "/")),
        ("geoip_database", ("", __file__), (f"{__file__}.gone", str(Path(__file__).parent))),
    ],
)
def test_bounds(name: str, fine: tuple[Any, ...], wrong: tuple[Any, ...]) -> None:
    for value in fine:
        Settings(**{name: value})
    for value in wrong:
        with pytest.raises(ValidationError):
            Settings(**{name: value})


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql://u:p@h/postgresql://", "postgresql+psycopg://u:p@h/postgresql://"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
        ("sqlite:///file", "sqlite:///file"),
    ],
)
def test_a_database_is_named_as_sqlalchemy_wants_it(given: str, kept: str) -> None:
    assert known_database(given) == kept
    assert Settings(database_url=given).database == kept


def test_what_is_said_of_each_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        "DATABASE_URL": "mysql://x",
        "REDIS_URL": "x",
        "SECRET_KEY": "short",
        "PUBLIC_URL": "x",
        "SCRIPT_PATH": "x",
        "GEOIP_DATABASE": "/nowhere",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(f"LEADTRACKER_{name}", value)
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert set(str(raised.value).splitlines()) == {
        "LEADTRACKER_DATABASE_URL: must begin with postgresql:// or sqlite:///",
        "LEADTRACKER_REDIS_URL: must begin with redis://, rediss:// or unix://",
        "LEADTRACKER_SECRET_KEY: shorter than 32 characters; make one with: openssl rand -hex 32",
        "LEADTRACKER_PUBLIC_URL: must begin with http:// or https://",
        "LEADTRACKER_SCRIPT_PATH: must be a path such as /assets/site.js",
        "LEADTRACKER_GEOIP_DATABASE: there is no file /nowhere",
    }


def test_a_setting_does_not_change_and_what_is_unknown_is_no_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LEADTRACKER_UNHEARD_OF", "x")
    settings = load_settings()
    for name in ("workers", "secret_key"):
        with pytest.raises(ValidationError):
            setattr(settings, name, "3")


@pytest.mark.parametrize(
    ("text", "origins"), [(" a , b ", ("a", "b")), ("a,,b,", ("a", "b")), ("", ()), ("a", ("a",))]
)
def test_a_list_of_origins(
    text: str, origins: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADTRACKER_ORIGINS_OF_SCREEN_POP", text)
    assert load_settings().origins_of_screen_pop == origins


def test_a_relative_path_is_kept_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "geo.mmdb").touch()
    settings = Settings(geoip_database="geo.mmdb", data_folder=Path("data"))
    assert settings.geoip_database == str(tmp_path / "geo.mmdb")
    assert settings.database == f"sqlite:///{tmp_path}/data/leadtracker.sqlite"
    environment = settings.as_environment()
    assert environment["LEADTRACKER_DATA_FOLDER"] == str(tmp_path / "data")
    assert environment["LEADTRACKER_SECRET_KEY"] == (tmp_path / "data" / "secret_key").read_text()
    assert environment["LEADTRACKER_SEPARATE_WORKER"] == "False"
    assert environment["LEADTRACKER_ORIGINS_OF_SCREEN_POP"] == EXTENSION
    assert set(environment) == {f"LEADTRACKER_{name.upper()}" for name in DEFAULTS}


def test_a_key_is_made_of_64_hexadecimal_digits_and_an_older_one_is_kept(tmp_path: Path) -> None:
    first = Settings(data_folder=tmp_path / "a").key
    assert len(bytes.fromhex(first)) == 32
    assert Settings(data_folder=tmp_path / "b").key != first
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "secret_key").write_text("older")
    assert Settings(data_folder=tmp_path / "c").key == "older"


def test_the_surroundings_are_this_process_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANYTHING", "x")
    assert Settings.surroundings() == dict(os.environ)


def test_metrics_have_a_folder_beside_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    for _ in range(2):
        prepare_metrics(Settings(data_folder=tmp_path / "new"))
    assert os.environ["PROMETHEUS_MULTIPROC_DIR"] == str(tmp_path / "new" / "metrics")
    assert (tmp_path / "new" / "metrics").is_dir()
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "elsewhere")
    prepare_metrics(Settings(data_folder=tmp_path / "new"))
    assert os.environ["PROMETHEUS_MULTIPROC_DIR"] == "elsewhere"
