"""The environment: what is taken, and that every fault is listed at once with what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from leadtracker.errors import SettingsError
from leadtracker.records.database import open_database
from leadtracker.settings import Settings, load_settings, own_folder


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("LEADTRACKER_"):
            monkeypatch.delenv(name)


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    settings = Settings(data_folder=tmp_path)
    assert settings.database == f"sqlite:///{tmp_path}/leadtracker.sqlite"
    assert (settings.redis_url, settings.workers, settings.separate_worker) == ("", 2, False)


def test_all_faults_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {
        "REDIS_URL": "localhost:6379",
        "DATABASE_URL": "mysql://x",
        "SECRET_KEY": "short-secret",
        "PUBLIC_URL": "calls",
        "WORKERS": "none",
        "THREADS": "1",
        "SCRIPT_PATH": "site.js",
        "CRM_TIMEOUT_SECONDS": "9",
        "RAW_DAYS": "0",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(f"LEADTRACKER_{name}", value)
    with pytest.raises(SettingsError) as raised:
        load_settings()
    lines = str(raised.value).splitlines()
    assert [line.split(":")[0] for line in lines] == sorted(
        (f"LEADTRACKER_{name}" for name in wrong),
        key=lambda name: list(Settings.model_fields).index(
            name.removeprefix("LEADTRACKER_").lower()
        ),
    )
    assert (
        "LEADTRACKER_SECRET_KEY: shorter than 32 characters; make one with: openssl rand -hex 32"
        in lines
    )
    assert "short-secret" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("database_url", "sqlite://file", True),
        ("database_url", "sqlite:///file", False),
        ("database_url", "postgresql://u@h/d", False),
        ("redis_url", "http://x", True),
        ("redis_url", "rediss://x", False),
        ("redis_url", "unix:///x.sock", False),
        ("public_url", "ftp://x", True),
        ("script_path", "/site.css", True),
        ("script_path", "/assets/site.js", False),
        ("workers", 0, True),
        ("trusted_proxies", 6, True),
        ("crm_timeout_seconds", 0, True),
    ],
)
def test_values(name: str, value: object, wrong: bool) -> None:
    if wrong:
        with pytest.raises(ValidationError):
            Settings(**{name: value})  # type: ignore[arg-type] # wrong values are the test
    else:
        Settings(**{name: value})  # type: ignore[arg-type] # wrong values are the test


def test_spellings_are_made_one() -> None:
    settings = Settings(
        database_url="postgresql://u@h/d",
        public_url="https://calls.example.com/",
        origins_of_screen_pop="a, b,",
    )
    assert settings.database == "postgresql+psycopg://u@h/d"
    assert settings.public_url == "https://calls.example.com"
    assert settings.origins_of_screen_pop == ("a", "b")


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/מעקב", "/%D7%9E%D7%A2%D7%A7%D7%91"),
        ("/%D7%9E%D7%A2/", "/%D7%9E%D7%A2"),
        ("//leads//", "/leads"),
        ("/our leads ", "/our%20leads"),
    ],
)
def test_the_public_path_is_kept_as_links_have_it(path: str, kept: str) -> None:
    url = Settings(public_url=f"HTTPS://calls.example.com:8443{path}").public_url
    assert url == f"https://calls.example.com:8443{kept}"


def test_the_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    settings = Settings(data_folder=tmp_path / "new")
    key = settings.key
    assert len(key) >= 32
    assert Settings(data_folder=tmp_path / "new").key == key
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["secret_key"]
    assert (tmp_path / "new" / "secret_key").stat().st_mode & 0o777 == 0o600
    assert Settings(data_folder=tmp_path, secret_key="x" * 32).key == "x" * 32


def test_a_child_process_has_the_same_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(
        data_folder=tmp_path, threads=7, origins_of_screen_pop=("a", "b"), metrics_token="t"
    )
    for name, value in settings.as_environment().items():
        monkeypatch.setenv(name, value)
    assert load_settings() == settings.model_copy(update={"secret_key": settings.key})


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence() -> None:
    folder = Path("/proc/leadtracker")  # where nobody makes a folder, root neither
    with pytest.raises(SettingsError, match="nothing can be written in /proc/leadtracker"):
        own_folder(folder)
    with pytest.raises(SettingsError, match=r"/proc/leadtracker/x\.sqlite cannot be written"):
        open_database(f"sqlite:///{folder}/x.sqlite")
